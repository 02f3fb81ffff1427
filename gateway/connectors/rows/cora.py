"""Rows of Cora's statement.

Amounts are integer centavos; instants are in UTC with an offset of two digits; money that is blocked stands among the
rows. Kinds come in two languages, and a row says something of itself in many places, all of which are kept.

Sources: contracts/banks/cora/NOTES.md.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from gateway.connectors import fields, parties, wording
from gateway.connectors.kept import Kept
from gateway.connectors.rows import ENCODER, Content, Details
from gateway.connectors.tables import Beginnings, Sides
from gateway.entry_ids import row_id
from gateway.model import BRASILIA, Movement, TransactionType

__all__ = ["Booked", "Centavos", "Row", "meant", "movements", "reais"]

KINDS = Beginnings(
    (text, called)
    for called, *texts in (
        ((TransactionType.PIX, "Pix recebido", "Pix enviado"), "PIX"),
        ((TransactionType.TED, "Transferência recebida", "Transferência enviada"), "TRANSFER", "TED "),
        ((TransactionType.BOLETO, "Boleto recebido", "Boleto pago"), "BOLETO", "BANK_SLIP", "BANKSLIP", "INVOICE"),
        ((TransactionType.BOLETO, "Pagamento recebido", "Pagamento efetuado"), "PAYMENT", "PAGAMENTO "),
        ((TransactionType.TARIFA_SERVICOS_AVULSOS, "Tarifa devolvida", "Tarifa"), "FEE", "TARIFA"),
        ((TransactionType.CARTAO, "Crédito de cartão", "Compra com cartão"), "CARD", "DEBIT_CARD", "CREDIT_CARD"),
        ((TransactionType.SAQUE, "Saque devolvido", "Saque"), "WITHDRAW", "SAQUE"),
        ((TransactionType.DEPOSITO, "Depósito", "Depósito devolvido"), "DEPOSIT"),
        ((TransactionType.RENDIMENTO_APLIC_FINANCEIRA, "Rendimento", "Rendimento estornado"), "YIELD", "RENDIMENTO"),
        ((TransactionType.OUTROS, "Bloqueio de saldo devolvido", "Bloqueio de saldo"), "BLOCK"),
        ((TransactionType.OUTROS, "Desbloqueio de saldo", "Desbloqueio de saldo devolvido"), "UNBLOCK"),
    )
    for text in texts
)
"""By how the kind begins: type, and what a credit and a debit are called. An open list: the text of a kind that is not
here decides, and what that does not tell is OUTROS under its own name."""

SIDES = Sides({"UNBLOCK", "DESBLOQUEIO"}, {"BLOCK", "BLOQUEIO"})
BLOCKS = frozenset({"BLOCK", "BLOQUEIO", "UNBLOCK", "DESBLOQUEIO"})
"""Words of `type`. Of any other the balances decide whether money came or went."""
PARTY = ("name", "identity")
PARTIES = ("counterParty", "counterparty")
"""Names of the other party, within the transaction or beside it; the bank documents the first."""
_DIGITS = re.compile(r"-?[0-9]{1,17}")

Centavos = int | str


class Row(Struct, frozen=True, gc=False):
    """One row of `entries`."""

    type: str
    amount: Centavos
    createdAt: str
    id: str | int | None = None
    transaction: Any = None
    counterParty: Any = None
    counterparty: Any = None
    category: Any = None
    description: Any = None
    title: Any = None

    @property
    def bank_id(self) -> str | None:
        """The bank's id; None where there is none that names the row alone."""
        return row_id(self.id)


class Booked(Struct, frozen=True, gc=False):
    """A row and what its fields mean, which the conversation and the movement both need."""

    row: Row
    moment: datetime
    """The instant of booking in Brasília; of a plain date its beginning."""
    has_time: bool
    """Whether `createdAt` is an instant and not a plain date."""
    day: date
    size: Decimal
    """Reais, without sign."""
    word: str
    """`type` for comparing."""
    sign: int | None
    """1 for a credit, -1 for a debit; None where `type` does not tell."""

    @classmethod
    def of(cls, row: Row) -> "Booked":
        """The row, read.

        Raises:
            ValueError: it cannot be.
        """
        if not (word := fields.fold(row.type)):
            # Rows of one unknown type went one way, or moved nothing. Those of none need not have.
            raise ValueError("an entry has no type")
        created = row.createdAt.strip()
        if has_time := fields.has_time(created):
            moment = datetime.fromisoformat(created.upper())
            # Without an offset it is in UTC.
            moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(BRASILIA)
        else:
            moment = datetime.combine(fields.day(created), time(), BRASILIA)
        value = reais(row.amount)
        size = SIDES.size(value, row.type)
        if value < 0:
            # Known by the same content with the minus and without.
            row = replace(row, amount=-int(row.amount))
        return cls(row, moment, has_time, moment.date(), size, word, SIDES.sign(row.type))

    @property
    def blocks(self) -> bool:
        """Whether the row only blocks money, or frees it."""
        return self.word in BLOCKS


def meant(booked: Booked, content: Content, *, moves: bool) -> Movement | Booked:
    """The movement that a row is, which takes less memory; the row where its sign or whether it moves is not known."""
    return _movement(booked, content, came=booked.sign > 0) if moves and booked.sign else booked


def movements(rows: Iterable[Movement | Booked], content: Content, signs: Mapping[str, int]) -> Iterator[Movement]:
    """Each row as a movement; the sign comes from `type`, or from the balances where that tells none.

    Args:
        rows: the rows in the order in which they are handed over; some may be movements already.
        content: what a row is known by.
        signs: of rows whose `type` tells none, by `type` for comparing; 0 for what moved nothing.

    Raises:
        ValueError: the sign of a row is not known, or a row cannot be read.
    """
    for each in rows:
        if isinstance(each, Movement):
            yield each
            continue
        sign = signs.get(each.word) if each.sign is None else each.sign
        if sign is None:
            raise ValueError(f"the type {each.row.type!r} is neither credit nor debit")
        if sign:
            yield _movement(each, content, came=sign > 0)


def _movement(booked: Booked, content: Content, *, came: bool) -> Movement:
    """A row as a movement by which money came or went."""
    row = booked.row
    detail = fields.mapping(row.transaction, text="description")
    if "id" in detail and wording.end_to_end_id(detail["id"]) is None:
        # It means nothing to a reader, and no two rows share it.
        detail = {**detail, "id": None}
    beside = row.counterParty or row.counterparty, row.category, row.description, row.title
    details = _details[ENCODER.encode((row.type, came, detail, *beside))]
    return Movement(
        date=booked.day,
        amount=booked.size if came else -booked.size,
        content=content(row),
        type=details.type,
        description=details.description,
        booked_at=booked.moment if booked.has_time else None,
        bank_id=row.bank_id,
        end_to_end_id=details.end_to_end_id,
        counterparty=details.counterparty,
        blocked=booked.blocks or details.blocked,
    )


def reais(value: Centavos) -> Decimal:
    """Centavos, an integer or its digits, as reais."""
    if isinstance(value, str) and not _DIGITS.fullmatch(value.strip()):
        raise ValueError("an amount is not a whole number of centavos")
    return fields.centavos(int(value))


@Kept
def _details(sent: bytes) -> Details:
    """The details of a row: the bank's own text, else kind and party, and then all else.

    Args:
        sent: its type, whether money came, its transaction, its other party, its category and its texts, as JSON.
    """
    named, credit, detail, party_beside, category, *texts_beside = msgspec.json.decode(sent)
    tells_sign, blocks = SIDES.sign(named) is not None, fields.fold(named) in BLOCKS
    kind = wording.text_of(detail.get("type")) or ("" if tells_sign and not blocks else named)
    texts = [*filter(None, map(wording.text_of, (detail.get("description"), *texts_beside))), ""]
    within = next(filter(detail.get, PARTIES), "")
    outer, inner = (fields.mapping(party, text="name") for party in (party_beside, detail.get(within)))
    known = KINDS.find(kind)
    type_, came, went = known or (wording.kind_of(texts[0]), kind, kind)
    party = wording.first_of(inner.get("name"), outer.get("name"))
    first = texts if texts[0] else [came if credit else went, party]
    more = {name: value for name, value in detail.items() if name not in {"id", "type", "description", within}}
    numbers = {name: value for name, value in more.items() if wording.is_number(value)}
    rest = (
        "" if known else kind,
        "" if tells_sign else named,
        *wording.texts_within(more),
        *wording.named_texts(numbers),
        *wording.texts_within(category),
        *wording.texts_within(inner, without=PARTY),
        *wording.texts_within(outer, without=PARTY),
    )
    others = (text for text in rest if wording.end_to_end_id(text) is None)
    other = wording.text_of(outer.get("name"))
    identities = [each.get("identity") for each in (inner, outer)]
    counterparty = parties.counterparty(name=party, tax_ids=identities)
    unshown = parties.unshown(counterparty, *identities)
    return Details(
        type=type_,
        description=wording.composed(*first, *others, "" if other == party else other, *unshown),
        end_to_end_id=wording.end_to_end_id(*wording.texts_within(detail)),
        counterparty=counterparty,
        blocked=fields.fold(detail.get("type")) in BLOCKS,
    )
