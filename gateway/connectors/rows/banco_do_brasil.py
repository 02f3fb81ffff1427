"""Rows of Banco do Brasil's list: movements, balances, limits, and what is still to come.

What a row is follows from its stage, its history code and its document number, never from its text. Dates are integers
without the leading zero of the day; a number of zeros stands for what the bank does not tell.

Sources: contracts/banks/banco_do_brasil/NOTES.md.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from enum import Enum, auto

from msgspec import Struct

from gateway.connectors import fields, parties
from gateway.connectors.rows import Content
from gateway.connectors.tables import Sides
from gateway.model import Counterparty, Movement, Period, TransactionType

__all__ = [
    "CLOSING",
    "Kind",
    "NumberOrText",
    "Row",
    "amount_of",
    "day_of",
    "kind_of",
    "movements",
    "moves",
    "number_of",
    "stage_of",
]

TYPES = {
    109: TransactionType.BOLETO,
    144: TransactionType.PIX,
    170: TransactionType.TARIFA_SERVICOS_AVULSOS,
    258: TransactionType.TARIFA_SERVICOS_AVULSOS,
    393: TransactionType.TED,
    435: TransactionType.PACOTE_TARIFA_SERVICOS,
    470: TransactionType.TRANSFERENCIA_MESMA_INSTITUICAO,
    624: TransactionType.BOLETO,
    821: TransactionType.PIX,
    830: TransactionType.DEPOSITO,
    870: TransactionType.TRANSFERENCIA_MESMA_INSTITUICAO,
    976: TransactionType.TED,
}
"""By history code. The bank publishes no list; what is not here is OUTROS."""

SIDES = Sides({"C", "CREDITO"}, {"D", "DEBITO"})
LENGTHS = {"F": 11, "J": 14}
"""Digits of a tax id by the first letter of the kind of person."""
OPENING, CLOSING = 0, 999
"""History codes of balances. The first is that of "Saldo Anterior" and of a balance after a day alike."""
BOOKED, FUTURE, PROCESSING = "1", "2", "3"
BALANCES = frozenset({"SA", "RA", "LE", "AP", "SD", "LD", "LC", "LU"})
"""Stages of rows that tell a balance or a limit of the present."""

NumberOrText = int | str | None
"""A field that one source declares a number and another one a text."""


class Row(Struct, frozen=True):
    """One row of `listaLancamento`, with the names of the OpenAPI document and of the portal's table."""

    dataLancamento: NumberOrText = None
    valorLancamento: Decimal | None = None
    indicadorSinalLancamento: str | None = None
    indicadorTipoLancamento: NumberOrText = None
    codigoHistorico: NumberOrText = None
    numeroDocumento: NumberOrText = None
    textoDescricaoSubHistorico: NumberOrText = None
    textoDescricaoHistorico: NumberOrText = None
    textoInformacaoComplementar: NumberOrText = None
    textoCampoIndeterminado: NumberOrText = None
    numeroCadastroPessoaFisicaCadastroNacPessoasJuridicasContrapartida: NumberOrText = None
    indicadorTipoPessoaContrapartida: str | None = None
    codigoBancoContrapartida: NumberOrText = None
    numeroISPB: NumberOrText = None
    codigoAgenciaContrapartida: NumberOrText = None
    numeroContaContrapartida: NumberOrText = None
    textoDigitoVerificadorContaContrapartida: NumberOrText = None


class Kind(Enum):
    """What a row is."""

    BOOKED = auto()
    PROCESSING = auto()
    BALANCE = auto()
    ASIDE = auto()
    UNKNOWN = auto()


def movements(rows: Iterable[Row], content: Content, days: Period, *, taken: bool) -> Iterator[Movement]:
    """Each movement; rows that only tell a balance, a limit or what is to come are none.

    Args:
        rows: in the bank's order.
        content: what a row is known by, given it, its day and its amount.
        days: those that were asked for; what is being processed on another day is left out.
        taken: whether the balances have shown that rows of unknown stage are movements.
    """
    for row in rows:
        kind = kind_of(row)
        if kind not in {Kind.BOOKED, Kind.PROCESSING} and not taken:
            continue
        day, party = day_of(row), _counterparty(row)
        if kind is Kind.PROCESSING and day not in days:
            continue
        yield Movement(
            date=day,
            amount=amount_of(row),
            content=content(row, day.isoformat(), row.valorLancamento),
            type=TYPES.get(number_of(row.codigoHistorico) or 0, TransactionType.OUTROS),
            description=" - ".join(filter(None, (_description(row), *parties.unshown(party, _tax_id(row))))),
            document=_unless_zero(row.numeroDocumento) or None,
            counterparty=party,
            provisional=kind is Kind.PROCESSING,
        )


def kind_of(row: Row) -> Kind:
    """What a row is, whatever its text says. The stages are an open list; balances tell what a row of another is."""
    stage = stage_of(row)
    if _sign(row) == "*" or stage in BALANCES or stage == FUTURE:
        return Kind.ASIDE
    if number_of(row.codigoHistorico) in {OPENING, CLOSING} and not _unless_zero(row.numeroDocumento):
        return Kind.BALANCE if stage == BOOKED else Kind.ASIDE
    return {BOOKED: Kind.BOOKED, PROCESSING: Kind.PROCESSING}.get(stage, Kind.UNKNOWN)


def stage_of(row: Row) -> str:
    """The stage, for comparing; empty where there is none."""
    return fields.fold(_unless_zero(row.indicadorTipoLancamento)).replace(" ", "")


def moves(row: Row) -> bool:
    """Whether a row may be a movement."""
    return kind_of(row) in {Kind.BOOKED, Kind.PROCESSING, Kind.UNKNOWN}


def amount_of(row: Row) -> Decimal:
    """The amount of a movement or a balance, with its sign."""
    if row.valorLancamento is None:
        raise ValueError("it has no amount")
    value = fields.unsigned(fields.reais(row.valorLancamento))
    return SIDES.signed(value, _sign(row)) if value else value


def _sign(row: Row) -> str:
    return (row.indicadorSinalLancamento or "").strip()


def day_of(row: Row) -> date:
    """The day of `1092026`, with or without the leading zero."""
    digits = _unless_zero(row.dataLancamento)
    if not re.fullmatch(r"[0-9]{7,8}", digits):
        raise ValueError("a date is not DDMMAAAA")
    return date(int(digits[-4:]), int(digits[-6:-4]), int(digits[:-6]))


def _unless_zero(value: NumberOrText) -> str:
    """A number or a text as a text; nothing for zero, which stands for what the bank does not tell."""
    text = "" if value is None else str(value).strip()
    return text if text.strip("0") else ""


def number_of(value: NumberOrText) -> int | None:
    """A number or the digits of a text as a number; None for anything else."""
    text = "" if value is None else str(value).strip()
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else None


def _counterparty(row: Row) -> Counterparty | None:
    """All but the name, which has no field; the complement's tail is cut and may be anything."""
    number, digit = _unless_zero(row.numeroContaContrapartida).lstrip("0"), row.textoDigitoVerificadorContaContrapartida
    return parties.counterparty(
        tax_ids=[_tax_id(row)],
        bank=_padded(row.codigoBancoContrapartida, 3),
        ispb=_unless_zero(row.numeroISPB),
        branch=_padded(row.codigoAgenciaContrapartida, 4),
        account=f"{number}{'' if digit is None else str(digit).strip()}" if number else None,
    )


def _description(row: Row) -> str:
    """All texts of a row, each once."""
    texts = (
        *(row.textoDescricaoSubHistorico, row.textoDescricaoHistorico),
        *(row.textoInformacaoComplementar, row.textoCampoIndeterminado),
    )
    written = (fields.optional_text(str(text)) for text in texts if text is not None)
    return " - ".join(dict.fromkeys(filter(None, written)))


def _padded(value: NumberOrText, length: int) -> str | None:
    return text.zfill(length) if (text := _unless_zero(value)) else None


def _tax_id(row: Row) -> str | None:
    """A CPF or CNPJ as text. A number has lost its leading zeros, and only the kind of person tells how many."""
    plain = _unless_zero(row.numeroCadastroPessoaFisicaCadastroNacPessoasJuridicasContrapartida)
    length = LENGTHS.get(fields.fold(row.indicadorTipoPessoaContrapartida or "")[:1], 0)
    if length and plain.isdecimal():
        plain = plain.lstrip("0").zfill(length)
    return plain or None
