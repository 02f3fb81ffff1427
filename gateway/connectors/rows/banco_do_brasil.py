"""Rows of Banco do Brasil's list: movements, balances, limits, and what is still to come.

What a row is follows from its stage, its history code and its document number. Its text decides only where it
contradicts the code, or where there is no code. Dates are integers without the leading zero of the day; a number of
zeros stands for what the bank does not tell.

Long because the names and forms of two versions are read in one place.

Sources: contracts/banks/banco_do_brasil/NOTES.md.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from enum import Enum, auto
from typing import Any

from msgspec import Raw, Struct

from gateway.connectors import fields, parties, wording
from gateway.connectors.rows import Content
from gateway.connectors.tables import Sides
from gateway.model import Counterparty, Movement, Period, TransactionType

__all__ = [
    "Kind",
    "NumberOrText",
    "Row",
    "amount_of",
    "day_of",
    "doubt_of",
    "ends_list",
    "kind_of",
    "movements",
    "moves",
    "value_of",
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
"""By history code. The bank publishes no list; the text tells what is not here."""

SIDES = Sides()
OPENING, CLOSING = 0, 999
"""History codes of balances. The first is that of "Saldo Anterior" and of a balance after a day alike."""
BOOKED, FUTURE, PROCESSING = "1", "2", "3"
BALANCES = frozenset({"SA", "RA", "LE", "AP", "SD", "LD", "LC", "LU"})
"""Stages of rows that tell a balance or a limit of the present."""

CHAINED = frozenset({"SALDO", "SALDOANTERIOR", "SALDOANT", "SALDOINICIAL", "SALDODODIA", "SALDODIA", "SALDOFINAL"})
"""Texts of balances to which the rows lead, without blanks."""

NumberOrText = int | float | str | None
"""A field that one source declares a number and another one a text."""


class Row(Struct, frozen=True):
    """One row of `listaLancamento`, with the names of the OpenAPI document and of the portal's table."""

    dataLancamento: NumberOrText = None
    dataMovimento: Any = None
    valorLancamento: Raw = Raw()
    indicadorSinalLancamento: str | None = None
    indicadorTipoLancamento: NumberOrText = None
    codigoHistorico: NumberOrText = None
    numeroDocumento: NumberOrText = None
    textoDescricaoSubHistorico: Any = None
    textoDescricaoHistorico: Any = None
    textoInformacaoComplementar: Any = None
    textoCampoIndeterminado: Any = None
    numeroCadastroPessoaFisicaCadastroNacPessoasJuridicasContrapartida: Any = None
    indicadorTipoPessoaContrapartida: Any = None
    codigoBancoContrapartida: Any = None
    numeroISPB: Any = None
    codigoAgenciaContrapartida: Any = None
    numeroContaContrapartida: Any = None
    textoDigitoVerificadorContaContrapartida: Any = None
    textoIdentificadorUnicoTransacao: Any = None
    TextoIdentificadorUnicoTransacao: Any = None
    # The same things under the names of v1 and of its later texts.
    numeroCpfCnpjContrapartida: Any = None
    textoDvContaContrapartida: Any = None
    codigoIdentificadorSistemaPagamento: Any = None
    CodigoIdentificadorSistemaPagamento: Any = None


class Kind(Enum):
    """What a row is."""

    BOOKED = auto()
    PROCESSING = auto()
    BALANCE = auto()
    ASIDE = auto()
    UNKNOWN = auto()


def movements(
    rows: Iterable[Row], content: Content, days: Period, *, taken: bool = False, undecided: bool = False
) -> Iterator[Movement]:
    """Each movement; rows that only tell a balance, a limit or what is to come are none.

    Args:
        rows: in the bank's order.
        content: what a row is known by, given it, its day and its amount.
        days: those that were asked for; what is being processed on another day is left out.
        taken: whether the balances have shown that doubtful rows are movements.
        undecided: whether nothing tells what doubtful rows are, so that they may still change.
    """
    for row in rows:
        kind = kind_of(row)
        if kind not in {Kind.BOOKED, Kind.PROCESSING} and not taken and not undecided:
            continue
        day, party = day_of(row), _counterparty(row)
        provisional = undecided or kind is Kind.PROCESSING
        if provisional and day not in days:
            continue
        yield Movement(
            date=day,
            amount=amount_of(row),
            content=content(row, day.isoformat(), value_of(row)),
            type=_type(row),
            description=" - ".join(filter(None, (_description(row), *parties.unshown(party, _tax_id(row))))),
            document=fields.nonzero(row.numeroDocumento) or None,
            end_to_end_id=_end_to_end_id(row),
            counterparty=party,
            provisional=provisional,
        )


def kind_of(row: Row) -> Kind:
    """What a row is. Stages and history codes are open lists; balances tell what a row of another one is."""
    stage = _stage(row)
    if _sign(row) == "*" or stage in BALANCES or stage == FUTURE:
        return Kind.ASIDE
    if not fields.nonzero(row.numeroDocumento):
        code, title = fields.number(row.codigoHistorico), _title(row)
        if title in CHAINED and stage in {BOOKED, ""}:
            return Kind.BALANCE
        if code in {OPENING, CLOSING} and (not title or title.startswith("SALDO")):
            return Kind.BALANCE if stage == BOOKED else Kind.ASIDE
        if code in {OPENING, CLOSING}:
            return Kind.ASIDE if stage != BOOKED or title.startswith("LIM") else Kind.UNKNOWN
        if stage not in {BOOKED, PROCESSING} and (title.startswith("LIMITE") or any(map(_names_balance, _texts(row)))):
            return Kind.ASIDE
    return {BOOKED: Kind.BOOKED, PROCESSING: Kind.PROCESSING}.get(stage, Kind.UNKNOWN)


def doubt_of(row: Row) -> str:
    """What makes a row of unknown kind doubtful: its stage, or a code of balances that its text contradicts."""
    stage = _stage(row)
    return f"{BOOKED} of the history {fields.number(row.codigoHistorico)}" if stage == BOOKED else stage


def ends_list(row: Row) -> bool:
    """Whether a balance is the one with which the bank ends a list."""
    code = fields.number(row.codigoHistorico)
    return code == CLOSING or (code is None and _title(row) == "SALDO")


def moves(row: Row) -> bool:
    """Whether a row may be a movement."""
    return kind_of(row) in {Kind.BOOKED, Kind.PROCESSING, Kind.UNKNOWN}


def amount_of(row: Row) -> Decimal:
    """The amount of a movement or a balance, with its sign; one that is written with a minus must be a debit."""
    value = value_of(row)
    return SIDES.signed(value, _sign(row)) if value else abs(value)


def value_of(row: Row) -> Decimal:
    """The amount of a row as the bank writes it, a number or a text."""
    return fields.told_reais(row.valorLancamento, fields.amount)


def _stage(row: Row) -> str:
    """The stage, for comparing; empty where there is none."""
    return fields.fold(fields.nonzero(row.indicadorTipoLancamento)).replace(" ", "").lstrip("0")


def _title(row: Row) -> str:
    """The text of a row for comparing, without blanks; empty where there is none."""
    return next(filter(None, (fields.fold(text).replace(" ", "") for text in _texts(row))), "")


def _texts(row: Row) -> tuple[Any, Any]:
    """The text of a row under each of its names."""
    return row.textoDescricaoSubHistorico, row.textoDescricaoHistorico


def _names_balance(text: Any) -> bool:
    return isinstance(text, str) and wording.names_balance(text)


def _sign(row: Row) -> str:
    """The direction, or what stands in the field of the stage where there is none: a client takes that for it."""
    sign, stage = (row.indicadorSinalLancamento or "").strip(), _stage(row)
    return sign or (stage if SIDES.sign(stage) else "")


def day_of(row: Row) -> date:
    """The day of `1092026`, with or without the leading zero, or in the other forms that clients expect."""
    return _day(fields.nonzero(row.dataLancamento))


def _day(written: str) -> date:
    if re.fullmatch(r"[0-9]{7,8}", written):
        return date(int(written[-4:]), int(written[-6:-4]), int(written[:-6]))
    return fields.day(written)


def _counterparty(row: Row) -> Counterparty | None:
    """All but the name, which has no field; the complement's tail is cut and may be anything."""
    number = fields.nonzero(row.numeroContaContrapartida).lstrip("0")
    digits = (row.textoDigitoVerificadorContaContrapartida, row.textoDvContaContrapartida)
    digit = next(filter(None, map(fields.code, digits)), "")
    systems = (row.numeroISPB, row.codigoIdentificadorSistemaPagamento, row.CodigoIdentificadorSistemaPagamento)
    return parties.counterparty(
        tax_ids=[_tax_id(row)],
        bank=_padded(row.codigoBancoContrapartida, 3),
        ispb=next(filter(None, map(fields.nonzero, systems)), ""),
        branch=_padded(row.codigoAgenciaContrapartida, 4),
        account=f"{number}{digit}" if number else None,
    )


def _description(row: Row) -> str:
    """All texts of a row, each once, and the day of a back-dated one."""
    texts = (
        *(row.textoDescricaoSubHistorico, row.textoDescricaoHistorico),
        *(row.textoInformacaoComplementar, row.textoCampoIndeterminado, _moved_on(row)),
    )
    return " - ".join(dict.fromkeys(filter(None, map(wording.text_of, texts))))


def _moved_on(row: Row) -> str:
    """The day of a movement that was booked on another one; empty where both are the same, or none is told."""
    if not (written := fields.nonzero(row.dataMovimento)):
        return ""
    try:
        day = _day(written)
    except ValueError:
        return f"dataMovimento {written}"
    return "" if day == day_of(row) else f"movimento de {day:%d/%m/%Y}"


def _type(row: Row) -> TransactionType:
    """The kind by the history code, else by the text."""
    found = TYPES.get(fields.number(row.codigoHistorico) or 0)
    return found or wording.kind_of(*_texts(row))


def _end_to_end_id(row: Row) -> str | None:
    """The end-to-end id of a Pix, where the unique id of the transaction or the complement is one."""
    unique = (row.textoIdentificadorUnicoTransacao, row.TextoIdentificadorUnicoTransacao)
    return wording.end_to_end_id(*unique) or wording.end_to_end_id_within(fields.code(row.textoInformacaoComplementar))


def _padded(value: Any, length: int) -> str | None:
    return text.zfill(length) if (text := fields.nonzero(value)) else None


def _tax_id(row: Row) -> str | None:
    """A CPF or CNPJ as text. A number has lost its leading zeros, and only the kind of person tells how many."""
    names = (
        row.numeroCadastroPessoaFisicaCadastroNacPessoasJuridicasContrapartida,
        row.numeroCpfCnpjContrapartida,
    )
    plain = next(filter(None, map(fields.nonzero, names)), "")
    length = parties.tax_id_length(row.indicadorTipoPessoaContrapartida)
    if length and plain.isdecimal():
        plain = plain.lstrip("0").zfill(length)
    return plain or None
