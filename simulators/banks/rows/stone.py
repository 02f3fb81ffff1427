"""Rows of Conta Stone: a movement has another form for almost every one of its types."""

import base64
import uuid
from datetime import UTC, datetime, time
from typing import Any

from simulators.clock import BRASILIA
from simulators.forms import centavos, is_person
from simulators.ledger import LedgerEntry, Party
from simulators.world import SimulatedAccount

__all__ = [
    "KINDS",
    "NAMING",
    "TED_FEE",
    "cursor_to",
    "described",
    "entry_id",
    "id_in",
    "opened_at",
    "operation_of",
    "row_of",
    "told_of_party",
    "type_of",
]

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
CURSOR_MARK = b"\xfb\xff"
"""Gives every cursor characters that must be percent-encoded."""
WITHOUT_OPERATION = frozenset(
    {"card_payment", "loan_payment", "loan_payments", "balance_blocked", "balance_unblocked"}
    | {"salary", "salary_portability", "salary_portability_refund"}
)
"""Types whose entries do not tell the operation behind them."""


def row_of(account: SimulatedAccount, entry: LedgerEntry, *, with_fee: bool) -> dict[str, Any]:
    """One entry; `with_fee` says whether its amount includes the fee of the operation."""
    kind, amount, after = type_of(entry), centavos(entry.amount), centavos(entry.balance)
    row: dict[str, Any] = {
        "id": entry_id(account, entry),
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
        if not with_fee:
            row["amount"] = amount + fee
    if received:
        row["beneficiary"] = _owner(account.holder_name, account.holder_tax_id)
    return row | _particulars(kind, entry) | entry.detail


def entry_id(account: SimulatedAccount, entry: LedgerEntry) -> str:
    """The bank's id of an entry."""
    return entry.bank_id or str(uuid.uuid5(uuid.NAMESPACE_OID, f"stone/{account.number}/{entry.serial}"))


def cursor_to(account: SimulatedAccount, entry: LedgerEntry) -> str:
    """The cursor that names an entry."""
    return base64.b64encode(CURSOR_MARK + entry_id(account, entry).encode()).decode()


def id_in(cursor: str) -> str:
    """The id of the entry that a cursor names.

    Raises:
        ValueError: it is no cursor.
    """
    return base64.b64decode(cursor, validate=True).removeprefix(CURSOR_MARK).decode()


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
    """A boleto that was paid to the account: the payer in a form of its own, and no details."""
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
    document_type = "cpf" if is_person(party.tax_id) else "cnpj"
    return {"name": party.name, "document": party.tax_id, "document_type": document_type}


def described(account: SimulatedAccount) -> dict[str, str]:
    """The account itself."""
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
    """The bank's type of a movement."""
    return str(entry.detail.get("type") or KINDS[entry.type, entry.amount > 0])


def told_of_party(entry: LedgerEntry) -> frozenset[str]:
    """What a row that names the other party tells of it; COMPE codes stand only where a Pix was sent."""
    where = {"name", "ispb", "bank_name", "branch", "account"}
    match type_of(entry):
        case "payment":
            return frozenset({"name", "tax_id"} | ({"bank_name"} if entry.amount < 0 else set()))
        case "internal":
            return frozenset(where)
        case "outbound_pix_payment":
            return frozenset(where | {"tax_id", "bank"})
        case _:
            return frozenset(where | {"tax_id"})


def operation_of(entry: LedgerEntry) -> str:
    """The direction of a movement."""
    return "credit" if entry.amount > 0 else "debit"


def opened_at(account: SimulatedAccount) -> datetime:
    """The instant the account was opened."""
    return datetime.combine(account.ledger.opened_on, time(), BRASILIA)
