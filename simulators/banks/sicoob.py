"""Sicoob, API Conta Corrente v4: the token and the statement of a month.

Played from contracts/banks/sicoob/NOTES.md: no pages, a month is one answer wrapped in `resultado`; amounts are texts
without a sign; keys without a value are left out; `data` has minutes and for some kinds lies on another day than
`dataLote`; every Pix has the same document text; settled boletos of a day are one row unless `agruparCNAB` says no;
days after today have what is scheduled, unmarked; an account number in the wrong form gets 404 or a misleading 400.
"""

import calendar
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from random import Random
from typing import Any

import httpx
from msgspec.structs import replace

from simulators.bank import Answered, Call, Refusal, json_answer
from simulators.banks.rows.sicoob import DAY, KINDS, SCHEDULED, in_batches, money, row_of, sent_before
from simulators.clock import BRASILIA
from simulators.ledger import LedgerEntry
from simulators.oauth import OAuthBank, access_denied, oauth_error
from simulators.reasons import ending, not_the_account, parameter_wrong
from simulators.tokens import TokenState
from simulators.world import SimulatedAccount

__all__ = ["Sicoob"]


MONTHS_OPEN, DAYS_OPEN, MONTHS_AHEAD = 3, 90, 1
LIMIT = Decimal("2000.00")
ZERO = Decimal("0.00")
JSON_HEADERS = {"content-type": "application/json;charset=UTF-8"}

TRANSFERS = "cco_transferencias"
"""A scope of this API that lets move money; no operation that is played wants it."""

RIGHTS = {"cco_consulta": ("cco_consulta", "cco_saldo"), "cco_extrato": ("cco_consulta",), "cco_saldo": ("cco_saldo",)}
"""What each scope lets do, in the names under which operations ask for it."""


def _messages(status: int, code: str, text: str) -> Refusal:
    return Refusal("statement", status, {"mensagens": [{"mensagem": text, "codigo": code}]}, JSON_HEADERS)


NO_ACCOUNT = _messages(400, "1001", "O número da conta corrente é obrigatório.")
WRONG_PERIOD = _messages(400, "1002", "Período não disponível para consulta.")
WRONG_CLIENT = oauth_error("invalid_client", "Invalid client credentials", 401)
WRONG_SCOPE = oauth_error("invalid_scope", "Invalid scopes")
FORBIDDEN = Refusal("statement", 403, {"message": "Forbidden"})


class Sicoob(OAuthBank):
    """Plays Sicoob."""

    client_fields = ("client_id",)
    wrong_grant = oauth_error("unsupported_grant_type", "Unsupported grant_type")
    untouched = frozenset({"cursor_loop", "lose_page", "lying_totals", "repeat_page", "shift_page"})
    kinds = frozenset(KINDS)
    refusals = {
        "invalid_credentials": WRONG_CLIENT,
        "statement_access_denied": WRONG_SCOPE,
        "invalid_account": NO_ACCOUNT,
        "account_closed": _messages(400, "1003", "Conta corrente encerrada."),
        "account_blocked": _messages(400, "1004", "Conta corrente temporariamente bloqueada."),
        "period_out_of_range": WRONG_PERIOD,
        "wrong_user_profile": access_denied("Usuário com perfil Preposto não é aceito"),
        "user_blocked": access_denied("Usuário bloqueado"),
        "session_conflict": access_denied("Há outra sessão aberta com este usuário"),
        "integration_paused": _messages(503, "1005", "Integração paralisada temporariamente."),
        "rate_limited": Refusal("statement", 429),
    }

    def routes(self) -> Mapping[str, Callable[[Call], httpx.Response]]:
        """Token and statement."""
        return {"token": self.token, "statement": self._statement}

    def branch(self, chance: Random) -> str:
        """The cooperative, which no call names."""
        return f"{chance.randrange(3001, 5000)}"

    def issue_credentials(self, account: SimulatedAccount) -> dict[str, str]:
        """An application, the certificate it is bound to, and the scopes where they are not the usual ones."""
        application = self.issue_application(account, self.issued_uuid(account, "client"), client_secret=None)
        scopes = self.reading(account, "scopes")
        return application | ({} if scopes == self.contract.readings["scopes"].chosen else {"scope": scopes})

    def token_refused(self, state: TokenState) -> httpx.Response:
        """A refused bearer token gets the short answer of the bank's API gateway."""
        return json_answer({"message": "Unauthorized"}, 401)

    def scope_refused(self) -> httpx.Response:
        """A token without the right to this operation."""
        return FORBIDDEN.response()

    def certificate_refused(self, call: Call, account: SimulatedAccount) -> httpx.Response:
        """Client id and tokens are good only with the certificate of their application."""
        at_token = call.request.url.host == self.contract.host("token")
        return WRONG_CLIENT.response() if at_token else self.token_refused(TokenState.UNKNOWN)

    # --- token

    def held_scopes(self, account: SimulatedAccount) -> Sequence[str]:
        """The scopes of the application."""
        transfers = [TRANSFERS] if self.reading(account, "transfer_scope") == "assigned" else []
        return [*self.reading(account, "scopes").split(), *transfers]

    def scopes(self, call: Call, account: SimulatedAccount) -> Sequence[str]:
        """The scopes asked for; `openid` is good at any application."""
        held = self.held_scopes(account)
        asked = call.form.get("scope", "").split() or held
        if not set(asked) <= {*held, "openid"}:
            raise Answered(WRONG_SCOPE.response(self.unheld_scopes(asked, held)))
        return asked

    def granted(self, call: Call, account: SimulatedAccount, scopes: Sequence[str]) -> httpx.Response:
        """A new token, good for what its scopes let do."""
        token = self.issue(call, account, [right for scope in scopes for right in RIGHTS.get(scope, ())])
        body = {
            "access_token": token.value,
            "expires_in": token.expires_in,
            "refresh_expires_in": 0,
            "token_type": "Bearer",
            "not-before-policy": 0,
            "scope": " ".join(scopes),
        }
        return json_answer(body | ({"id_token": self.tokens.fresh_value()} if "openid" in scopes else {}))

    # --- statement and balance

    def _statement(self, call: Call, version: int = 4) -> httpx.Response:
        account = self._caller(call)
        first, last = self._period(call, account)
        rows = self._rows(account, first, last)
        if self._grouped(call, account):
            rows = in_batches(rows)
        with_id = version == 4 and self.reading(account, "row_form") == "with_id"
        shown = [row_of(entry, with_id=with_id) for entry in rows]
        empty = "" if shown else self.reading(account, "empty_month")
        if empty == "no_content":
            return httpx.Response(204)
        body: dict[str, Any] = self._head(account, first, version)
        if empty != "no_list":
            body["transacoes"] = shown
        return self._wrapped(account, body)

    def _head(self, account: SimulatedAccount, first: date, version: int) -> dict[str, str]:
        """The balances above the rows: one in v2, those of the court's blocks only in v4."""
        present = self._present(account, "saldoAtual")
        if version == 2:
            return {"saldo": present["saldoAtual"]}
        moves = self.reading(account, "saldo_anterior") == "first_day"
        before = account.ledger.balance(first if moves else first.replace(day=1), self.world.now())
        head = {**present, "saldoAnterior": money(before)}
        if version == 4:
            head |= {"saldoBloqueioJudicial": money(ZERO), "saldoBloqueioJudicialAnterior": money(ZERO)}
        return head

    def _present(self, account: SimulatedAccount, name: str) -> dict[str, str]:
        balance = account.ledger.balance_at(self.world.now())
        included = LIMIT if self.reading(account, "saldo_atual") == "with_limit" else ZERO
        return {name: money(balance + included), "saldoBloqueado": money(ZERO), "saldoLimite": money(LIMIT)}

    def _wrapped(self, account: SimulatedAccount, body: dict[str, Any]) -> httpx.Response:
        wrapped = self.reading(account, "envelope") == "resultado"
        return json_answer({"mensagens": [], "resultado": body} if wrapped else body, headers=JSON_HEADERS)

    def _rows(self, account: SimulatedAccount, first: date, last: date) -> Sequence[LedgerEntry]:
        """The booked entries, then those scheduled after today, which have no mark."""
        now = self.world.now()
        rows = account.ledger.entries(first, last, now)
        if self.reading(account, "weekends") == "sent_twice":
            rows = sorted([*rows, *sent_before(account, first, last, now)], key=lambda entry: entry.booked_at)
        tomorrow = now.astimezone(BRASILIA).date() + DAY
        if last >= tomorrow:
            end = datetime.combine(last + DAY, time(), BRASILIA)
            coming = account.ledger.entries(max(first, tomorrow), last, end)
            rows = [*rows, *(entry for entry in coming if entry.type in SCHEDULED)]
        return rows

    # --- what is asked

    def _caller(self, call: Call) -> SimulatedAccount:
        account = self.bearer(call)
        headers = call.request.headers
        # Clients of v2 name the header otherwise.
        client_id = headers.get("client_id", headers.get("x-sicoob-clientid"))
        missing = client_id is None and self.reading(account, "client_id_header") == "required"
        if missing or client_id not in {None, account.credentials["client_id"]}:
            why = "missing" if missing else f"has {ending(client_id)}, which is not the token's client_id"
            raise Answered(self.token_refused(TokenState.UNKNOWN), f"header client_id {why}")
        asked = call.query.get("numeroContaCorrente", "")
        if not asked:
            raise self._refused(account, NO_ACCOUNT, "parameter numeroContaCorrente missing")
        if not asked.isdecimal():
            why = parameter_wrong("numeroContaCorrente", "must have digits alone", asked)
            raise Answered(self.not_found(call.request.url.path), why)
        if int(asked) != int(account.number):
            raise self._refused(account, NO_ACCOUNT, not_the_account(asked, account.number))
        return account

    def _period(self, call: Call, account: SimulatedAccount) -> tuple[date, date]:
        year, month = (self._number(call, name, call.segments[name]) for name in ("ano", "mes"))
        try:
            _, length = calendar.monthrange(year, month)
            first = date(year, month, self._number(call, "diaInicial", call.query.get("diaInicial", "1")))
            last = date(year, month, self._number(call, "diaFinal", call.query.get("diaFinal", str(length))))
        except ValueError:
            why = f"period: no days of the month {year:04d}-{month:02d} are diaInicial to diaFinal"
            raise self._refused(account, WRONG_PERIOD, why) from None
        today = self.world.now().astimezone(BRASILIA).date()
        months_ago = 12 * (today.year - year) + today.month - month
        by_days = self.reading(account, "history") == "days"
        too_old = first < today - DAYS_OPEN * DAY if by_days else months_ago > MONTHS_OPEN
        if first > last or too_old or months_ago < -MONTHS_AHEAD:
            why = f"period {first} to {last}: diaInicial is after diaFinal, or the month is too old or too far ahead"
            raise self._refused(account, WRONG_PERIOD, why)
        return first, last

    def _number(self, call: Call, name: str, value: str) -> int:
        """A number as the bank's framework reads it; anything else leads to no address.

        Raises:
            Answered: it is no number.
        """
        if not (value.isdecimal() and value.isascii() and len(value) <= 4):
            why = parameter_wrong(name, "must be a number of at most four digits", value)
            raise Answered(self.not_found(call.request.url.path), why)
        return int(value)

    def _grouped(self, call: Call, account: SimulatedAccount) -> bool:
        # A framework reads a truth value in whichever capitals a client's language writes it.
        value = call.query.get("agruparCNAB", self.reading(account, "grouping_default")).lower()
        if value not in {"true", "false"}:
            why = parameter_wrong("agruparCNAB", "must be true or false", value)
            raise Answered(self.not_found(call.request.url.path), why)
        return value == "true"

    def _refused(self, account: SimulatedAccount, refusal: Refusal, why: str) -> Answered:
        form, message = self.reading(account, "error_body"), refusal.body["mensagens"][0]
        if form == "root":
            refusal = replace(refusal, body=message)
        elif form == "errors":
            error = {"code": message["codigo"], "title": "Requisição inválida", "detail": message["mensagem"]}
            meta = {"requestDateTime": self.world.now().strftime("%Y-%m-%dT%H:%M:%SZ")}
            refusal = replace(refusal, body={"errors": [error], "meta": meta})
        return Answered(refusal.response(why))
