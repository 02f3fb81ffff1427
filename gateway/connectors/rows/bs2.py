"""Rows of Banco BS2's statement.

Times are local without offset; amounts have no sign; banks, branches and accounts are numbers that lost their zeros.
Codes are numbers or texts, so that nearly every field may be of either form. A check digit stays.

Sources: contracts/banks/bs2/NOTES.md.
"""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Raw, Struct

from gateway.connectors import fields, parties, wording
from gateway.connectors.rows import Content
from gateway.connectors.tables import Sides
from gateway.entry_ids import row_id
from gateway.model import Counterparty, Movement, TransactionType

__all__ = ["Row", "movements", "protocol_of"]

TYPES = {
    "2": TransactionType.TED,
    "10": TransactionType.PIX,
    "11": TransactionType.PIX,
    "16": TransactionType.PIX,
    "17": TransactionType.PIX,
    "18": TransactionType.PIX,
    "20": TransactionType.TARIFA_SERVICOS_AVULSOS,
}
"""The values of `tipoCategoria` that are known; the bank's list is longer; the text decides of the rest."""

PARTY = ("nome", "documento", "banco", "ispb", "nomeBanco", "agencia", "conta")
"""What is read of the other party; other texts of it join the description."""

SIDES = Sides({"2"}, {"1"})
"""`tipoMovimentacao` as recorded, a number, and as the portal describes it, a letter or a word."""


class Row(Struct, frozen=True):
    """One row of `movimentacoes`."""

    movimentadoEm: str
    written: Raw = msgspec.field(name="valor")
    tipoMovimentacao: Any = None
    protocolo: Any = None
    tipoCategoria: Any = None
    descricao: Any = None
    descricaoAbreviada: Any = None
    documento: Any = None
    observacao: Any = None
    remetente: Any = None
    favorecido: Any = None
    pix: Any = None

    @property
    def direction(self) -> str:
        """The code or word for credit or debit, without the zeros before it."""
        return fields.code(self.tipoMovimentacao).lstrip("0")

    @property
    def valor(self) -> Decimal:
        """The amount without sign, a number or a text; a row is known by the same with a debit's minus and without.

        Raises:
            ValueError: it is neither, or is no debit and has a minus sign.
        """
        return SIDES.size(fields.told_reais(self.written), self.direction)


def movements(rows: Iterable[Row], content: Content) -> Iterator[Movement]:
    """Each row as a movement; the sign comes from `tipoMovimentacao`."""
    for row in rows:
        booked_at = fields.local_instant(row.movimentadoEm)
        sides = (row.remetente, row.favorecido) if SIDES.is_credit(row.direction) else (row.favorecido, row.remetente)
        other, own = (fields.mapping(side, text="nome") for side in sides)
        party = _counterparty(other)
        # The own side is the holder's, if both are told.
        more = wording.texts_within([other, own]) if party is None else wording.texts_within(other, without=PARTY)
        yield Movement(
            date=booked_at.date(),
            amount=SIDES.signed(row.valor, row.direction),
            content=content(row),
            type=_type(row),
            description=wording.composed(_description(row), *parties.unshown(party, other.get("documento")), *more),
            booked_at=booked_at if fields.has_time(row.movimentadoEm) else None,
            document=fields.nonzero(row.documento) or None,
            bank_id=protocol_of(row),
            end_to_end_id=wording.end_to_end_id(*wording.texts_within(row.pix)),
            note=wording.text_of(row.observacao) or None,
            counterparty=party,
        )


def protocol_of(row: Row) -> str | None:
    """The bank's id of the row; some rows have none, or zeros."""
    return row_id(fields.code(row.protocolo))


def _type(row: Row) -> TransactionType:
    """By category, else by text."""
    by_text = wording.kind_of(row.descricao, row.descricaoAbreviada, *wording.texts_within(row.tipoCategoria))
    return TYPES.get(fields.code(row.tipoCategoria).lstrip("0"), by_text)


def _description(row: Row) -> str:
    """What the bank calls the movement, at length and in short, then what its author wrote about it, and the rest."""
    texts = (row.descricao, row.descricaoAbreviada, row.observacao)
    named = (text for text in wording.texts_within(row.tipoCategoria) if not text.strip().isdecimal())
    more = (text for text in wording.texts_within(row.pix) if wording.end_to_end_id(text) is None)
    return wording.composed(*texts, *named, *more)


def _counterparty(party: dict[str, Any]) -> Counterparty | None:
    return parties.counterparty(
        name=party.get("nome"),
        tax_ids=[party.get("documento")],
        bank=_restored(party.get("banco"), 3),
        ispb=party.get("ispb"),
        bank_name=party.get("nomeBanco"),
        branch=_restored(party.get("agencia"), 4),
        account=_restored(party.get("conta"), 0),
    )


def _restored(value: Any, width: int) -> str | None:
    """A number with the zeros it lost, 0 standing for unknown; a text with other characters as it came."""
    text = fields.code(value)
    if not text.strip("0 .-/"):
        return None
    return fields.digits(text).zfill(width) if text.isdecimal() else text
