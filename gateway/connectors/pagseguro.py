"""PagSeguro (PagBank), EDI statement API v3.00: the movement `financial`, day by day, with HTTP Basic.

Odd: one day per request; no sign, so that all hangs on the code of the event, and where that is in no table on the
balances of its day; a day without movement is an empty list or a 404, and the latter is a day before EDI was activated
as well. The balances of the first and the last day, a movement of their own, prove the days between; only when they
contradict the entries are the days that came back empty asked for their balances too.

Long because the wire has neither direction nor kind nor text: the tables that give them are a third of this file.

Sources: contracts/banks/pagseguro/NOTES.md.
"""

from collections.abc import Hashable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Any

import httpx
from msgspec import Struct
from msgspec.structs import replace

from gateway.auth.basic import Basic
from gateway.completeness.counts import RowCount
from gateway.completeness.day_balances import BalancesByDay, Day, DayBalances, complete_through, declared
from gateway.connectors import fields, wording
from gateway.connectors.base import Connector
from gateway.errors import BankFailure
from gateway.flow import Flow, Page
from gateway.model import DAY, ZERO, Account, BalanceAt, Balances, Movement, Period, TransactionType

__all__ = ["PagSeguro"]

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
TOLD_OF_A_SALE = (
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


class Pagination(Struct, frozen=True):
    """`pagination`; its `elements` is the size of a page and of no use."""

    totalPages: int | None = None
    totalElements: int | None = None


class StatementPage(Page, frozen=True):
    """One page of a day."""

    detalhes: list[Row]
    pagination: Pagination | None = None

    @property
    def totals(self) -> Pagination:
        """What the page announces of the whole day."""
        return self.pagination or Pagination()

    def ends_at(self, number: int, rows: int) -> bool:
        """Whether nothing follows page `number`, `rows` having come so far; without totals only emptiness ends."""
        pages, total = self.totals.totalPages, self.totals.totalElements
        if not self.detalhes:
            return True
        return number >= pages if pages is not None else total is not None and rows >= total


class Signed(Page, frozen=True):
    """A page with the signs of the events of its day that are not in the table."""

    page: StatementPage
    signs: Mapping[str, int]
    """By code; 0 for an event that moved nothing."""


class BalanceRow(Struct, frozen=True):
    """The opening or the closing balance of a day."""

    tipo_evento: Code = None
    data_movimentacao: str | None = None
    valor_saldo: Decimal | None = None


class BalanceAnswer(Struct, frozen=True):
    """The answer of `balances`, when it is not a bare list of rows."""

    saldos: list[BalanceRow] | None = None
    detalhes: list[BalanceRow] | None = None


BALANCES: Any = BalanceAnswer | list[BalanceRow]


Listed = Day[StatementPage]


class PagSeguro(Connector[StatementPage | Signed]):
    """Reads a PagBank account."""

    content_fields = (
        *("movimento_api_codigo", "tipo_evento", "data_movimentacao", "codigo_transacao", "data_venda_ajuste"),
        *("hora_venda_ajuste", "meio_pagamento", "parcela", "codigo_venda", "valor_liquido_antecipacao"),
        *("valor_parcela", "valor_liquido_transacao", "valor_total_transacao"),
    )

    def auth(self, account: Account) -> Basic:
        """Establishment number and EDI token, on every call."""
        return Basic(account.credentials["user"], account.credentials["token"])

    def fetch(self, account: Account, period: Period, today: date) -> Flow[Balances]:
        """The opening balance, every page of every day, the closing balance; then the account is closed."""
        balances = BalancesByDay(partial(self._balances, account))
        opening = start = yield from balances.before(period.first)
        days: list[Listed] = []
        for day in period.days:
            read = yield from self._day(account, day)
            days.append(read)
        days = yield from self._with_signs(days, balances)
        closing = yield from balances.after(period.last)
        moving = [day for day in days if day.entries]
        if opening is None and closing is None and not moving:
            detail = f"neither entries nor balances up to {period.last}: EDI was not active yet"
            raise BankFailure("period_out_of_range", bank=self.contract.slug, at="statement", detail=detail)
        if start is None and moving:
            start = (yield from balances.of(moving[0].day)).opening
        unfit = start is not None and closing is not None and start + sum(day.moved for day in moving) != closing
        # Such a day may be lost, or EDI may leave out all that moved on it. From there on nothing is complete.
        silence = (yield from balances.changed_without_entries(days)) if unfit else []
        complete = complete_through(days, (yield from balances.of(period.last)))
        missing = f"no balance from before {period.first}: EDI was active only later" if opening is None else None
        return Balances(
            opening=None if opening is None else BalanceAt(period.first - DAY, opening),
            closing=None if closing is None else BalanceAt(period.last, closing),
            reason=missing or (f"no closing balance of {period.last} yet" if closing is None else None),
            complete_through=min([complete, *(day - DAY for day in silence)]),
            contradictions=tuple(
                self.doubt(f"{day} came back empty, but its balance changed", "balances_body") for day in silence
            ),
        )

    def normalise(self, page: StatementPage | Signed) -> Iterator[Movement]:
        """Each row as a movement, without the balance rows and notices; the sign comes from `tipo_evento`."""
        signs = page.signs if isinstance(page, Signed) else {}
        for row in (page.page if isinstance(page, Signed) else page).detalhes:
            event = _event(row, signs)
            if event is None:
                continue
            _, by_means = MEANS.get(_code(row.meio_pagamento), ("", TransactionType.OUTROS))
            yield Movement(
                date=_day_of(row),
                amount=event.sign * _size(row),
                content=self.content(row),
                type=event.type or by_means,
                description=_description(row, event),
                booked_at=_booked_at(row),
                document=_word(row.codigo_venda) or None,
                bank_id=_word(row.movimento_api_codigo) or None,
                blocked=_code(row.tipo_evento) in BLOCKS,
                end_to_end_id=wording.end_to_end_id(row.end_to_end_id, row.tx_id, row.codigo_transacao),
            )

    def _day(self, account: Account, day: date) -> Flow[Listed]:
        row_count = RowCount(self.contract.slug)
        number = self.contract.paging.first
        announced: int | None = None
        told: Listed = Day(day)
        marks: list[bool | None] = []
        while True:
            response = yield from self._ask("statement", account, day, number)
            marks.append(_validated(response))
            if response.status_code == httpx.codes.NOT_FOUND:
                page = StatementPage([])
            else:
                page = self.decode("statement", response, StatementPage)
            row_count.add(map(_key, page.detalhes), page.totals.totalElements)
            pages = page.totals.totalPages
            if announced is not None and pages not in {None, announced}:
                raise self.incoherent(f"the number of pages changed from {announced} to {pages}")
            announced = announced if pages is None else pages
            told = self._with_page(told, page)
            if not told.pages:
                yield page
            if page.ends_at(number, row_count.rows):
                break
            number += 1
        row_count.finish()
        if number < (announced or 0):
            raise self.incoherent(f"page {number} of {announced} is empty")
        return replace(told, declared=declared(marks))

    def _with_page(self, told: Listed, page: StatementPage) -> Listed:
        """The day with what a page of it came to. From the first unknown event on its pages are kept for later.

        Raises:
            BankFailure: a row cannot be read, or is of another day.
        """
        entries, moved, unknown = told.entries, told.moved, dict(told.unknown)
        if any(_day_of(row) != told.day for row in page.detalhes):
            raise self.incoherent(f"the answer for {told.day} has an entry of another day")
        for row in page.detalhes:
            code = _code(row.tipo_evento)
            if code in BALANCE_ROWS or (code in NOTICES and not _has_amount(row)):
                continue
            entries += code not in NOTICES
            if code in EVENTS:
                moved += EVENTS[code][0] * _size(row)
            else:
                unknown[code] = unknown.get(code, ZERO) + _size(row)
        pages = (*told.pages, page) if unknown else ()
        return replace(told, entries=entries, moved=moved, unknown=unknown, pages=pages)

    def _with_signs(self, days: list[Listed], balances: BalancesByDay) -> Flow[list[Listed]]:
        """The days with the signs of events that are in no table, which the balances of their days decide.

        Raises:
            BankFailure: the balances do not decide whether money came or went.
        """
        signs = dict.fromkeys(NOTICES, 0) | (yield from balances.signs(days))
        for day in days:
            if undecided := sorted(day.unknown.keys() - signs.keys()):
                codes = ", ".join(undecided)
                raise self.unexpected("statement", f"the balances do not tell the sign of the event {codes!r}")
            yield from (Signed(page, signs) for page in day.pages)
        return [day.decided(signs) for day in days]

    def _balances(self, account: Account, day: date) -> Flow[DayBalances]:
        response = yield from self._ask("balance", account, day, self.contract.paging.first)
        if response.status_code == httpx.codes.NOT_FOUND:
            return DayBalances(declared=_validated(response))
        answer = self.decode("balance", response, BALANCES)
        rows = answer if isinstance(answer, list) else answer.saldos if answer.saldos is not None else answer.detalhes
        if rows is None:
            raise self.unexpected("balance", "the answer has no balances", response)
        with self.readable("balance", "a balance"):
            return DayBalances(_balance(rows, OPENING, day), _balance(rows, CLOSING, day), _validated(response))

    def _ask(self, operation: str, account: Account, day: date, number: int) -> Flow[httpx.Response]:
        size = self.page_size if operation == "statement" else self.contract.paging.max_size
        query = {"pageNumber": str(number), "pageSize": str(size)}
        return (yield from self.ask(operation, account, query=query, accept=(404,), day=day.isoformat()))


def _validated(response: httpx.Response) -> bool | None:
    """What the header `VALIDADO` says; its absence means no, unless there is nothing that could be declared."""
    said = response.headers.get("validado", "").strip().upper()
    return None if not said and response.status_code == httpx.codes.NOT_FOUND else said == "TRUE"


def _key(row: Row) -> Hashable:
    """What tells the rows of a day apart: the bank's id, else what clients found to be unique."""
    if identity := _word(row.movimento_api_codigo):
        return identity
    transaction = _word(row.codigo_transacao)
    return (transaction, _code(row.tipo_evento), _code(row.parcela)) if transaction else None


def _event(row: Row, signs: Mapping[str, int]) -> Event | None:
    """What happened; None for a row that moves nothing.

    Raises:
        ValueError: the event is neither in the table nor among those whose sign is known.
    """
    code = _code(row.tipo_evento)
    if code in BALANCE_ROWS or signs.get(code, 0 if code in NOTICES else None) == 0:
        return None
    if code in EVENTS:
        return Event(*EVENTS[code])
    if code not in signs:
        raise ValueError(f"the event {code!r} is not known, and with it whether money came or went")
    return Event(signs[code], OTHERS.get(code, f"Evento {code}"), TransactionType.OUTROS)


def _size(row: Row) -> Decimal:
    """The amount without sign: after anticipation, else of the instalment, else of the sale, net before gross."""
    net, gross = row.valor_liquido_transacao, row.valor_total_transacao
    candidates = (row.valor_liquido_antecipacao, row.valor_parcela, net, gross)
    told = [fields.reais(value) for value in candidates if value is not None]
    if not told or min(told) < 0:
        raise ValueError("a row has no amount, or one with a sign")
    return next((value for value in told if value), ZERO)


def _has_amount(row: Row) -> bool:
    told = (row.valor_liquido_antecipacao, row.valor_parcela, row.valor_liquido_transacao, row.valor_total_transacao)
    return any(value is not None for value in told)


def _balance(rows: list[BalanceRow], event: str, day: date) -> Decimal | None:
    told = [row for row in rows if _code(row.tipo_evento) == event and row.valor_saldo is not None]
    if any(row.data_movimentacao and fields.iso_date(row.data_movimentacao) != day for row in told):
        raise ValueError("a balance is of another day")
    amounts = {fields.reais(row.valor_saldo) for row in told if row.valor_saldo is not None}
    if len(amounts) > 1:
        raise ValueError("a day has two different balances of one kind")
    return next(iter(amounts), None)


def _day_of(row: Row) -> date:
    return fields.iso_date(row.data_movimentacao or "")


def _booked_at(row: Row) -> datetime | None:
    day, clock = _word(row.data_venda_ajuste), _word(row.hora_venda_ajuste)
    return fields.local_instant(f"{day}T{clock}") if day and clock else None


def _description(row: Row, event: Event) -> str:
    """Event, means, brand, instalment, card, destination of a withdrawal, and what tells the sale: all there is."""
    means, _ = MEANS.get(_code(row.meio_pagamento), ("", None))
    brand, card, bank = _word(row.instituicao_financeira), _word(row.cartao_holder), _digits(row.cod_banco)
    instalments = _code(row.quantidade_parcelas) or _code(row.quantidade_parcela)
    parts = (
        event.label,
        means,
        "" if fields.fold(brand) in NOT_A_BRAND else brand,
        f"parcela {_code(row.parcela)}/{instalments}" if instalments not in {"", "0", "1"} else "",
        _labelled("BIN", row.cartao_bin),
        _labelled("final", card),
        f"banco {bank:0>3} agência {_digits(row.banco_agencia)} conta {_digits(row.conta_banco)}" if bank else "",
    )
    return wording.composed(*parts, *(_labelled(label, getattr(row, name)) for name, label in TOLD_OF_A_SALE))


def _labelled(label: str, value: Any) -> str:
    """A value after its label; nothing where there is none, or only zeros."""
    told = _word(value)
    return f"{label} {told}".strip() if told.strip("0") else ""


def _code(value: Code) -> str:
    """A code without blanks and leading zeros; empty when there is none."""
    said = "" if value is None else str(value).strip()
    return said.lstrip("0") or said[:1]


def _word(value: Any) -> str:
    """A text, or a whole number as one; empty for anything else."""
    return fields.word(value).strip()


def _digits(value: Any) -> str:
    return fields.digits(_word(value))
