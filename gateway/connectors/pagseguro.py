"""PagSeguro (PagBank), EDI statement API v3.00: the movement `financial`, day by day, with HTTP Basic.

Odd: one day per request; no sign, so that all hangs on the code of the event, and where that is in no table, on the
balances of its day; a day without movement is an empty list or a 404, and the latter is a day before EDI was activated
as well. The balances of the first and the last day, a movement of their own, prove the days between; only when they
contradict the entries are the days that came back empty asked for their balances too.

Sources: contracts/banks/pagseguro/NOTES.md.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

import httpx
from msgspec import Struct
from msgspec.structs import replace

from gateway.auth.basic import Basic
from gateway.completeness.counts import RowCount
from gateway.completeness.day_balances import BalancesByDay, Day, DayBalances, all_declared_complete, complete_through
from gateway.connectors import fields
from gateway.connectors.base import Connector
from gateway.connectors.rows.pagseguro import (
    CLOSING,
    EVENTS,
    NOTICES,
    OPENING,
    Code,
    Row,
    day_of,
    key_of,
    may_move,
    movements,
    plain_code,
    size_of,
)
from gateway.errors import BankFailure
from gateway.flow import Flow, Page
from gateway.model import DAY, ZERO, Account, BalanceAt, Balances, Movement, Period

__all__ = ["PagSeguro"]


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
        if isinstance(page, Signed):
            return movements(page.page.detalhes, self.content, page.signs)
        return movements(page.detalhes, self.content)

    def _day(self, account: Account, day: date) -> Flow[Listed]:
        row_count = RowCount(self.contract.slug)
        number = self.contract.paging.first
        announced: int | None = None
        listed: Listed = Day(day)
        marks: list[bool | None] = []
        while True:
            response = yield from self._ask("statement", account, day, number)
            marks.append(_validated(response))
            if response.status_code == httpx.codes.NOT_FOUND:
                page = StatementPage([])
            else:
                page = self.decode("statement", response, StatementPage)
            row_count.add(map(key_of, page.detalhes), page.totals.totalElements)
            pages = page.totals.totalPages
            if announced is not None and pages not in {None, announced}:
                raise self.incoherent(f"the number of pages changed from {announced} to {pages}")
            announced = announced if pages is None else pages
            listed = self._with_page(listed, page)
            if not listed.pages:
                yield page
            if page.ends_at(number, row_count.rows):
                break
            number += 1
        row_count.finish()
        if number < (announced or 0):
            raise self.incoherent(f"page {number} of {announced} is empty")
        return replace(listed, declared_complete=all_declared_complete(marks))

    def _with_page(self, day: Listed, page: StatementPage) -> Listed:
        """The day with what a page of it came to. From the first unknown event on its pages are kept for later.

        Raises:
            BankFailure: a row cannot be read, or is of another day.
        """
        entries, moved, unknown = day.entries, day.moved, dict(day.unknown)
        if any(day_of(row) != day.day for row in page.detalhes):
            raise self.incoherent(f"the answer for {day.day} has an entry of another day")
        for row in page.detalhes:
            if not may_move(row):
                continue
            code = plain_code(row.tipo_evento)
            entries += code not in NOTICES
            if code in EVENTS:
                moved += EVENTS[code][0] * size_of(row)
            else:
                unknown[code] = unknown.get(code, ZERO) + size_of(row)
        pages = (*day.pages, page) if unknown else ()
        return replace(day, entries=entries, moved=moved, unknown=unknown, pages=pages)

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
        return [day.with_signs(signs) for day in days]

    def _balances(self, account: Account, day: date) -> Flow[DayBalances]:
        response = yield from self._ask("balance", account, day, self.contract.paging.first)
        if response.status_code == httpx.codes.NOT_FOUND:
            return DayBalances(declared_complete=_validated(response))
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
    """Whether `VALIDADO` declares the day complete; its absence means no, unless there is nothing to be declared."""
    mark = response.headers.get("validado", "").strip().upper()
    return None if not mark and response.status_code == httpx.codes.NOT_FOUND else mark == "TRUE"


def _balance(rows: list[BalanceRow], event: str, day: date) -> Decimal | None:
    found = [row for row in rows if plain_code(row.tipo_evento) == event and row.valor_saldo is not None]
    if any(row.data_movimentacao and fields.iso_date(row.data_movimentacao) != day for row in found):
        raise ValueError("a balance is of another day")
    amounts = {fields.reais(row.valor_saldo) for row in found if row.valor_saldo is not None}
    if len(amounts) > 1:
        raise ValueError("a day has two different balances of one kind")
    return next(iter(amounts), None)
