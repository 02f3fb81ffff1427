"""Rows of PagBank's EDI statement: the movement `financial`.

The wire has neither direction nor kind nor text: the code of the event and the means of payment give them, by tables.
The lists are open. Where an event is in no table the balances of its day tell its sign, which is handed in.

Sources: contracts/banks/pagseguro/NOTES.md.
"""

from collections.abc import Hashable, Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from msgspec import Struct

from gateway.connectors import fields, wording
from gateway.connectors.rows import Content
from gateway.model import ZERO, Movement, TransactionType

__all__ = [
    "CLOSING",
    "EVENTS",
    "NOTICES",
    "OPENING",
    "Code",
    "Row",
    "day_of",
    "key_of",
    "may_move",
    "movements",
    "plain_code",
    "size_of",
]

OPENING, CLOSING = "7", "8"
BALANCE_ROWS = frozenset({OPENING, CLOSING})
NOTICES = frozenset({"31", "32"})
"""That a release is postponed or resumed. They move nothing unless the balances of their day say so."""

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
NOT_A_BRAND = frozenset({"BACEN", "BOLETO"})

Code = str | int | None
"""Codes are texts in the entries and numbers in the balances, with or without a leading zero."""


class Event(Struct, frozen=True):
    """What a code of `tipo_evento` means."""

    sign: int
    label: str
    type: TransactionType | None = None
    """None where the means of payment decides."""


class Row(Struct, frozen=True):
    """One row of `detalhes`; texts that only describe are looked at, not trusted."""

    tipo_evento: Code = None
    data_movimentacao: str | None = None
    movimento_api_codigo: Code = None
    codigo_transacao: Code = None
    data_venda_ajuste: str | None = None
    hora_venda_ajuste: str | None = None
    valor_liquido_antecipacao: Decimal | None = None
    valor_parcela: Decimal | None = None
    valor_liquido_transacao: Decimal | None = None
    valor_total_transacao: Decimal | None = None
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
        content: what a row is known by.
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
            content=content(row),
            type=event.type or by_means,
            description=_description(row, event),
            booked_at=_booked_at(row),
            document=_word(row.codigo_venda) or None,
            bank_id=_word(row.movimento_api_codigo) or None,
            blocked=plain_code(row.tipo_evento) in BLOCKS,
            end_to_end_id=wording.end_to_end_id(row.end_to_end_id, row.tx_id, row.codigo_transacao),
        )


def key_of(row: Row) -> Hashable:
    """What tells the rows of a day apart: the bank's id, else what clients found to be unique."""
    if identity := _word(row.movimento_api_codigo):
        return identity
    transaction = _word(row.codigo_transacao)
    return (transaction, plain_code(row.tipo_evento), plain_code(row.parcela)) if transaction else None


def _event(row: Row, signs: Mapping[str, int]) -> Event | None:
    """What happened; None for a row that moves nothing.

    Raises:
        ValueError: the event is neither in the table nor among those whose sign is known.
    """
    code = plain_code(row.tipo_evento)
    if code in BALANCE_ROWS or signs.get(code, 0 if code in NOTICES else None) == 0:
        return None
    if code in EVENTS:
        return Event(*EVENTS[code])
    if code not in signs:
        raise ValueError(f"the event {code!r} is not known, and with it whether money came or went")
    return Event(signs[code], OTHERS.get(code, f"Evento {code}"), TransactionType.OUTROS)


def size_of(row: Row) -> Decimal:
    """The amount without sign: after anticipation, else of the instalment, else of the sale, net before gross."""
    amounts = [fields.reais(value) for value in _amounts(row) if value is not None]
    if not amounts or min(amounts) < 0:
        raise ValueError("a row has no amount, or one with a sign")
    return next((amount for amount in amounts if amount), ZERO)


def may_move(row: Row) -> bool:
    """Whether a row may move money: a balance moves none, nor does a notice without an amount."""
    code = plain_code(row.tipo_evento)
    return code not in BALANCE_ROWS and (code not in NOTICES or any(value is not None for value in _amounts(row)))


def _amounts(row: Row) -> tuple[Decimal | None, ...]:
    return (row.valor_liquido_antecipacao, row.valor_parcela, row.valor_liquido_transacao, row.valor_total_transacao)


def day_of(row: Row) -> date:
    """The day on which the money moved."""
    return fields.iso_date(row.data_movimentacao or "")


def _booked_at(row: Row) -> datetime | None:
    day, clock = _word(row.data_venda_ajuste), _word(row.hora_venda_ajuste)
    return fields.local_instant(f"{day}T{clock}") if day and clock else None


def _description(row: Row, event: Event) -> str:
    """Event, means, brand, instalment, card, destination of a withdrawal, and what tells the sale: all there is."""
    means, _ = MEANS.get(plain_code(row.meio_pagamento), ("", None))
    brand, card, bank = _word(row.instituicao_financeira), _word(row.cartao_holder), _digits(row.cod_banco)
    instalments = plain_code(row.quantidade_parcelas) or plain_code(row.quantidade_parcela)
    parts = (
        event.label,
        means,
        "" if fields.fold(brand) in NOT_A_BRAND else brand,
        f"parcela {plain_code(row.parcela)}/{instalments}" if instalments not in {"", "0", "1"} else "",
        _labelled("BIN", row.cartao_bin),
        _labelled("final", card),
        f"banco {bank:0>3} agência {_digits(row.banco_agencia)} conta {_digits(row.conta_banco)}" if bank else "",
    )
    return wording.composed(*parts, *(_labelled(label, getattr(row, name)) for name, label in OF_A_SALE))


def _labelled(label: str, value: Any) -> str:
    """A value after its label; nothing where there is none, or only zeros."""
    word = _word(value)
    return f"{label} {word}".strip() if word.strip("0") else ""


def plain_code(value: Code) -> str:
    """A code without blanks and leading zeros; empty when there is none."""
    code = "" if value is None else str(value).strip()
    return code.lstrip("0") or code[:1]


def _word(value: Any) -> str:
    """A text, or a whole number as one; empty for anything else."""
    return fields.word(value).strip()


def _digits(value: Any) -> str:
    return fields.digits(_word(value))
