"""Cora, Integração Direta: the token, the statement and the account.

Played from contracts/banks/cora/NOTES.md: the handshake is refused without a certificate; integer centavos; instants in
UTC with an offset of two digits; no total; fees share the business transaction of the movement before them, and name
no party; blocked money has no transaction at all; totals come only when asked for; dates that cannot be read get status
500.
"""

import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from typing import Any

import httpx

from simulators.bank import Call, Refusal, json_answer
from simulators.clock import BRASILIA
from simulators.forms import centavos
from simulators.ledger import LedgerEntry
from simulators.oauth import OAuthBank, not_granted, oauth_error, signed_token
from simulators.tokens import TokenState
from simulators.world import SimulatedAccount

__all__ = ["Cora"]

KINDS = {
    ("PIX", True): "PIX",
    ("PIX", False): "PIX",
    ("TED", True): "TRANSFER",
    ("TED", False): "TRANSFER",
    ("BOLETO", True): "BOLETO",
    ("BOLETO", False): "PAYMENT",
    ("TARIFA_SERVICOS_AVULSOS", False): "FEE",
    ("OUTROS", True): "UNBLOCK",
    ("OUTROS", False): "BLOCK",
}
BLOCKS = frozenset({"BLOCK", "UNBLOCK"})
WITHOUT_PARTY = frozenset({"FEE", *BLOCKS})
FILTERS = frozenset({"type", "transaction_type"})
"""Names of the query that leave rows out."""

DAY = timedelta(days=1)
ZERO = Decimal("0.00")
CENTURY = range(2000, 2100)

CREATED_AT: Mapping[str, tuple[tzinfo, str, str]] = {
    "utc_short": (UTC, "seconds", "+00"),
    "utc_bare": (UTC, "seconds", ""),
    "brasilia_short": (BRASILIA, "seconds", "-03"),
    "utc_milliseconds": (UTC, "milliseconds", "Z"),
    "brasilia_milliseconds": (BRASILIA, "milliseconds", "-03:00"),
}
"""By reading: zone, precision and how the offset is written."""


def _errors(code: str, message: str) -> dict[str, Any]:
    return {"code": code, "message": message, "errors": [{"code": code, "message": message}]}


class Cora(OAuthBank):
    """Plays Cora."""

    client_fields = ("client_id",)
    wrong_grant = oauth_error("unsupported_grant_type", "Unsupported grant_type")
    number_words = "deve estar entre {least} e {most}."
    kinds = frozenset(KINDS)
    takes_others = False
    refusals = {
        "invalid_credentials": oauth_error("invalid_client", "Invalid client credentials", 401),
        "consent_revoked": not_granted("Consent revoked by the customer"),
        "consent_expired": not_granted("Consent ended on 2026-01-31"),
        "authorization_incomplete": not_granted("Authorization not completed"),
        "statement_access_denied": Refusal("statement", 403, _errors("FORBIDDEN", "Acesso não permitido.")),
        "account_closed": Refusal("statement", 403, _errors("ACCOUNT_CLOSED", "Conta encerrada.")),
        "account_blocked": Refusal("statement", 403, _errors("ACCOUNT_BLOCKED", "Conta temporariamente bloqueada.")),
        "integration_paused": Refusal(
            "statement", 503, _errors("INTEGRATION_PAUSED", "Integração paralisada temporariamente.")
        ),
        "invalid_account": Refusal(
            "statement",
            200,
            {
                **{end: {"date": "2026-01-01", "balance": 0} for end in ("start", "end")},
                "entries": [],
                "header": {"businessName": "Outra Empresa Ltda", "businessDocument": "99888777000100"},
            },
        ),
        "period_out_of_range": Refusal("statement", 500, _errors("BST-0000", "Erro inesperado.")),
        "rate_limited": Refusal("statement", 429, _errors("TOO_MANY_REQUESTS", "Muitas requisições.")),
    }

    def names_party(self, entry: LedgerEntry) -> bool:
        """Fees and blocked money name no party."""
        return entry.counterparty is not None and _kind(entry) not in WITHOUT_PARTY

    def tells_of_party(self, entry: LedgerEntry) -> frozenset[str]:
        """Name and tax id, where a row names the party."""
        return frozenset({"name", "tax_id"}) if self.names_party(entry) else frozenset()

    def routes(self) -> Mapping[str, Callable[[Call], httpx.Response]]:
        """Token, statement, account."""
        return {"token": self.token, "statement": self._statement, "account": self._account}

    def issue_credentials(self, account: SimulatedAccount) -> dict[str, str]:
        """An integration with its certificate."""
        client_id = f"int-{self.issued(account, 'client')[:22]}"
        return self.issue_application(account, client_id, client_secret=None)

    def token_refused(self, state: TokenState) -> httpx.Response:
        """A refused access token gets 401, whatever is wrong with it."""
        return json_answer({"error": "access_denied"}, 401)

    def certificate_refused(self, call: Call, account: SimulatedAccount) -> httpx.Response:
        """Client id and tokens are good only with the certificate of their integration."""
        return self.refusals["invalid_credentials"].response()

    # --- token

    def by_client_credentials(self, call: Call, account: SimulatedAccount) -> httpx.Response:
        """A token for the integration."""
        return self.token_answer(call, account, call.form["client_id"], ("offline_access",), {"refresh_expires_in": 0})

    def token_answer(
        self, call: Call, account: SimulatedAccount, client_id: str, scopes: Sequence[str], more: Mapping[str, Any]
    ) -> httpx.Response:
        """A token is a JWT of the realm; callers need to know only its life."""
        stage = "stage." if call.environment == "sandbox" else ""
        claims = {"sub": client_id, "azp": client_id, "clientId": client_id, "typ": "Bearer", "acr": "1"}
        times = {**self.validity(call, account), "jti": self.tokens.fresh_value()}
        realm = {"iss": f"https://auth.{stage}cora.com.br/realms/cora", "scope": " ".join(scopes)}
        value = signed_token("cora realm", times | realm | claims, {"kid": "cora"})
        token = self.issue(call, account, scopes, value)
        answer = {"access_token": value, "expires_in": token.expires_in, **more, "token_type": "Bearer"}
        return json_answer({**answer, "scope": " ".join(scopes)})

    def parameter_refused(self, call: Call, name: str, wrong: str) -> httpx.Response:
        """A wrong number; a wrong day is a server error at this bank."""
        if wrong == self.day_words:
            return self.refusals["period_out_of_range"].response()
        return json_answer(_errors("invalid_request", f"{name} {wrong}"), 400)

    # --- data

    def _statement(self, call: Call) -> httpx.Response:
        account, now = self.bearer(call), self.world.now()
        first = self.read_day(call, "start", account.ledger.opened_on)
        last = self.read_day(call, "end", now.astimezone(BRASILIA).date())
        if first > last or not {first.year, last.year} <= set(CENTURY):
            why = f"period {first} to {last}: start must not be after end, and both lie from 2000 to 2099"
            raise self.refused("period_out_of_range", why)
        number = self.read_number(call, "page", 1, 0, 10**6) or 1
        size = self.page_asked(call, account, "perPage")
        zone = UTC if self.reading(account, "day_boundary") == "utc" else BRASILIA
        begin, end = _midnight(first, zone), _midnight(last + DAY, zone)
        step = -1 if self.reading(account, "order") == "newest_first" else 1
        entries = account.ledger.between(begin, end, now)[::step]
        if FILTERS & call.query.keys():
            entries = [entry for entry in entries if _is_wanted(entry, call.query)]
        rows = self.cut(call, entries, (number - 1) * size, size).rows
        holder = {"businessName": account.holder_name, "businessDocument": account.holder_tax_id}
        body: dict[str, Any] = {"header": holder}
        if rows or self.reading(account, "empty_page") == "empty_list":
            body["entries"] = [self._row(account, entry) for entry in rows]
        described = "period" if number == 1 else self.reading(account, "later_pages")
        if described == "page" and rows:
            stretch = rows[::step]
            body["start"] = _edge(first, stretch[0].balance - stretch[0].amount)
            body["end"] = _edge(last, stretch[-1].balance)
        elif described != "absent":
            body["start"] = _edge(first, self._balance_before(account, begin))
            body["end"] = _edge(last, self._balance_before(account, end))
        summed = self.reading(account, "aggregations")
        if summed != "absent" and call.query.get("aggr", "false").lower() == "true":
            body["aggregations"] = _aggregations(entries if summed == "period" else rows)
        return json_answer(body)

    def _account(self, call: Call) -> httpx.Response:
        account = self.bearer(call)
        number, digit = account.number[:-1], account.number[-1]
        bank = {"bankCode": self.contract.compe, "bankName": "Cora SCD"}
        return json_answer({"agency": account.branch, "accountNumber": number, "accountDigit": digit, **bank})

    def _balance_before(self, account: SimulatedAccount, end: datetime) -> Decimal:
        """The balance just before an instant, as far as it is booked by now."""
        ledger, now = account.ledger, self.world.now()
        balance = ledger.balance_before(end, now)
        if self.reading(account, "blocks") == "leave_balance":
            until = ledger.between(_midnight(ledger.opened_on, BRASILIA), end, now)
            balance -= sum((entry.amount for entry in until if _direction(entry) in BLOCKS), ZERO)
        return balance

    def _row(self, account: SimulatedAccount, entry: LedgerEntry) -> dict[str, Any]:
        zone, precision, offset = CREATED_AT[self.reading(account, "created_at")]
        local = entry.booked_at.astimezone(zone).replace(tzinfo=None)
        return {
            "id": entry.bank_id or _identity(account, "ent", entry.serial),
            "type": _direction(entry),
            "amount": centavos(abs(entry.amount)),
            "createdAt": local.isoformat(timespec=precision) + offset,
            **entry.detail,
            "transaction": _transaction(account, entry),
        }


def _kind(entry: LedgerEntry) -> str:
    return KINDS[entry.type, entry.amount > 0]


def _direction(entry: LedgerEntry) -> str:
    kind = _kind(entry)
    plain = "CREDIT" if entry.amount > 0 else "DEBIT"
    return str(entry.detail.get("type", kind if kind in BLOCKS else plain))


def _is_wanted(entry: LedgerEntry, query: Mapping[str, str]) -> bool:
    """Whether a row passes the filters of the query; an empty one filters nothing, as names that the bank ignores."""
    direction, kind = (query.get(name, "") for name in ("type", "transaction_type"))
    return direction in {"", _direction(entry)} and kind in {"", _kind(entry)}


def _transaction(account: SimulatedAccount, entry: LedgerEntry) -> dict[str, Any] | None:
    kind, own = _kind(entry), entry.detail.get("transaction")
    if kind in BLOCKS:
        return own
    movement = entry.serial - 1 if kind == "FEE" else entry.serial
    found: dict[str, Any] = {
        "id": _identity(account, "trx", movement),
        "type": kind,
        "category": {"main": "", "sub": ""},
        "description": "" if kind == "PIX" else entry.description,
    }
    if entry.counterparty is not None and kind not in WITHOUT_PARTY:
        found["counterParty"] = {"name": entry.counterparty.name, "identity": entry.counterparty.tax_id}
    return {**found, **(own or {})}


def _identity(account: SimulatedAccount, of: str, serial: int) -> str:
    return f"{of}_{uuid.uuid5(uuid.NAMESPACE_URL, f'{account.bank}/{account.number}/{of}/{serial}').hex[:24]}"


def _edge(day: date, balance: Decimal) -> dict[str, Any]:
    return {"date": day.isoformat(), "balance": centavos(balance)}


def _aggregations(entries: Sequence[LedgerEntry]) -> dict[str, int]:
    amounts = [entry.amount for entry in entries]
    credit = sum([amount for amount in amounts if amount > 0], ZERO)
    return {"creditTotal": centavos(credit), "debitTotal": centavos(credit - sum(amounts, ZERO))}


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(), zone)
