"""Rows of Conta Stone's statement.

`amount` is signed, includes the fee, and two pages of the reference disagree on that, so the difference of the running
balances is what moved. Nearly every type of entry has a form of its own: a table of the types, and where each names the
other party, the document and the text. There is hardly any text of the bank's own, so the description is composed.

Sources: contracts/banks/stone/NOTES.md.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from operator import attrgetter
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from gateway.connectors import fields, parties, wording
from gateway.connectors.kept import Kept
from gateway.connectors.rows import ENCODER, Content, Details
from gateway.connectors.tables import Kinds, Words
from gateway.entry_ids import row_id
from gateway.model import BRASILIA, Counterparty, Movement, TransactionType

__all__ = ["Centavos", "Row", "movements"]

TYPES = {
    "pix_payment": (TransactionType.PIX, "Pix recebido"),
    "outbound_pix_payment": (TransactionType.PIX, "Pix enviado"),
    "refund_for_pix_payment": (TransactionType.PIX, "Devolução de Pix recebido"),
    "refund_reversal_for_pix_payment": (TransactionType.PIX, "Estorno de devolução de Pix"),
    "refund_for_outbound_pix_payment": (TransactionType.PIX, "Devolução de Pix enviado"),
    "instant_payment": (TransactionType.PIX, "Pagamento instantâneo"),
    "external": (TransactionType.TED, "TED"),
    "external_refund": (TransactionType.TED, "Devolução de TED"),
    "internal": (TransactionType.TRANSFERENCIA_MESMA_INSTITUICAO, "Transferência entre contas Stone"),
    "payment": (TransactionType.BOLETO, "Pagamento de boleto"),
    "payment_refund": (TransactionType.BOLETO, "Devolução de pagamento de boleto"),
    "inbound_barcode_payment": (TransactionType.BOLETO, "Recebimento de boleto"),
    "card_payment": (TransactionType.CARTAO, "Recebíveis de cartão"),
    "outbound_stone_prepaid_card_payment": (TransactionType.CARTAO, "Compra com cartão Stone"),
    "outbound_stone_prepaid_card_payment_refund": (TransactionType.CARTAO, "Estorno de compra com cartão Stone"),
    "outbound_stone_prepaid_card_payment_chargeback": (TransactionType.CARTAO, "Chargeback de cartão Stone"),
    "outbound_stone_prepaid_card_withdrawal": (TransactionType.SAQUE, "Saque com cartão Stone"),
    "outbound_stone_prepaid_card_withdrawal_refund": (TransactionType.SAQUE, "Estorno de saque com cartão Stone"),
    "payroll": (TransactionType.FOLHA_PAGAMENTO, "Folha de pagamento"),
    "salary": (TransactionType.FOLHA_PAGAMENTO, "Salário"),
    "sallary": (TransactionType.FOLHA_PAGAMENTO, "Salário"),
    "salary_portability": (TransactionType.PORTABILIDADE_SALARIO, "Portabilidade de salário"),
    "salary_portability_refund": (TransactionType.PORTABILIDADE_SALARIO, "Devolução de portabilidade de salário"),
    "salary_portability_employer_refund": (TransactionType.PORTABILIDADE_SALARIO, "Devolução de salário ao empregador"),
    "loan_payment": (TransactionType.OPERACAO_CREDITO, "Empréstimo"),
    "loan_payments": (TransactionType.OPERACAO_CREDITO, "Empréstimo"),
    "balance_block": (TransactionType.OUTROS, "Bloqueio de saldo"),
    "balance_blocked": (TransactionType.OUTROS, "Bloqueio de saldo"),
    "balance_unblocked": (TransactionType.OUTROS, "Desbloqueio de saldo"),
}
"""An open list: a type that is not here is OUTROS under its own name. The bank writes some names in two ways."""
BLOCKS = frozenset({"balance_block", "balance_blocked", "balance_unblock", "balance_unblocked"})
WORDS = Kinds(
    {
        TransactionType.PIX: ("pix",),
        TransactionType.TED: ("ted",),
        TransactionType.CARTAO: ("card",),
        TransactionType.BOLETO: ("boleto", "barcode"),
        TransactionType.TARIFA_SERVICOS_AVULSOS: ("fee",),
        TransactionType.FOLHA_PAGAMENTO: ("payroll", "salary"),
        TransactionType.OPERACAO_CREDITO: ("loan",),
        TransactionType.SAQUE: ("withdrawal",),
        TransactionType.DEPOSITO: ("deposit",),
        TransactionType.TRANSFERENCIA_MESMA_INSTITUICAO: ("internal",),
    },
    by=Words,
)
"""By a word of a type that is not in the list, the first that it has; the bank has more types than it lists."""
CARDS = {"debit": "débito", "credit": "crédito"}
OF_PARTIES = frozenset({"entity", "account", "institution"})
"""Parts of the object of a party; one without them is the entity itself."""

PAYEE, PAYER = ("recipient_name", "recipient_cpf_cnpj", "bank_name"), "payer_"
"""In the details of a boleto: names of what tells its payee, and how those of what tells its payer begin."""
NOT_SENT = (None,) * 5

Centavos = Annotated[int, Meta(gt=-(10**18), lt=10**18)]
Instant = Annotated[datetime, Meta(tz=True)]


class Said(Struct, frozen=True, omit_defaults=True, gc=False):
    """What entries of the same kind may have in common."""

    counter_party: Any = None
    counterparty: Any = None
    counterparty_agent: Any = None
    source: Any = None
    target: Any = None
    payer: Any = None
    card_acceptor: Any = None
    title: Any = None
    subtitle: Any = None
    card_network_name: Any = None
    card_network_code: Any = None
    card_type: Any = None
    card_last_four_digits: Any = None
    acquirer: Any = None
    acquirer_name: Any = None
    description: Any = None
    reason: Any = None
    refund_reason_code: Any = None
    refund_reason_description: Any = None
    transaction_id: Any = None
    key: Any = None
    capture: Any = None


class Row(Said, frozen=True, kw_only=True):
    """One entry of `data`."""

    id: Annotated[str, Meta(min_length=1)]
    type: str
    amount: Centavos
    balance_before: Centavos
    balance_after: Centavos
    created_at: Instant
    fee_amount: Centavos | None = None
    details: Any = None
    writable_line: Any = None
    barcode: Any = None
    end_to_end_id: Any = None
    original_operation_entry: Any = None

    @property
    def is_credit(self) -> bool:
        """Whether money came."""
        return self.balance_after > self.balance_before


class Shared(Said, frozen=True, kw_only=True):
    """What the details of an entry are made of, which other entries may share: no id, no instant and no numbers."""

    type: str
    is_credit: bool
    details: Any = None


_said = attrgetter(*Said.__struct_fields__)


def movements(rows: Iterable[Row], content: Content) -> Iterator[Movement]:
    """Each row as a movement of what it changed in the balance."""
    for row in rows:
        booked_at = row.created_at.astimezone(BRASILIA)
        details = _details[ENCODER.encode(_shared(row))]
        document, end_to_end_id = _own(row)
        yield Movement(
            date=booked_at.date(),
            amount=_moved(row),
            content=content(row),
            type=details.type,
            description=f"{details.description} - {_fee(row)}" if row.fee_amount else details.description,
            booked_at=booked_at,
            document=document,
            balance=fields.centavos(row.balance_after),
            bank_id=row_id(row.id),
            end_to_end_id=end_to_end_id,
            note=details.note,
            counterparty=details.counterparty,
            blocked=details.blocked,
        )


def _shared(row: Row) -> Shared:
    """What other rows may have too; of the details of a boleto what names its other party."""
    members = fields.mapping(row.details).items() if row.details else ()
    details = {name: value for name, value in members if name in PAYEE or name.startswith(PAYER)}
    return Shared(*_said(row), type=row.type, is_credit=row.is_credit, details=details or None)


def _own(row: Row) -> tuple[str | None, str | None]:
    """The line of digits of a boleto and the end-to-end id of a Pix, which belong to the entry alone.

    A boleto has its own line before that of the boleto from which a loan was paid back.
    """
    written = row.details, row.end_to_end_id, row.writable_line, row.barcode, row.original_operation_entry
    if written == NOT_SENT:
        return None, None
    details, original = fields.mapping(row.details), fields.mapping(row.original_operation_entry)
    lines = row.writable_line, details.get("writable_line"), row.barcode, original.get("writable_line")
    end_to_end_id = wording.end_to_end_id(row.end_to_end_id, *wording.texts_within(row.details))
    return next(filter(None, map(fields.word, lines)), None), end_to_end_id


@Kept
def _details(sent: bytes) -> Details:
    """The details of a row, made of what it shares with others."""
    row = msgspec.json.decode(sent, type=Shared)
    kind, label = TYPES.get(_kind(row)) or (WORDS.of(row.type), row.type)
    party, tax_ids = _counterparty(row)
    return Details(
        type=kind,
        description=_description(row, label, party, tax_ids),
        note=wording.text_of(row.description) or None,
        counterparty=party,
        blocked=_kind(row) in BLOCKS,
    )


def _moved(row: Row) -> Decimal:
    """What the entry changed in the balance. `amount` must fit it, with or without the fee, whatever its sign."""
    moved, size, fee = row.balance_after - row.balance_before, abs(row.amount), row.fee_amount or 0
    if abs(moved) not in (size, size + fee, size - fee):
        raise ValueError("an amount does not fit the balances before and after it")
    return fields.centavos(moved)


def _fee(row: Row) -> str:
    """The fee that is in the amount, in words."""
    return f"tarifa de {fields.centavos(row.fee_amount or 0)}".replace(".", ",")


def _kind(row: Shared) -> str:
    """The type under the name that tells its direction: a boleto received has that of a boleto paid."""
    name = fields.fold(row.type).lower().replace(" ", "_")
    return "inbound_barcode_payment" if name == "payment" and row.is_credit else name


def _party(row: Shared) -> dict[str, Any]:
    """The object of the other party: Pix sent has one of its own form, and those of a Pix in other calls have two."""
    objects = row.counterparty_agent, row.counter_party, row.counterparty, row.source if row.is_credit else row.target
    party = fields.mapping(next(filter(None, objects), None), text="name")
    return party if OF_PARTIES & party.keys() else {"entity": party}


def _counterparty(row: Shared) -> tuple[Counterparty | None, list[str | None]]:
    """The other party from its object, and what stands for its tax id.

    A boleto names its payer or, in its details, its payee.
    """
    party = _party(row)
    entity, account, institution = (fields.mapping(party.get(part)) for part in ("entity", "account", "institution"))
    name, tax_id, bank_name = _boleto_party(row)
    tax_ids = [_document(entity), tax_id]
    found = parties.counterparty(
        name=fields.word(entity.get("name")) or name,
        tax_ids=tax_ids,
        ispb=_padded(institution.get("ispb"), parties.ISPB_DIGITS)
        or _padded(account.get("institution"), parties.ISPB_DIGITS),
        bank=fields.word(institution.get("compe")),
        bank_name=fields.first_text(institution.get("name"), account.get("institution_name"), bank_name),
        branch=fields.word(account.get("branch_code")),
        account=fields.word(account.get("account_code")),
    )
    return found, tax_ids


def _boleto_party(row: Shared) -> tuple[str | None, str | None, str | None]:
    """Who paid the boleto that came in, or was paid by the one that went out: name, document, and its bank's name."""
    payer, details = fields.mapping(row.payer), fields.mapping(row.details)
    if row.is_credit and not payer and _kind(row) == "inbound_barcode_payment":
        payer = {name.removeprefix(PAYER): value for name, value in details.items() if name.startswith(PAYER)}
        payer["document"] = payer.get("cpf_cnpj")
    if payer and row.is_credit:
        return fields.first_text(payer.get("legal_name"), payer.get("trade_name")), _document(payer), None
    name, tax_id, bank_name = map(details.get, PAYEE)
    return fields.word(name) or None, parties.written_tax_id(tax_id) or None, fields.word(bank_name) or None


def _document(owner: dict[str, Any]) -> str:
    return _padded(owner.get("document"), parties.tax_id_length(owner.get("document_type")))


def _padded(value: Any, digits: int) -> str:
    """A code as text. Tables of the reference call codes integers; as such they come without leading zeros."""
    text = fields.word(value)
    return text if isinstance(value, str) or not text else text.zfill(digits)


def _description(row: Shared, label: str, party: Counterparty | None, tax_ids: list[str | None]) -> str:
    """The kind of movement, who or what it was with, and the bank's own texts, as far as it has them."""
    shop = fields.mapping(row.card_acceptor)
    card = fields.code(row.card_last_four_digits)
    whom = (
        party.name if party else None,
        row.title,
        row.subtitle,
        wording.first_of(row.card_network_name, row.card_network_code),
        CARDS.get(fields.fold(row.card_type).lower(), row.card_type),
        wording.first_of(row.acquirer, row.acquirer_name),
        *(shop.get(name) for name in ("name", "city", "country")),
        f"final {card}" if card else None,
    )
    reason = wording.first_of(row.refund_reason_description, row.refund_reason_code)
    where = fields.mapping(row.capture).get("institution_name")
    texts = (row.description, row.reason, reason, row.transaction_id, row.key, where)
    return wording.composed(label, *whom, *texts, *parties.unshown(party, *tax_ids))
