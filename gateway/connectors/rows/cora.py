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

from msgspec import Struct

from gateway.connectors import fields, parties, wording
from gateway.connectors.rows import Content
from gateway.connectors.tables import Beginnings, Sides
from gateway.model import BRASILIA, Counterparty, Movement, TransactionType

__all__ = ["Centavos", "Row", "movements", "reais"]

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

SIDES = Sides(
    {"CREDIT", "CREDITO", "CR", "C", "ENTRADA", "UNBLOCK", "DESBLOQUEIO"},
    {"DEBIT", "DEBITO", "DB", "D", "SAIDA", "BLOCK", "BLOQUEIO"},
)
BLOCKS = frozenset({"BLOCK", "BLOQUEIO", "UNBLOCK", "DESBLOQUEIO"})
"""Words of `type`. Of any other the balances decide whether money came or went."""
PARTY = ("name", "identity")

Centavos = int | str


class Row(Struct, frozen=True):
    """One row of `entries`."""

    type: str
    amount: Centavos
    createdAt: str
    id: str | None = None
    transaction: Any = None
    counterParty: Any = None
    category: Any = None

    @property
    def size(self) -> Decimal:
        """Reais, without sign."""
        return fields.unsigned(reais(self.amount))

    @property
    def sign(self) -> int | None:
        """1 for a credit, -1 for a debit; None where `type` does not tell."""
        return SIDES.sign(self.type)

    @property
    def blocks(self) -> bool:
        """Whether the row only blocks money, or frees it."""
        return self.word in BLOCKS

    @property
    def word(self) -> str:
        """`type` for comparing."""
        return fields.fold(self.type)

    @property
    def has_time(self) -> bool:
        """Whether `createdAt` is an instant and not a plain date."""
        return len(self.createdAt.strip()) > len("2026-01-01")

    @property
    def moment(self) -> datetime:
        """The instant of booking in Brasília. Without an offset it is in UTC; a plain date stands for its beginning."""
        if self.has_time:
            moment = datetime.fromisoformat(self.createdAt.strip())
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(BRASILIA)
        return datetime.combine(date.fromisoformat(self.createdAt.strip()), time(), BRASILIA)


def movements(rows: Iterable[Row], content: Content, signs: Mapping[str, int]) -> Iterator[Movement]:
    """Each row as a movement; the sign comes from `type`, or from the balances where that tells none.

    Args:
        rows: in the order in which they are handed over.
        content: what a row is known by.
        signs: of rows whose `type` tells none, by `type` for comparing; 0 for what moved nothing.

    Raises:
        ValueError: the sign of a row is not known, or a row cannot be read.
    """
    for row in rows:
        sign = signs.get(row.word) if row.sign is None else row.sign
        if sign is None:
            raise ValueError(f"the type {row.type!r} is neither credit nor debit")
        if not sign:
            continue
        moment, detail = row.moment, fields.mapping(row.transaction)
        kind, description = _described(row, detail, credit=sign > 0)
        yield Movement(
            date=moment.date(),
            amount=sign * row.size,
            content=content(row),
            type=kind,
            description=description,
            booked_at=moment if row.has_time else None,
            bank_id=row.id or None,
            end_to_end_id=wording.end_to_end_id(*wording.texts_within(detail)),
            counterparty=_counterparty(detail, row),
            blocked=row.blocks or fields.fold(detail.get("type")) in BLOCKS,
        )


def reais(value: Centavos) -> Decimal:
    """Centavos, an integer or its digits, as reais."""
    if isinstance(value, str) and not re.fullmatch(r"-?[0-9]{1,17}", value):
        raise ValueError("an amount is not a whole number of centavos")
    return fields.centavos(int(value))


def _described(row: Row, detail: dict[str, Any], *, credit: bool) -> tuple[TransactionType, str]:
    """The type and the description: the bank's own text, else kind and party, and then all else that the row says."""
    kind = fields.optional_text(detail.get("type")) or ("" if row.sign and not row.blocks else row.type)
    own = fields.optional_text(detail.get("description")) or ""
    outer, inner = fields.mapping(row.counterParty), fields.mapping(detail.get("counterParty"))
    known = KINDS.find(kind)
    type_, received, sent = known or (wording.kind_of(own), kind, kind)
    party = fields.first_text(inner.get("name"), outer.get("name"))
    first = [own] if own else [received if credit else sent, party]
    rest = (
        "" if known else kind,
        "" if row.sign else row.type,
        *wording.texts_within(detail, without=("id", "type", "description", "counterParty")),
        *wording.texts_within(row.category),
        *wording.texts_within(inner, without=PARTY),
        *wording.texts_within(outer, without=PARTY),
    )
    more = (text for text in rest if wording.end_to_end_id(text) is None)
    other = fields.optional_text(outer.get("name"))
    identities = inner.get("identity"), outer.get("identity")
    unshown = parties.unshown(_counterparty(detail, row), *identities)
    return type_, wording.composed(*first, *more, "" if other == party else other, *unshown)


def _counterparty(detail: dict[str, Any], row: Row) -> Counterparty | None:
    """The other party as `transaction` names it, or what stands beside that."""
    named = [fields.mapping(detail.get("counterParty")), fields.mapping(row.counterParty)]
    return parties.counterparty(
        name=fields.first_text(*(party.get("name") for party in named)),
        tax_ids=[party.get("identity") for party in named],
    )
