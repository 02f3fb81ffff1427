"""Rows of PagBank's EDI statement: the movement `financial`.

The wire has neither direction nor kind nor text: the code of the event and the means of payment give them, by tables.
The lists are open. Where an event is in no table the balances of its day tell its sign, which is handed in. So they do
where an event that brings money has a minus sign, as a sale may whose fee is higher than its price.

Long because the tables of codes stand beside the rows that have them.

Sources: contracts/banks/pagseguro/NOTES.md.
"""

from collections.abc import Hashable, Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from msgspec import Raw, Struct

from gateway.connectors import fields, wording
from gateway.connectors.kept import Kept
from gateway.connectors.rows import Content
from gateway.entry_ids import row_id
from gateway.model import ZERO, Movement, TransactionType

__all__ = [
    "BALANCES",
    "CLOSING",
    "EVENTS",
    "NOTICES",
    "OPENING",
    "Row",
    "balances_of",
    "day_of",
    "event_of",
    "key_of",
    "may_move",
    "movements",
    "size_of",
]

OPENING, CLOSING = "7", "8"
BALANCE_ROWS = frozenset({OPENING, CLOSING})
NOTICES = frozenset({"31", "32"})
"""Events that postpone or resume a release. They move nothing unless the balances of their day say so."""

EVENTS = {
    "1": (1, "Venda", None),
    "2": (1, "Ajuste a crédito", TransactionType.OUTROS),
    "3": (-1, "Ajuste a débito", TransactionType.OUTROS),
    "4": (-1, "Saque", TransactionType.TED),
    "5": (-1, "Chargeback", None),
    "6": (-1, "Cancelamento", None),
    "9": (-1, "Disputa aberta", None),
    "10": (1, "Disputa encerrada", None),
    "11": (-1, "Pré-chargeback aberto", None),
    "12": (1, "Pré-chargeback encerrado", None),
    "16": (1, "Rendimento da conta", TransactionType.RENDIMENTO_APLIC_FINANCEIRA),
    "18": (1, "Saque cancelado", TransactionType.TED),
    "19": (-1, "Repasse de pagamento dividido", TransactionType.TRANSFERENCIA_MESMA_INSTITUICAO),
    "20": (1, "Parte de pagamento dividido", TransactionType.TRANSFERENCIA_MESMA_INSTITUICAO),
    "21": (-1, "Envio Fácil, compra", TransactionType.OUTROS),
    "22": (-1, "Envio Fácil, recarga", TransactionType.OUTROS),
    "23": (-1, "Recuperação de empréstimo", TransactionType.OPERACAO_CREDITO),
    "24": (-1, "Cobrança de empréstimo", TransactionType.OPERACAO_CREDITO),
    "25": (1, "Saque devolvido", TransactionType.TED),
    "26": (-1, "Tarifa de cancelamento", TransactionType.TARIFA_SERVICOS_AVULSOS),
    "27": (-1, "Tarifa de chargeback", TransactionType.TARIFA_SERVICOS_AVULSOS),
    "28": (1, "Tarifa devolvida", TransactionType.TARIFA_SERVICOS_AVULSOS),
    "29": (-1, "Bloqueio em custódia", TransactionType.OUTROS),
    "30": (1, "Desbloqueio de custódia", TransactionType.OUTROS),
}
"""By code of `tipo_evento`: sign, label, and the kind, which is None where the means of payment tells it."""

BLOCKS = frozenset({"29", "30"})
OTHERS = {"17": "Transferência para a conta digital", "31": "Liberação adiada", "32": "Liberação retomada"}
"""Events whose sign no source tells. The list is open: what is in no table is named by its code, and the balances of
its day decide whether money came or went."""

MEANS = {
    "1": ("Débito online", TransactionType.OUTROS),
    "2": ("Boleto", TransactionType.BOLETO),
    "3": ("Cartão de crédito", TransactionType.CARTAO),
    "4": ("Saldo PagBank", TransactionType.TRANSFERENCIA_MESMA_INSTITUICAO),
    "7": ("Depósito", TransactionType.DEPOSITO),
    "8": ("Cartão de débito", TransactionType.CARTAO),
    "9": ("Débito automático", TransactionType.OUTROS),
    "10": ("Voucher", TransactionType.CARTAO),
    "11": ("Pix", TransactionType.PIX),
    "12": ("Carnê crédito", TransactionType.OUTROS),
    "13": ("Carnê débito", TransactionType.OUTROS),
    "14": ("Cartão pré-pago crédito", TransactionType.CARTAO),
    "15": ("Cartão pré-pago débito", TransactionType.CARTAO),
    "16": ("Carnê pré-pago crédito", TransactionType.OUTROS),
    "17": ("Carnê pré-pago débito", TransactionType.OUTROS),
}
OF_A_SALE = (
    ("arranjo_ur", ""),
    ("tx_id", "txid"),
    ("nsu", "NSU"),
    ("codigo_autorizacao", "autorização"),
    ("codigo_cv", "CV"),
    ("tid", "TID"),
    ("codigo_transacao", "transação"),
    ("codigo_ur", "UR"),
    ("num_logico", "terminal"),
    ("numero_serie_leitor", "leitor"),
    ("identificador_revenda", "revenda"),
)
"""What tells a sale apart in other systems, with the label under which the description has it."""
CLOCK_DIGITS = len("235959")
NOT_A_BRAND = frozenset({"BACEN", "BOLETO"})

Code = str | int | float | None
"""Codes are texts in the entries and numbers in the balances, with or without a leading zero."""
MINUS = "-"
"""Ends the name of an event that brings money, or is in no table, where its amount has a minus sign."""


class BalanceRow(Struct, frozen=True):
    """The opening or the closing balance of a day."""

    tipo_evento: Code = None
    data_movimentacao: Any = None
    valor_saldo: Raw = Raw()
    estabelecimento: Code = None


class BalanceAnswer(Struct, frozen=True):
    """The answer of `balances`, when it is not a bare list of rows."""

    saldos: list[BalanceRow] | None = None
    detalhes: list[BalanceRow] | None = None


BALANCES: Any = BalanceAnswer | list[BalanceRow]


class Event(Struct, frozen=True):
    """What a code of `tipo_evento` means."""

    sign: int
    label: str
    type: TransactionType | None = None
    """None where the means of payment decides."""


class Row(Struct, frozen=True):
    """One row of `detalhes`; texts that only describe are looked at, not trusted."""

    estabelecimento: Code = None
    tipo_evento: Code = None
    data_movimentacao: Any = None
    movimento_api_codigo: Code = None
    codigo_transacao: Code = None
    data_venda_ajuste: Any = None
    hora_venda_ajuste: Any = None
    valor_liquido_antecipacao: Raw = Raw()
    valor_parcela: Raw = Raw()
    valor_liquido_transacao: Raw = Raw()
    valor_total_transacao: Raw = Raw()
    meio_pagamento: Code = None
    parcela: Code = None
    quantidade_parcela: Code = None
    quantidade_parcelas: Code = None
    codigo_venda: Any = None
    instituicao_financeira: Any = None
    cartao_holder: Any = None
    cod_banco: Any = None
    banco_agencia: Any = None
    conta_banco: Any = None
    tx_id: Any = None
    nsu: Any = None
    codigo_autorizacao: Any = None
    codigo_cv: Any = None
    tid: Any = None
    cartao_bin: Any = None
    num_logico: Any = None
    numero_serie_leitor: Any = None
    arranjo_ur: Any = None
    codigo_ur: Any = None
    identificador_revenda: Any = None
    end_to_end_id: Any = None


def movements(rows: Iterable[Row], content: Content, signs: Mapping[str, int] | None = None) -> Iterator[Movement]:
    """Each row as a movement, without the balance rows and notices; the sign comes from `tipo_evento`.

    Args:
        rows: in the bank's order.
        content: what a row is known by, given it and its amounts.
        signs: of events that are in no table, by code; 0 for an event that moved nothing.

    Raises:
        ValueError: the sign of an event is not known, or a row cannot be read.
    """
    for row in rows:
        event = _event(row, signs or {})
        if event is None:
            continue
        _, by_means = MEANS.get(plain_code(row.meio_pagamento), ("", TransactionType.OUTROS))
        yield Movement(
            date=day_of(row),
            amount=event.sign * size_of(row),
            content=content(row, *_amounts(row)),
            type=event.type or by_means,
            description=_description(row, event),
            booked_at=_booked_at(row),
            document=fields.code(row.codigo_venda) or None,
            bank_id=row_id(fields.code(row.movimento_api_codigo)),
            blocked=plain_code(row.tipo_evento) in BLOCKS,
            end_to_end_id=wording.end_to_end_id(row.end_to_end_id, row.tx_id, row.codigo_transacao),
        )


def key_of(row: Row) -> Hashable:
    """What tells the rows of a day apart: the bank's id, else the transaction; and what else makes a row of its own."""
    identity, transaction = (row_id(fields.code(sent)) for sent in (row.movimento_api_codigo, row.codigo_transacao))
    if not identity and not transaction:
        return None
    codes = map(plain_code, (row.tipo_evento, row.parcela, row.estabelecimento))
    return (identity or transaction, *codes, *_amounts(row))


def event_of(row: Row) -> str:
    """The name of the event by which its sign is known: its code, and a minus sign where that makes a difference.

    Raises:
        ValueError: the row has no event. Rows of one unknown event went one way; those of none need not have.
    """
    if not (code := plain_code(row.tipo_evento)):
        raise ValueError("an entry has no event")
    brings = code not in BALANCE_ROWS | NOTICES and EVENTS.get(code, (1,))[0] > 0
    return code + MINUS if brings and _moved(row) < 0 else code


def _event(row: Row, signs: Mapping[str, int]) -> Event | None:
    """What happened; None for a row that moves nothing.

    Raises:
        ValueError: the event is neither in the table nor among those whose sign is known.
    """
    if not may_move(row):
        return None
    name = event_of(row)
    if signs.get(name, 0 if name in NOTICES else None) == 0:
        return None
    if name in EVENTS:
        return Event(*EVENTS[name])
    if name not in signs:
        raise ValueError(f"the event {name!r} is not known, and with it whether money came or went")
    code = name.removesuffix(MINUS)
    _, label, kind = EVENTS.get(code, (0, OTHERS.get(code, f"Evento {code}"), TransactionType.OUTROS))
    return Event(signs[name], label, kind)


def size_of(row: Row) -> Decimal:
    """The amount without sign: after anticipation, else of the instalment, else of the sale, net before gross."""
    return abs(_moved(row))


def _moved(row: Row) -> Decimal:
    """The same as sent.

    Raises:
        ValueError: the row has no amount.
    """
    amounts = [amount for amount in _amounts(row) if amount is not None]
    if not amounts:
        raise ValueError("a row has no amount")
    return next((amount for amount in amounts if amount), ZERO)


def may_move(row: Row) -> bool:
    """Whether a row may move money: a balance moves none, nor does a notice without an amount."""
    code = plain_code(row.tipo_evento)
    return code not in BALANCE_ROWS and (code not in NOTICES or any(value is not None for value in _amounts(row)))


def _amounts(row: Row) -> tuple[Decimal | None, ...]:
    amounts = (row.valor_liquido_antecipacao, row.valor_parcela, row.valor_liquido_transacao, row.valor_total_transacao)
    return tuple(map(money, amounts))


def money(sent: Raw) -> Decimal | None:
    """An amount, which may be a text; None where there is none, or blanks."""
    return _money[bytes(sent)]


@Kept
def _money(sent: bytes) -> Decimal | None:
    return fields.raw_reais(Raw(sent))


def day_of(row: Row) -> date:
    """The day on which the money moved."""
    return fields.day(fields.code(row.data_movimentacao))


def _booked_at(row: Row) -> datetime | None:
    """The instant of a sale or adjustment; None where it is missing, filled with zeros or cannot be read.

    The day of the entry stands elsewhere.
    """
    day, clock = fields.code(row.data_venda_ajuste), fields.code(row.hora_venda_ajuste)
    if not clock or not day.strip("0-/T:. "):
        return None
    try:
        # The day may come with a time of its own, which says nothing.
        return fields.local_instant(f"{fields.day(day)}T{clock.zfill(CLOCK_DIGITS) if clock.isdecimal() else clock}")
    except (ValueError, OverflowError):
        return None


def _description(row: Row, event: Event) -> str:
    """Event, means, brand, instalment, card, destination of a withdrawal, and what tells the sale: all there is."""
    means, _ = MEANS.get(plain_code(row.meio_pagamento), ("", None))
    brand, card = fields.code(row.instituicao_financeira), fields.code(row.cartao_holder)
    parts = (
        event.label,
        means,
        "" if fields.fold(brand) in NOT_A_BRAND else brand,
        _instalment(row),
        _labelled("BIN", row.cartao_bin),
        _labelled("final", card),
        _destination(row),
    )
    return wording.composed(*parts, *(_labelled(label, getattr(row, name)) for name, label in OF_A_SALE))


def _instalment(row: Row) -> str:
    """Which of several instalments a row is; nothing where there is only one."""
    instalment, of = plain_code(row.parcela), plain_code(row.quantidade_parcelas) or plain_code(row.quantidade_parcela)
    if of not in {"", "0", "1"}:
        return f"parcela {instalment}/{of}"
    return f"parcela {instalment}" if of in {"", "0"} and instalment not in {"", "0", "1"} else ""


def _destination(row: Row) -> str:
    """The bank account of a withdrawal, without the zeros that fill its parts."""
    sent = (row.cod_banco, row.banco_agencia, row.conta_banco)
    bank, branch, account = (fields.code(part).lstrip("0") for part in sent)
    parts = (("banco", bank.zfill(3) if bank else ""), ("agência", branch), ("conta", account))
    return " ".join(f"{label} {part}" for label, part in parts if part.strip("0 -./"))


def _labelled(label: str, value: Any) -> str:
    """A value after its label; nothing where there is none, or only zeros."""
    told = fields.nonzero(value)
    return f"{label} {told}".strip() if told else ""


def plain_code(value: Code) -> str:
    """A code without blanks and leading zeros; empty when there is none."""
    code = fields.code(value)
    return code.lstrip("0") or code[:1]


def balances_of(rows: list[BalanceRow] | None, event: str, day: date) -> dict[str, Decimal]:
    """The opening or the closing balance of a day by establishment, of which credentials may stand for several.

    Raises:
        ValueError: there are no rows, one cannot be read or is of another day, or two of one establishment differ.
    """
    if rows is None:
        raise ValueError("the answer has no balances")
    found: dict[str, Decimal] = {}
    for row in rows:
        if plain_code(row.tipo_evento) != event or (amount := money(row.valor_saldo)) is None:
            continue
        if (told := fields.code(row.data_movimentacao)) and fields.day(told) != day:
            raise ValueError("a balance is of another day")
        if found.setdefault(plain_code(row.estabelecimento), amount) != amount:
            raise ValueError("a day has two different balances of one kind")
    return found
