"""Cora: routes and wire format of the token and the statement of Integração Direta, and of a few other reads.

Played from contracts/banks/cora/NOTES.md: the handshake is refused without a certificate; integer centavos; instants in
UTC with an offset of two digits; no total; fees share the business transaction of the movement before them, and name
nobody; blocked money has no transaction at all; dates that cannot be read get status 500.
"""

import re
import uuid
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from typing import Any

import httpx

from contracts.schema import Evidence, Operation, OperationKind
from simulators.bank import Answered, Bank, Call, Refusal, Write, json_answer
from simulators.clock import BRASILIA
from simulators.ledger import LedgerEntry
from simulators.pki import fingerprint
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

DAY = timedelta(days=1)
ZERO = Decimal("0.00")
ROWS_UNASKED = 50
"""Rows of a page when the request names no size."""
DATE = re.compile(r"20\d{2}-\d{2}-\d{2}", re.ASCII)

CREATED_AT: Mapping[str, tuple[tzinfo, str, str]] = {
    "utc_short": (UTC, "seconds", "+00"),
    "brasilia_short": (BRASILIA, "seconds", "-03"),
    "utc_milliseconds": (UTC, "milliseconds", "Z"),
    "brasilia_milliseconds": (BRASILIA, "milliseconds", "-03:00"),
}
"""By reading: zone, precision and how the offset is written."""


def _errors(code: str, message: str) -> dict[str, Any]:
    return {"errors": [{"code": code, "message": message}]}


def _read(kind: OperationKind, path: str, *, method: str = "GET", host: str = "api", scope: str = "") -> Operation:
    source = "developer portal"
    return Operation(
        kind=kind, method=method, host=host, path=path, scope=scope, evidence=Evidence.DOCUMENTED, source=source
    )


class Cora(Bank):
    """Plays Cora."""

    kinds = frozenset(KINDS)
    refusals = {
        "invalid_credentials": Refusal(
            "token", 401, {"error": "invalid_client", "error_description": "Invalid client credentials"}
        ),
        "statement_access_denied": Refusal("statement", 403, _errors("FORBIDDEN", "Acesso não permitido.")),
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
    other_reads = {
        "balance": _read(OperationKind.BALANCE, "/third-party/account/balance"),
        "account": _read(OperationKind.ACCOUNTS, "/third-party/account/"),
        "partner_token": _read(OperationKind.TOKEN, "/oauth/token", method="POST", host="partner"),
        "partner_statement": _read(
            OperationKind.STATEMENT, "/bank-statement/statement", host="partner", scope="account"
        ),
    }
    writes = (
        Write("POST", "/v2/invoices", 200, {"id": "inv_simulado", "status": "OPEN"}),
        Write("DELETE", "/v2/invoices/{id}", 204),
        Write("POST", "/transfers/initiate", 200, {"id": "trf_simulado", "status": "INITIATED"}),
        Write("POST", "/payments/initiate", 200, {"id": "pay_simulado", "status": "INITIATED"}),
    )

    def names_party(self, entry: LedgerEntry) -> bool:
        """Fees and blocked money name nobody."""
        return entry.counterparty is not None and _kind(entry) not in WITHOUT_PARTY

    def routes(self) -> Mapping[str, Callable[[Call], httpx.Response]]:
        """Token and statement of both modalities, balance, account."""
        return {
            "token": self._token,
            "statement": self._statement,
            "balance": self._balance,
            "account": self._account,
            "partner_token": self._partner_token,
            "partner_statement": self._statement,
        }

    def issue_credentials(self, account: SimulatedAccount) -> dict[str, str]:
        """An integration with its certificate."""
        life = timedelta(days=account.parameters.certificate_days)
        certificate, key = self.world.authority.client(f"cora {account.number}", life)
        client_id = f"int-{self.world.fresh('client', account.number)[:22]}"
        return {"client_id": client_id, "certificate": certificate, "private_key": key}

    def token_refused(self, state: TokenState) -> httpx.Response:
        """A refused access token gets 401, whatever is wrong with it."""
        return json_answer(_errors("UNAUTHORIZED", "Token inválido ou expirado."), 401)

    def check_certificate(self, request: httpx.Request, account: SimulatedAccount) -> None:
        """Client id and tokens are good only with the certificate of their integration."""
        shown = request.extensions.get("client_certificate")
        if shown and fingerprint(shown) != fingerprint(account.credentials["certificate"]):
            raise Answered(self.refusals["invalid_credentials"].response())

    def _token(self, call: Call) -> httpx.Response:
        account = self.by_credential(client_id=call.form.get("client_id", ""))
        if account is None:
            return self.refusals["invalid_credentials"].response()
        self.check_certificate(call.request, account)
        return self._grant(call, account)

    def _partner_token(self, call: Call) -> httpx.Response:
        """A partner's own token: good for no customer's data. The secret is the client id of Integração Direta."""
        shown = call.request.headers.get("authorization", "")
        for account in self.world.accounts_of(self.contract.slug):
            pair = f"app-{account.number}:{account.credentials['client_id']}"
            if shown == f"Basic {b64encode(pair.encode()).decode()}":
                return self._grant(call, account)
        return self.refusals["invalid_credentials"].response()

    def _grant(self, call: Call, account: SimulatedAccount) -> httpx.Response:
        self.identified(call, account)
        if call.form.get("grant_type") != "client_credentials":
            body = {"error": "unsupported_grant_type", "error_description": "Unsupported grant_type"}
            return json_answer(body, 400)
        token = self.issue(call, account, ("offline_access",))
        return json_answer(
            {
                "access_token": token.value,
                "expires_in": int(token.life.total_seconds()),
                "token_type": "Bearer",
                "scope": " ".join(token.scopes),
            }
        )

    def _statement(self, call: Call) -> httpx.Response:
        account, now = self.bearer(call), self.world.now()
        first = self._day(call, "start", account.ledger.opened_on)
        last = self._day(call, "end", now.astimezone(BRASILIA).date())
        if first > last:
            raise Answered(self.refusals["period_out_of_range"].response())
        number = self._number(call, "page", 1, 0, 10**6) or 1
        asked = self._number(call, "perPage", ROWS_UNASKED, 1, self.contract.paging.max_size)
        size = self.page_size(account, asked)
        zone = UTC if self.reading(account, "day_boundary") == "utc" else BRASILIA
        begin, end = _midnight(first, zone), _midnight(last + DAY, zone)
        step = -1 if self.reading(account, "order") == "newest_first" else 1
        entries = [entry for entry in account.ledger.between(begin, end, now)[::step] if _is_wanted(entry, call.query)]
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
        if summed != "absent" and call.query.get("aggr") != "false":
            body["aggregations"] = _aggregations(entries if summed == "period" else rows)
        return json_answer(body)

    def _balance(self, call: Call) -> httpx.Response:
        account = self.bearer(call)
        return json_answer({"balance": _cents(self._balance_before(account, self.world.now() + DAY))})

    def _account(self, call: Call) -> httpx.Response:
        account = self.bearer(call)
        number, digit = account.number[:-1], account.number[-1]
        return json_answer({"agency": account.branch, "accountNumber": number, "accountDigit": digit})

    def _balance_before(self, account: SimulatedAccount, end: datetime) -> Decimal:
        """The balance just before an instant, as far as it is booked by now."""
        ledger = account.ledger
        until = ledger.between(_midnight(ledger.opened_on, BRASILIA), end, self.world.now())
        balance = until[-1].balance if until else ZERO
        if self.reading(account, "blocks") == "leave_balance":
            balance -= sum((entry.amount for entry in until if _direction(entry) in BLOCKS), ZERO)
        return balance

    def _row(self, account: SimulatedAccount, entry: LedgerEntry) -> dict[str, Any]:
        zone, precision, offset = CREATED_AT[self.reading(account, "created_at")]
        local = entry.booked_at.astimezone(zone).replace(tzinfo=None)
        return {
            "id": entry.bank_id or _identity(account, "entry", entry.serial),
            "type": _direction(entry),
            "amount": _cents(abs(entry.amount)),
            "createdAt": local.isoformat(timespec=precision) + offset,
            **entry.detail,
            "transaction": _transaction(account, entry),
        }

    def _day(self, call: Call, name: str, default: date) -> date:
        """A day of the query; a wrong one is a server error at this bank.

        Raises:
            Answered: it is not written as YYYY-MM-DD.
        """
        value = call.query.get(name, default.isoformat())
        try:
            if not DATE.fullmatch(value):
                raise ValueError(value)
            return date.fromisoformat(value)
        except ValueError:
            raise Answered(self.refusals["period_out_of_range"].response()) from None

    def _number(self, call: Call, name: str, default: int, low: int, high: int) -> int:
        value = call.query.get(name, str(default))
        if not value.isdecimal() or not low <= int(value) <= high:
            raise Answered(json_answer(_errors("BAD_REQUEST", f"{name} deve estar entre {low} e {high}."), 400))
        return int(value)


def _kind(entry: LedgerEntry) -> str:
    return KINDS[entry.type, entry.amount > 0]


def _direction(entry: LedgerEntry) -> str:
    kind = _kind(entry)
    plain = "CREDIT" if entry.amount > 0 else "DEBIT"
    return str(entry.detail.get("type", kind if kind in BLOCKS else plain))


def _is_wanted(entry: LedgerEntry, query: Mapping[str, str]) -> bool:
    """Whether a row passes the filters of the query; names that the bank does not know filter nothing."""
    return query.get("type") in {None, _direction(entry)} and query.get("transaction_type") in {None, _kind(entry)}


def _transaction(account: SimulatedAccount, entry: LedgerEntry) -> dict[str, Any] | None:
    kind, told = _kind(entry), entry.detail.get("transaction")
    if kind in BLOCKS:
        return told
    movement = entry.serial - 1 if kind == "FEE" else entry.serial
    found: dict[str, Any] = {
        "id": _identity(account, "transaction", movement),
        "type": kind,
        "description": "" if kind == "PIX" else entry.description,
    }
    if entry.counterparty is not None and kind not in WITHOUT_PARTY:
        found["counterParty"] = {"name": entry.counterparty.name, "identity": entry.counterparty.tax_id}
    return {**found, **(told or {})}


def _identity(account: SimulatedAccount, of: str, serial: int) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{account.bank}/{account.number}/{of}/{serial}"))


def _edge(day: date, balance: Decimal) -> dict[str, Any]:
    return {"date": day.isoformat(), "balance": _cents(balance)}


def _aggregations(entries: Sequence[LedgerEntry]) -> dict[str, int]:
    return {
        "creditTotal": _cents(sum((entry.amount for entry in entries if entry.amount > 0), ZERO)),
        "debitTotal": _cents(sum((-entry.amount for entry in entries if entry.amount < 0), ZERO)),
    }


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(), zone)


def _cents(amount: Decimal) -> int:
    return int(amount.scaleb(2))
