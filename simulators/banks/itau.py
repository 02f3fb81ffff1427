"""Itaú, Account Statement API v1: the token and the statement.

Played from contracts/banks/itau/NOTES.md: tokens of five minutes; rows newest first, those after the asked end too;
payment lots without id, stamped with nine decimals of a second; closings of business days among other balances of the
same types; a 422 without a body after the last page; relative links, empty texts where there is none.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any

import httpx

from simulators.bank import Answered, Call, Refusal, json_answer
from simulators.banks.rows.itau import DAY, KINDS, NAMING, balances_of, event_of, statement_id
from simulators.ledger import LedgerEntry
from simulators.oauth import OAuthBank, oauth_error, signed_token
from simulators.reasons import because, ending, not_the_account, parameter_wrong
from simulators.tokens import TokenState
from simulators.world import SimulatedAccount

__all__ = ["Itau"]

PARTY = frozenset({"name", "tax_id", "ispb", "bank_name", "branch", "account"})
"""What a row that names the other party tells of it."""
FORBIDDEN = {"message": "Forbidden"}


def _login(message: str) -> Refusal:
    """The token service's answer in the bank's own words."""
    return Refusal("token", 401, {"codigo": "401", "mensagem": message})


class Itau(OAuthBank):
    """Plays Itaú."""

    wrong_grant = oauth_error("unsupported_grant_type", "Unsupported grant_type")
    day_words, number_words = "Invalid or missing parameter", "Invalid parameter"
    kinds = frozenset(KINDS)
    number_width = 6
    refusals = {
        "invalid_credentials": oauth_error("invalid_client", "Client authentication failed", 401),
        "password_expired": _login("Senha do operador expirada"),
        "mfa_required": _login("Token exigido para este operador"),
        "bank_security_step_required": _login("Instale o Guardião Itaú 30 horas para continuar"),
        "user_blocked": _login("Operador bloqueado"),
        "session_conflict": _login("Há outra sessão aberta com este operador"),
        "statement_access_denied": Refusal("statement", 403, FORBIDDEN),
        "account_closed": Refusal("statement", 403, {"message": "Conta encerrada"}),
        "account_blocked": Refusal("statement", 403, {"message": "Conta temporariamente bloqueada"}),
        "integration_paused": Refusal("statement", 503, {"message": "Integração paralisada temporariamente"}),
        "invalid_account": Refusal("statement", 404, {"message": "Not Found"}),
        "period_out_of_range": Refusal("statement", 400, {"message": "Período entre start_date e end_date não aceito"}),
        "rate_limited": Refusal("statement", 429, {"message": "Too Many Requests"}, {"retry-after": "30"}),
    }

    def names_party(self, entry: LedgerEntry) -> bool:
        """Only some rows name the other party."""
        return entry.counterparty is not None and entry.type in NAMING

    def tells_of_party(self, entry: LedgerEntry) -> frozenset[str]:
        """All of it but the COMPE code, where a row names the party."""
        return PARTY if self.names_party(entry) else frozenset()

    def routes(self) -> Mapping[str, Callable[[Call], httpx.Response]]:
        """Token and statement."""
        return {"token": self.token, "statement": self._statement}

    def issue_credentials(self, account: SimulatedAccount) -> dict[str, str]:
        """A credential with its dynamic certificate."""
        client_id, secret = (self.issued_uuid(account, name) for name in ("client", "secret"))
        return self.issue_application(account, client_id, secret, common_name=client_id)

    def token_refused(self, state: TokenState) -> httpx.Response:
        """A refused bearer token gets a message."""
        return json_answer({"message": "Unauthorized"}, 401)

    def certificate_refused(self, call: Call, account: SimulatedAccount) -> httpx.Response:
        """A certificate of another client does not reach the token's data."""
        if self.reading(account, "certificate_not_accepted") == "forbidden":
            return json_answer(FORBIDDEN, 403)
        return json_answer({"message": "Falha ao Extrair TokenInfo filter failed"}, 401)

    def scopes(self, call: Call, account: SimulatedAccount) -> Sequence[str]:
        """Scopes are neither asked for nor looked at."""
        return ()

    def token_value(self, call: Call, account: SimulatedAccount, scopes: Sequence[str]) -> str:
        """A JWT signed with RS256, as documented, though callers need not look into it."""
        client_id, identity = account.credentials["client_id"], self.tokens.fresh_value()
        return signed_token("itau tokens", {"sub": client_id, **self.validity(call, account), "jti": identity})

    def parameter_refused(self, call: Call, name: str, wrong: str) -> httpx.Response:
        """A wrong parameter."""
        return json_answer({"message": f"{wrong}: {name}"}, 400)

    def _statement(self, call: Call) -> httpx.Response:
        account = self._caller(call)
        self._check_account(call, account)
        self._check_type(call)
        first, last = self._period(call, account)
        number = self.read_number(call, "page", 1, 1, 10**6)
        asked = self.read_number(call, "page_size", self.contract.paging.default_size, 1, 10**6)
        size = self.page_size(account, asked)
        now = self.world.now()
        until = last if self.reading(account, "end_date") == "strict" else last + DAY
        entries = account.ledger.entries(first, until, now)[::-1]
        overlap = self.reading(account, "pages") == "overlapping" and number > 1
        rows = self.cut(call, entries, (number - 1) * size - overlap, size).rows
        if number > 1 and not rows and self.reading(account, "past_the_end") == "unprocessable":
            return because(httpx.Response(422), f"parameter page: {number} is after the last page")
        empty = self.reading(account, "empty_period") if not entries else ""
        if empty == "not_found":
            return because(httpx.Response(404), f"period {first} to {last} has no entries")
        reading = partial(self.reading, account)
        block: dict[str, Any] = {"events": [event_of(account, entry, reading) for entry in rows], "balances": []}
        if number == 1 or self.reading(account, "balances_on") == "every_page":
            block["balances"] = balances_of(account, first, last, now)
        if call.query.get("show_pending_events") == "true":
            block["pending_events"] = []
        return json_answer(
            {
                "data": [] if empty == "no_block" else [block],
                "pagination": self._pagination(account, len(entries), number, size),
                "filters": None,
            }
        )

    def _pagination(self, account: SimulatedAccount, total: int, number: int, size: int) -> dict[str, Any]:
        if self.reading(account, "totals") == "unreliable":
            total = max(0, total - 1) if number % 2 else total + 1
        pages = -(-total // size) or int(self.reading(account, "empty_pages") == "one_page")
        shown = {"first": 1, "last": pages, "previous": number - 1, "next": number + 1}
        path = f"/statements/{statement_id(account)}?page="
        return {
            "links": {name: f"{path}{page}" if 1 <= page <= pages else "" for name, page in shown.items()},
            "page": number,
            "total_pages": pages,
            "total_elements": total,
            "page_size": size,
        }

    def _caller(self, call: Call) -> SimulatedAccount:
        account = self.bearer(call)
        shown = call.request.headers.get("x-itau-apikey")
        if self.reading(account, "api_key_header") == "required" and shown != account.credentials["client_id"]:
            why = "missing" if shown is None else f"has {ending(shown)}, which is not the token's client_id"
            raise Answered(json_answer({"message": "Unauthorized"}, 401), f"header x-itau-apikey {why}")
        return account

    def _check_account(self, call: Call, account: SimulatedAccount) -> None:
        asked = call.segments["statement_id"]
        if len(asked) != len("123400567890") or not asked.isdecimal():
            why = parameter_wrong("statement_id", "must be 12 digits of branch and account", asked)
            raise Answered(json_answer({"message": "Invalid statement_id"}, 400), why)
        if asked == statement_id(account):
            return
        why = not_the_account(asked, statement_id(account))
        if any(asked == statement_id(other) for other in self.world.accounts_of(self.contract.slug)):
            raise Answered(json_answer(FORBIDDEN, 403), why)
        if self.reading(account, "unknown_account") == "bad_request":
            raise Answered(json_answer({"message": "Invalid statement_id"}, 400), why)
        raise self.refused("invalid_account", why)

    def _check_type(self, call: Call) -> None:
        kind = call.query.get("type", "")
        if kind not in {"current_account", "savings_account"}:
            why = parameter_wrong("type", "must be current_account or savings_account", call.query.get("type"))
            raise Answered(json_answer({"message": f"Account Type {kind} nonexistent"}, 400), why)
        if kind == "savings_account":
            raise self.refused("invalid_account", "parameter type: the account is no savings_account")

    def _period(self, call: Call, account: SimulatedAccount) -> tuple[date, date]:
        first = self.read_day(call, "start_date")
        last = self.read_day(call, "end_date", self.world.now().date())
        limited = self.reading(account, "period_limit") == "limited"
        if first > last or (limited and (last - first).days >= self.contract.period.max_days):
            why = f"period {first} to {last}: start_date must not be after end_date, nor the period too long"
            raise self.refused("period_out_of_range", why)
        return first, last
