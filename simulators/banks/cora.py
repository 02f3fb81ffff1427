"""Cora: routes and wire format of Integração Direta, and of Parceria Cora with its page and its refresh token.

Played from contracts/banks/cora/NOTES.md: the handshake is refused without a certificate; integer centavos; instants in
UTC with an offset of two digits; no total; fees share the business transaction of the movement before them, and name
nobody; blocked money has no transaction at all; totals come only when asked for; dates that cannot be read get status
500. The partner of an account is `app-<account number>`, its secret the client id of Integração Direta.

Long because clients of both modalities read the same statement, each with tokens of its own.
"""

import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from functools import cache
from typing import Any

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from contracts.schema import Evidence, Operation, OperationKind
from simulators.bank import Answered, Bank, Call, Refusal, Write, json_answer
from simulators.call import basic_credentials
from simulators.clock import BRASILIA
from simulators.consent import APPROVE, ConsentDesk, html_answer, sent_back
from simulators.ledger import LedgerEntry
from simulators.pki import rsa_key_pair
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
SCOPES = frozenset({"account", "invoice", "payment"})
"""What a partner can ask a customer for; the statement needs the first."""
REFRESHES = 3
"""How often a refresh token of Parceria Cora may be used."""
DATE = re.compile(r"20\d{2}-\d{2}-\d{2}", re.ASCII)

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


def _oauth(status: int, error: str, description: str) -> httpx.Response:
    return json_answer({"error": error, "error_description": description}, status)


def _not_granted(description: str) -> Refusal:
    return Refusal("token", 400, {"error": "invalid_grant", "error_description": description})


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
        "consent_revoked": _not_granted("Consent revoked by the customer"),
        "consent_expired": _not_granted("Consent ended on 2026-01-31"),
        "authorization_incomplete": _not_granted("Authorization not completed"),
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
    other_reads = {
        "balance": _read(OperationKind.BALANCE, "/third-party/account/balance"),
        "authorize": _read(OperationKind.TOKEN, "/oauth/authorize", host="partner"),
        "decide": _read(OperationKind.TOKEN, "/oauth/authorize", method="POST", host="partner"),
        "partner_token": _read(OperationKind.TOKEN, "/oauth/token", method="POST", host="partner"),
        "partner_statement": _read(
            OperationKind.STATEMENT, "/bank-statement/statement", host="partner", scope="account"
        ),
        "partner_balance": _read(
            OperationKind.BALANCE, "/third-party/account/balance", host="partner", scope="account"
        ),
        "partner_account": _read(OperationKind.ACCOUNTS, "/third-party/account/", host="partner", scope="account"),
    }
    writes = (
        Write("POST", "/v2/invoices", 200, {"id": "inv_simulado", "status": "OPEN"}),
        Write("POST", "/v2/invoices/", 200, {"id": "inv_simulado", "status": "OPEN"}),
        Write("DELETE", "/v2/invoices/{id}", 204),
        Write("POST", "/transfers/initiate", 200, {"id": "trn_simulado", "status": "INITIATED"}),
        Write("POST", "/payments/initiate", 201, {"id": "pay_simulado", "status": "INITIATED"}),
    )

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.consents = ConsentDesk(self.contract.slug, self.world)

    def names_party(self, entry: LedgerEntry) -> bool:
        """Fees and blocked money name nobody."""
        return entry.counterparty is not None and _kind(entry) not in WITHOUT_PARTY

    def routes(self) -> Mapping[str, Callable[[Call], httpx.Response]]:
        """Token, statement, balance and account of both modalities, and the page on which a customer consents."""
        return {
            "token": self._token,
            "statement": self._statement,
            "balance": self._balance,
            "account": self._account,
            "authorize": self._authorize,
            "decide": self._decide,
            "partner_token": self._partner_token,
            "partner_statement": self._statement,
            "partner_balance": self._balance,
            "partner_account": self._account,
        }

    def issue_credentials(self, account: SimulatedAccount) -> dict[str, str]:
        """An integration with its certificate."""
        life = timedelta(days=account.parameters.certificate_days)
        certificate, key = self.world.client_certificate(f"cora {account.number}", life)
        client_id = f"int-{self.world.fresh('client', account.number)[:22]}"
        return {"client_id": client_id, "certificate": certificate, "private_key": key}

    def token_refused(self, state: TokenState) -> httpx.Response:
        """A refused access token gets 401, whatever is wrong with it."""
        return json_answer({"error": "access_denied"}, 401)

    def certificate_refused(self, call: Call, account: SimulatedAccount) -> httpx.Response:
        """Client id and tokens are good only with the certificate of their integration."""
        return self.refusals["invalid_credentials"].response()

    def _token(self, call: Call) -> httpx.Response:
        account = self.by_credential(client_id=call.form.get("client_id", ""))
        if account is None:
            return self.refusals["invalid_credentials"].response()
        self.check_certificate(call, account)
        self.identified(call, account)
        if call.form.get("grant_type") != "client_credentials":
            return _oauth(400, "unsupported_grant_type", "Unsupported grant_type")
        return self._own_token(call, account, account.credentials["client_id"])

    # --- Parceria Cora

    def _authorize(self, call: Call) -> httpx.Response:
        account, scopes = self._asked(call)
        return self.consents.page(
            "Cora: autorizar aplicação", {account.holder_tax_id: account.holder_name}, sorted(scopes)
        )

    def _decide(self, call: Call) -> httpx.Response:
        account, scopes = self._asked(call)
        if call.form.get("decision") != APPROVE:
            return _back(call, {"error": "access_denied"})
        company, back_to = account.holder_tax_id, call.query["redirect_uri"]
        code, _ = self.consents.grant(account, company, sorted(scopes), back_to, call.environment)
        return _back(call, {"code": code})

    def _asked(self, call: Call) -> tuple[SimulatedAccount, set[str]]:
        """The customer, and what the partner wants to be let do.

        Raises:
            Answered: the partner is unknown or asks in another form.
        """
        account = self._partners_account(call.query.get("client_id", ""))
        if account is None or not call.query.get("redirect_uri", "").startswith(("http://", "https://")):
            raise Answered(html_answer("Cora", "<p>Aplicação ou endereço de retorno desconhecido.</p>", 400))
        call.account, call.record.account = account, account.number
        scopes = set(call.query.get("scopes", "").replace(",", " ").split())
        if call.query.get("response_type") != "code":
            raise Answered(_back(call, {"error": "unsupported_response_type"}))
        if not scopes or not scopes <= SCOPES:
            raise Answered(_back(call, {"error": "invalid_scope"}))
        return account, scopes

    def _partners_account(self, client_id: str) -> SimulatedAccount | None:
        held = self.world.accounts_of(self.contract.slug)
        return next((account for account in held if f"app-{account.number}" == client_id), None)

    def _partner_token(self, call: Call) -> httpx.Response:
        """Client credentials are good for no customer's data; a code and its refresh token are."""
        told = {**call.form, **basic_credentials(call.request)}
        account = self._partners_account(told.get("client_id", ""))
        if account is None or told.get("client_secret") != account.credentials["client_id"]:
            return self.refusals["invalid_credentials"].response()
        self.identified(call, account)
        grant = told.get("grant_type")
        if grant == "client_credentials":
            return self._own_token(call, account, told["client_id"])
        if grant not in {"authorization_code", "refresh_token"}:
            return _oauth(400, "unsupported_grant_type", "Unsupported grant_type")
        if grant == "authorization_code":
            code, back_to = told.get("code", ""), told.get("redirect_uri", "")
            consent = self.consents.redeem(code, account, back_to, call.environment)
            if consent is None:
                return _oauth(400, "invalid_grant", "Code not valid")
            refresh = self.tokens.bind(self.tokens.fresh_value(), call.environment)
            scopes, uses = consent.scopes, REFRESHES
        else:
            refresh = told.get("refresh_token", "")
            scopes, uses = account.memory.get("refreshes", {}).get(refresh, ((), 0))
            if not uses or self.tokens.is_foreign(refresh, call.environment):
                return _oauth(400, "invalid_grant", "Invalid refresh token")
            uses -= 1
        account.memory.setdefault("refreshes", {})[refresh] = scopes, uses
        return self._token_answer(call, account, told["client_id"], scopes, {"refresh_token": refresh})

    # --- tokens

    def _own_token(self, call: Call, account: SimulatedAccount, client_id: str) -> httpx.Response:
        return self._token_answer(call, account, client_id, ("offline_access",), {"refresh_expires_in": 0})

    def _token_answer(
        self, call: Call, account: SimulatedAccount, client_id: str, scopes: Sequence[str], more: Mapping[str, Any]
    ) -> httpx.Response:
        """A token is a JWT of the realm, of which callers need not know more than its life."""
        life, now = self.token_life(account, call.environment), self.world.now()
        stage = "stage." if call.environment == "sandbox" else ""
        claims = {"sub": client_id, "azp": client_id, "clientId": client_id, "typ": "Bearer", "acr": "1"}
        times = {"iat": int(now.timestamp()), "exp": int((now + life).timestamp()), "jti": self.tokens.fresh_value()}
        realm = {"iss": f"https://auth.{stage}cora.com.br/realms/cora", "scope": " ".join(scopes)}
        value = jwt.encode(times | realm | claims, _realm_key(), algorithm="RS256", headers={"kid": "cora"})
        self.issue(call, account, scopes, value)
        answer = {"access_token": value, "expires_in": int(life.total_seconds()), **more, "token_type": "Bearer"}
        return json_answer({**answer, "scope": " ".join(scopes)})

    # --- data

    def _statement(self, call: Call) -> httpx.Response:
        account, now, paging = self.bearer(call), self.world.now(), self.contract.paging
        first = self._day(call, "start", account.ledger.opened_on)
        last = self._day(call, "end", now.astimezone(BRASILIA).date())
        if first > last:
            raise self.refused("period_out_of_range")
        number = self._number(call, "page", 1, 0, 10**6) or 1
        asked = self._number(call, "perPage", paging.default_size, 1, paging.max_size)
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
        if summed != "absent" and call.query.get("aggr", "false").lower() == "true":
            body["aggregations"] = _aggregations(entries if summed == "period" else rows)
        return json_answer(body)

    def _balance(self, call: Call) -> httpx.Response:
        account = self.bearer(call)
        return json_answer({"balance": _cents(self._balance_before(account, self.world.now() + DAY))})

    def _account(self, call: Call) -> httpx.Response:
        account = self.bearer(call)
        number, digit = account.number[:-1], account.number[-1]
        bank = {"bankCode": self.contract.compe, "bankName": "Cora SCD"}
        return json_answer({"agency": account.branch, "accountNumber": number, "accountDigit": digit, **bank})

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
            "id": entry.bank_id or _identity(account, "ent", entry.serial),
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
            raise self.refused("period_out_of_range") from None

    def _number(self, call: Call, name: str, default: int, low: int, high: int) -> int:
        value = call.query.get(name, str(default))
        if not value.isdecimal() or not low <= int(value) <= high:
            raise Answered(json_answer(_errors("invalid_request", f"{name} deve estar entre {low} e {high}."), 400))
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
        "id": _identity(account, "trx", movement),
        "type": kind,
        "category": {"main": "", "sub": ""},
        "description": "" if kind == "PIX" else entry.description,
    }
    if entry.counterparty is not None and kind not in WITHOUT_PARTY:
        found["counterParty"] = {"name": entry.counterparty.name, "identity": entry.counterparty.tax_id}
    return {**found, **(told or {})}


def _identity(account: SimulatedAccount, of: str, serial: int) -> str:
    return f"{of}_{uuid.uuid5(uuid.NAMESPACE_URL, f'{account.bank}/{account.number}/{of}/{serial}').hex[:24]}"


def _back(call: Call, answer: Mapping[str, str]) -> httpx.Response:
    state = {"state": call.query["state"]} if "state" in call.query else {}
    return sent_back(call.query["redirect_uri"], {**answer, **state})


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


@cache
def _realm_key() -> RSAPrivateKey:
    """The key with which the token server signs; loaded once, since that takes longer than signing."""
    key = load_pem_private_key(rsa_key_pair("cora realm")[0].encode(), None)
    assert isinstance(key, RSAPrivateKey)  # noqa: S101 - the pair is one of RSA
    return key
