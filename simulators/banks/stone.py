"""Conta Stone, Stone Banking API: routes and wire format of the token, the statement, the balance and the accounts.

Played from contracts/banks/stone/NOTES.md: the token server checks the signed assertion in full and words its errors
otherwise than the API; a wrong account is refused like a forbidden one; instants are in UTC, money is in centavos; keys
are absent, null or blank by type of entry; the newest entry stands first and cursors are opaque.

Long because an entry has another form for almost every one of its types.
"""

import base64
import binascii
import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import httpx
import jwt

from simulators.assertion import objection
from simulators.call import Answered, Call, Refusal, Write, json_answer
from simulators.clock import BRASILIA
from simulators.faults import Slice
from simulators.ledger import LedgerEntry, Party
from simulators.oauth import OAuthBank, oauth_error, signed_token
from simulators.pki import rsa_key_pair
from simulators.tokens import TokenState
from simulators.world import SimulatedAccount

__all__ = ["Stone"]

CARD = "outbound_stone_prepaid_card"
KINDS = {
    ("PIX", True): "pix_payment",
    ("PIX", False): "outbound_pix_payment",
    ("TED", True): "external",
    ("TED", False): "external",
    ("TRANSFERENCIA_MESMA_INSTITUICAO", True): "internal",
    ("TRANSFERENCIA_MESMA_INSTITUICAO", False): "internal",
    ("BOLETO", True): "payment",
    ("BOLETO", False): "payment",
    ("CARTAO", True): "card_payment",
    ("CARTAO", False): f"{CARD}_payment",
    ("SAQUE", True): f"{CARD}_withdrawal_refund",
    ("SAQUE", False): f"{CARD}_withdrawal",
    ("FOLHA_PAGAMENTO", True): "salary",
    ("FOLHA_PAGAMENTO", False): "payroll",
    ("PORTABILIDADE_SALARIO", True): "salary_portability_refund",
    ("PORTABILIDADE_SALARIO", False): "salary_portability",
    ("OPERACAO_CREDITO", True): "loan_payments",
    ("OPERACAO_CREDITO", False): "loan_payment",
    ("OUTROS", True): "balance_unblocked",
    ("OUTROS", False): "balance_blocked",
}
WITH_COUNTER_PARTY = frozenset(
    {"external", "external_refund", "internal", "pix_payment"}
    | {"salary", "salary_portability", "salary_portability_refund"}
)
NAMING = WITH_COUNTER_PARTY | {"outbound_pix_payment", "payment"}
"""Types whose entries name the other party."""
WITH_FEE = frozenset(
    {"external", "internal", "outbound_pix_payment", "payment", f"{CARD}_payment", f"{CARD}_withdrawal"}
)
TED_FEE, SMALLEST_WITH_FEE = 400, 40_000
"""In centavos: what a TED sent costs, and from which amount on it is charged here."""
NULL_DETAILS = (
    "document_payment_type", "face_value", "max_value", "min_value", "payer_trade_name", "payment_limit_date", "status",
    "value",
)  # fmt: skip
NO_FURTHER_VALUE = ("discount_value", "fine_value", "interest_value", "total_added_value", "total_discounted_value")
WITHOUT_OPERATION = frozenset(
    {"card_payment", "loan_payment", "loan_payments", "balance_blocked", "balance_unblocked"}
    | {"salary", "salary_portability", "salary_portability_refund"}
)
"""Types whose entries do not tell the operation behind them."""
SECOND = timedelta(seconds=1)
LONGEST_ASSERTION = {"present": timedelta(minutes=15), "older": timedelta(hours=2)}
UNAUTHORIZED = {"type": "srn:error:unauthorized"}
ACCEPTED = {"id": "7d1b6a52-9a52-4a0e-8b52-0c6f5d1f2a01", "status": "CREATED"}
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z", re.ASCII)
"""Date-times in UTC, with or without fractions of a second."""
CURSOR_MARK = b"\xfb\xff"
"""Gives every cursor signs that must be percent-encoded."""


def _not_granted(description: str) -> Refusal:
    return oauth_error("invalid_grant", description)


def _forbidden(reason: str) -> Refusal:
    return Refusal("statement", 403, {"type": "srn:error:forbidden", "reason": reason})


class Stone(OAuthBank):
    """Plays Stone."""

    client_fields = ("client_id",)
    wrong_grant = oauth_error("unsupported_grant_type", "Only client_credentials is granted")
    untouched = frozenset({"lying_totals", "repeat_page"})
    kinds = frozenset(KINDS)
    refusals = {
        "invalid_credentials": oauth_error("invalid_client", "Client authentication failed", 401),
        "consent_revoked": _not_granted("The consent was revoked by the account's owner"),
        "consent_expired": _not_granted("The consent ended on 2026-01-31"),
        "consent_pending_approval": _not_granted("The consent is pending the approval of another representative"),
        "authorization_incomplete": _not_granted("The authorization was not completed"),
        "statement_access_denied": Refusal("statement", 403, UNAUTHORIZED),
        "account_closed": _forbidden("account closed"),
        "account_blocked": _forbidden("account blocked"),
        "integration_paused": Refusal(
            "statement", 503, {"type": "srn:error:unavailable", "reason": "integration paused"}
        ),
        "period_out_of_range": Refusal(
            "statement",
            400,
            {"type": "srn:error:bad_request", "errors": [{"error": "is invalid", "path": ["start_datetime"]}]},
        ),
        "rate_limited": Refusal("statement", 429, {"type": "srn:error:too_many_requests"}, {"retry-after": "30"}),
    }
    writes = (
        Write("POST", "/api/v1/external_transfers", 202, ACCEPTED),
        Write("POST", "/api/v1/internal_transfers", 202, ACCEPTED),
        Write("POST", "/api/v1/dry_run/internal_transfers", 202, ACCEPTED),
    )

    def answer(self, request: httpx.Request) -> httpx.Response:
        """The bank's answer, which always has a request id."""
        response = super().answer(request)
        response.headers["x-request-id"] = self.world.fresh("request")
        return response

    def names_party(self, entry: LedgerEntry) -> bool:
        """Only some types of entry name the other party."""
        return entry.counterparty is not None and type_of(entry) in NAMING

    def routes(self) -> Mapping[str, Callable[[Call], httpx.Response]]:
        """Token, statement, balance, account."""
        return {
            "token": self.token,
            "statement": self._statement,
            "balance": self._balance,
            "account": lambda call: json_answer(described(self._caller(call))),
        }

    def issue_credentials(self, account: SimulatedAccount) -> dict[str, str]:
        """A client of its own for each account; all belong to one application with one pair of keys."""
        private, account.memory["public_key"] = rsa_key_pair("stone application")
        client_id, account_id = self._uuid("client", account.number), self._uuid("account", account.number)
        return {"client_id": client_id, "private_key": private, "account_id": account_id}

    def token_refused(self, state: TokenState) -> httpx.Response:
        """The API does not say what is wrong with a token."""
        return json_answer({"type": "srn:error:unauthenticated"}, 401)

    def not_found(self, path: str) -> httpx.Response:
        """The answer to an unknown address."""
        return json_answer({"type": "srn:error:not_found"}, 404)

    # --- token

    def client(self, call: Call) -> SimulatedAccount:
        """The account of the client, which must give its name in a header too."""
        if not _is_named(call):
            raise Answered(oauth_error("invalid_request", "The header User-Agent is missing").response())
        return super().client(call)

    def by_client_credentials(self, call: Call, account: SimulatedAccount) -> httpx.Response:
        """A token for whoever signs in the client's name."""
        form, edition = call.form, self.reading(account, "assertion")
        wrong = objection(
            form,
            public_key=account.memory["public_key"],
            audience=_realm(call),
            claims=dict.fromkeys(_client_claims(form, edition), form["client_id"]) | {"realm": "stone_bank"},
            longest=LONGEST_ASSERTION[edition],
            now=self.world.now(),
            used=account.memory.setdefault("assertions", set()),
        )
        if wrong:
            return oauth_error("invalid_client", f"Client authentication failed: {wrong}").response()
        return self.granted(call, account, self.held_scopes(account))

    def granted(self, call: Call, account: SimulatedAccount, scopes: Sequence[str]) -> httpx.Response:
        """A new token, which is a JWT of the realm."""
        client_id, now, life = call.form["client_id"], self.world.now(), self.token_life(account, call.environment)
        session, scope = self._uuid("session"), " ".join(scopes)
        claims = {"jti": self._uuid("token"), "iss": _realm(call), "azp": client_id, "typ": "Bearer", "scope": scope}
        claims |= {"sub": self._uuid("subject", account.number), "session_state": session, "acr": "1"}
        claims |= {"clientId": client_id, "stone_subject_id": f"application:{client_id}"}
        times = {"iat": int(now.timestamp()), "nbf": 0, "exp": int((now + life).timestamp()), "auth_time": 0}
        value = signed_token("stone realm", claims | times, {"kid": "stone_bank"})
        self.issue(call, account, scopes, value)
        return json_answer(
            {
                "access_token": value,
                "expires_in": int(life.total_seconds()),
                "refresh_expires_in": 1800,
                "refresh_token": self._uuid("refresh"),
                "token_type": "bearer",
                "not-before-policy": 0,
                "session_state": session,
                "scope": scope,
            }
        )

    # --- data

    def parameter_refused(self, call: Call, name: str, wrong: str) -> httpx.Response:
        """A page size that is none is refused like a cursor that is none."""
        return json_answer({"type": "srn:error:invalid_cursor", "path": "limit"}, 400)

    def _statement(self, call: Call) -> httpx.Response:
        account = self._caller(call)
        paging = self.contract.paging
        asked = self.read_number(call, "limit", paging.default_size, least=1)
        size = self.page_size(account, min(asked, paging.max_size))
        entries = self._listed(call, account)
        start, length = self._position(call, account, entries, size)
        part = self.cut(call, entries, start, length) if length else Slice((), more=True)
        cursor = {
            "after": self._cursor(account, part.rows[-1]) if part.rows and part.more else None,
            "before": self._cursor(account, part.rows[0]) if part.rows and start else None,
            "limit": size,
        }
        data = [self._row(account, entry) for entry in part.rows]
        return json_answer({"cursor": cursor, "data": data}, int(self.reading(account, "statement_status")))

    def _balance(self, call: Call) -> httpx.Response:
        entries = self._booked(self._caller(call))
        blocked = -sum(centavos(entry.amount) for entry in entries if entry.type == "OUTROS")
        free = centavos(entries[-1].balance) if entries else 0
        return json_answer({"balance": free, "blocked_balance": blocked, "scheduled_balance": 0})

    def _caller(self, call: Call) -> SimulatedAccount:
        """The account of the token, which must be the one in the path: what is not one's own is told like no access."""
        if not _is_named(call):
            raise Answered(json_answer({"type": "srn:error:forbidden"}, 403))
        account = self.bearer(call)
        own = account.credentials["account_id"]
        if call.segments.get("account_id", own) != own:
            raise Answered(json_answer(UNAUTHORIZED, 403))
        return account

    def _booked(self, account: SimulatedAccount) -> list[LedgerEntry]:
        now = self.world.now()
        return account.ledger.between(opened_at(account), now + SECOND, now)

    def _listed(self, call: Call, account: SimulatedAccount) -> list[LedgerEntry]:
        """The entries of the instants asked for, newest first."""
        now, query = self.world.now(), call.request.url.params
        start = self._instant(call, "start_datetime") or opened_at(account)
        end = self._instant(call, "end_datetime") or now
        inclusive = "end_datetime" not in query or self.reading(account, "end_datetime") == "inclusive"
        entries = account.ledger.between(start, min(end, now) + SECOND if inclusive else end, now)
        return entries[::-1]

    def _position(
        self, call: Call, account: SimulatedAccount, entries: Sequence[LedgerEntry], size: int
    ) -> tuple[int, int]:
        """Where the page begins and how many entries it may have, by the cursor."""
        after, before = call.query.get("after"), call.query.get("before")
        if after is None and before is None:
            return 0, size
        try:
            told = base64.b64decode(after or before or "", validate=True).removeprefix(CURSOR_MARK).decode()
            place = [self._id(account, entry) for entry in entries].index(told)
        except (ValueError, binascii.Error):
            raise Answered(self.parameter_refused(call, "cursor", "")) from None
        return (place + 1, size) if after is not None else (max(0, place - size), min(size, place))

    def _cursor(self, account: SimulatedAccount, entry: LedgerEntry) -> str:
        return base64.b64encode(CURSOR_MARK + self._id(account, entry).encode()).decode()

    def _instant(self, call: Call, name: str) -> datetime | None:
        if name not in call.query:
            return None
        try:
            if not INSTANT.fullmatch(call.query[name]):
                raise ValueError(call.query[name])
            return max(datetime.fromisoformat(call.query[name]), datetime(2000, 1, 1, tzinfo=UTC))
        except ValueError:
            body = {"type": "srn:error:bad_request", "errors": [{"error": "is invalid", "path": [name]}]}
            raise Answered(json_answer(body, 400)) from None

    def _id(self, account: SimulatedAccount, entry: LedgerEntry) -> str:
        return entry.bank_id or str(uuid.uuid5(uuid.NAMESPACE_OID, f"stone/{account.number}/{entry.serial}"))

    def _uuid(self, *about: str) -> str:
        return str(uuid.UUID(self.world.fresh(*about)))

    def _row(self, account: SimulatedAccount, entry: LedgerEntry) -> dict[str, Any]:
        kind, amount, after = type_of(entry), centavos(entry.amount), centavos(entry.balance)
        row: dict[str, Any] = {
            "id": self._id(account, entry),
            "type": kind,
            "operation": operation_of(entry),
            "status": "FINISHED",
            "amount": amount,
            "balance_before": after - amount,
            "balance_after": after,
            "created_at": entry.booked_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "account_id": account.credentials["account_id"],
        }
        received = kind == "payment" and amount > 0
        if kind not in WITHOUT_OPERATION and not received:
            row["operation_id"] = str(uuid.uuid5(uuid.NAMESPACE_OID, f"operation/{row['id']}"))
        if kind in WITH_FEE:
            fee = TED_FEE if kind == "external" and amount <= -SMALLEST_WITH_FEE else 0
            row |= {"fee_amount": fee, "operation_amount": abs(amount) - fee}
            if self.reading(account, "amount") == "without_fee":
                row["amount"] = amount + fee
        if received:
            row["beneficiary"] = _owner(account.holder_name, account.holder_tax_id)
        return row | _particulars(kind, entry) | entry.detail


def _particulars(kind: str, entry: LedgerEntry) -> dict[str, Any]:
    """What only this type of entry has."""
    party = entry.counterparty
    if kind == "outbound_pix_payment":
        named = {"title": party.name, "counterparty_agent": _agent(party)} if party else {}
        return {**named, "subtitle": "Pix"}
    if kind == "payment":
        return _bill(entry) if entry.amount < 0 else _invoice(entry)
    if kind == "card_payment":
        network = {"card_network_code": "VCP", "card_network_name": "Visa Pré-pago"}
        return {"acquirer": "Stone", **network, "card_type": "debit", "is_prepayment": entry.serial % 2 == 0}
    if kind in {"balance_blocked", "balance_unblocked"}:
        return {"operation_amount": abs(centavos(entry.amount)), "reason": "Ordem judicial"}
    if kind.startswith(CARD):
        return _purchase(entry)
    found: dict[str, Any] = {"counter_party": _counter_party(kind, entry)} if kind in WITH_COUNTER_PARTY else {}
    if kind == "internal":
        found |= {"description": "" if entry.serial % 2 else entry.description}
        found |= dict.fromkeys(("scheduled_at", "scheduled_to"))
    if kind == "external":
        found |= dict.fromkeys(("scheduled_at", "scheduled_to_effective", "scheduled_to_requested"))
        found |= {"refund_reason_code": None, "refund_reason_description": None, "delayed_to_next_business_day": False}
    return found


def _bill(entry: LedgerEntry) -> dict[str, Any]:
    """A paid boleto; what it was for stands in its details, most of which are null or zero."""
    party, line = entry.counterparty, f"{entry.serial:047d}"
    details = {
        **dict.fromkeys(NULL_DETAILS),
        **dict.fromkeys(NO_FURTHER_VALUE, 0),
        "bank_name": (party.bank_name or None) if party else None,
        "document_type": "boleto",
        "expiration_date": entry.date.isoformat(),
        "payer_cpf_cnpj": None,
        "payer_legal_name": None,
        "payment_start_time": "07:00:00",
        "payment_end_time": "15:00:00",
        "recipient_name": party.name if party else None,
        "recipient_cpf_cnpj": party.tax_id if party else None,
        "settlement_date": entry.date.isoformat(),
        "updatable_value": True,
        "writable_line": line,
    }
    scheduled = dict.fromkeys(("scheduled_at", "scheduled_to"))
    return {"barcode": line[:44], "writable_line": line, **scheduled, "details": details}


def _invoice(entry: LedgerEntry) -> dict[str, Any]:
    """A boleto that somebody paid to the account: the payer in a form of its own, and no details."""
    party, line = entry.counterparty, f"{entry.serial:047d}"
    day = entry.date.isoformat()
    return {
        "barcode": line[:44],
        "barcode_payment_invoice_id": str(uuid.uuid5(uuid.NAMESPACE_OID, f"invoice/{entry.serial}")),
        "capture": {
            "branch_code": "0001",
            "institution_ispb": "16501555",
            "institution_name": "Stone Pagamentos S.A.",
            "medium": "3",
        },
        "expiration_date": day,
        "invoice_type": "proposal",
        "issuance_date": day,
        "limit_date": day,
        "payer": _owner(party.name, party.tax_id) if party else None,
        "writable_line": line,
    }


def _owner(name: str, tax_id: str) -> dict[str, str | None]:
    """Payer and payee of a boleto."""
    entity = _entity(Party(name, tax_id))
    return {
        "document": entity["document"],
        "document_type": entity["document_type"],
        "legal_name": name,
        "trade_name": None,
    }


def _purchase(entry: LedgerEntry) -> dict[str, Any]:
    """What was done with the bank's card, and where."""
    value = {"amount": abs(centavos(entry.amount)), "currency": "BRL"}
    return {
        "acquirer_code": "16501555",
        "acquirer_name": None,
        "card_acceptor": {"city": "SAO PAULO", "country": "BRA", "mcc": "5411", "name": "Mercado Exemplo"},
        "card_last_four_digits": f"{entry.serial % 10_000:04d}",
        "transaction_authorization": {
            "authorization_medium": "chip",
            "captured_value": value,
            "conversion_rate": "1.00",
            "country": "BRA",
            "iof_fee": None,
            "pos_authorization_time": entry.booked_at.strftime("%Y-%m-%dT%H:%M:%S"),
            "value": value,
        },
    }


def _counter_party(kind: str, entry: LedgerEntry) -> dict[str, Any] | None:
    """The other party; of another account of Stone no document, and some names end in a blank."""
    party = entry.counterparty
    if party is None:
        return None
    name = f"{party.name} " if entry.serial % 3 == 0 else party.name
    bank = {"institution": party.ispb, "institution_name": party.bank_name}
    if kind == "internal":
        own = {"account_code": party.account, "branch_code": party.branch, **bank}
        return {"account": own, "entity": {"name": name}}
    account = {"account_code": party.account, "account_type": "CC", "branch_code": party.branch, **bank}
    return {"account": account, "entity": _entity(party) | {"name": name}}


def _agent(party: Party) -> dict[str, Any]:
    return {
        "entity": _entity(party),
        "institution": {"name": party.bank_name, "compe": party.compe, "ispb": party.ispb},
        "account": {"account_type": "CC", "branch_code": party.branch, "account_code": party.account},
    }


def _entity(party: Party) -> dict[str, str]:
    document_type = "cpf" if len(party.tax_id) == len("12345678909") else "cnpj"
    return {"name": party.name, "document": party.tax_id, "document_type": document_type}


def described(account: SimulatedAccount) -> dict[str, str]:
    return {
        "id": account.credentials["account_id"],
        "account_code": account.number,
        "branch_code": account.branch,
        "owner_document": account.holder_tax_id,
        "owner_id": f"organization:{uuid.uuid5(uuid.NAMESPACE_OID, account.holder_tax_id)}",
        "owner_name": account.holder_name,
        "created_at": opened_at(account).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def type_of(entry: LedgerEntry) -> str:
    return str(entry.detail.get("type") or KINDS[entry.type, entry.amount > 0])


def operation_of(entry: LedgerEntry) -> str:
    return "credit" if entry.amount > 0 else "debit"


def centavos(amount: Decimal) -> int:
    return int(amount.scaleb(2))


def opened_at(account: SimulatedAccount) -> datetime:
    return datetime.combine(account.ledger.opened_on, time(), BRASILIA)


def _realm(call: Call) -> str:
    return f"https://{call.request.url.host}/auth/realms/stone_bank"


def _is_named(call: Call) -> bool:
    """Whether the caller gives its name in the header that Stone demands."""
    return bool(call.request.headers.get("user-agent", "").strip())


def _client_claims(form: Mapping[str, str], edition: str) -> set[str]:
    """The claims in which an assertion must name the client.

    The bank's own libraries write one of them in another way. The older edition knows no issuer; one that is there
    must be right all the same.
    """
    try:
        told = jwt.decode(form.get("client_assertion", ""), options={"verify_signature": False})
    except jwt.InvalidTokenError:
        told = {}
    named = "client_id" if "client_id" in told and "clientId" not in told else "clientId"
    return {"sub", named, *(("iss",) if edition == "present" or "iss" in told else ())}
