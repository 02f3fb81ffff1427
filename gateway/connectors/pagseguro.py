"""PagSeguro (PagBank), EDI statement API v3.00: the movement `financial`, day by day, with HTTP Basic.

Odd: one day per request; no sign, so that all hangs on the code of the event, and where that is in no table, on the
balances of its day; a day without movement is an empty list or a 404, and the latter is a day before EDI was activated
as well. The balances of the first and the last day, a movement of their own, prove the days between; only when they
contradict the entries are the days that came back empty asked for their balances too. The form of their answer is
assumed, so that one which cannot be read, or is refused, leaves a statement unproved and withholds none.

Sources: contracts/banks/pagseguro/NOTES.md.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from functools import partial
from itertools import count
from typing import Any

import httpx
from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from gateway.auth.basic import Basic
from gateway.completeness.counts import RowCount
from gateway.completeness.day_balances import BalancesByDay, Day, DayBalances, all_declared_complete, complete_through
from gateway.connectors import fields
from gateway.connectors.base import Connector
from gateway.connectors.in_turn import InTurn, in_turn
from gateway.connectors.rows.pagseguro import (
    BALANCES,
    CLOSING,
    EVENTS,
    NOTICES,
    OPENING,
    Row,
    balances_of,
    day_of,
    event_of,
    key_of,
    may_move,
    movements,
    size_of,
)
from gateway.errors import BankFailure
from gateway.flow import Flow, Page
from gateway.model import DAY, ZERO, Account, Balances, Movement, Period, balance_at
from gateway.responses import own_or_empty

__all__ = ["PagSeguro"]

SILENT = (httpx.codes.NOT_FOUND, httpx.codes.NO_CONTENT)
"""Statuses of answers about a day of which the bank has nothing; what that means the balances tell."""
OF_BALANCES_ALONE = frozenset({"statement_access_denied", "period_out_of_range", "unexpected_bank_response"})
"""Failures that may concern the question for balances and not that for entries; others concern both."""


class StatementPage(Page, frozen=True):
    """One page of a day."""

    detalhes: list[Row] | Row | str | UnsetType | None = UNSET
    pagination: Any = None
    """Its `elements` is the size of a page and of no use."""

    @property
    def rows(self) -> list[Row]:
        """The rows, of which there may be none."""
        return [] if self.detalhes is UNSET else fields.as_list(self.detalhes)

    @property
    def totals(self) -> tuple[int | None, int | None]:
        """How many pages and rows of the whole day the page announces; None where it does not say.

        Raises:
            ValueError: it announces something that is no number.
        """
        announced = fields.mapping(self.pagination)
        return fields.count(announced.get("totalPages")), fields.count(announced.get("totalElements"))

    @property
    def is_a_list(self) -> bool:
        """Whether the page has a list, or says that there is nothing to be listed."""
        return self.detalhes is not UNSET or 0 in self.totals

    def ends_at(self, number: int, rows: int) -> bool:
        """Whether nothing follows page `number`, `rows` having come so far; without totals only emptiness ends."""
        pages, total = self.totals
        if not self.rows:
            return True
        return number >= pages if pages is not None else total is not None and rows >= total


class Signed(Page, frozen=True):
    """A page with the signs of the events of its day that are not in the table."""

    page: StatementPage
    signs: Mapping[str, int]
    """By code; 0 for an event that moved nothing."""


Listed = Day[StatementPage]


class PagSeguro(Connector[StatementPage | Signed]):
    """Reads a PagBank account."""

    content_fields = (
        *("movimento_api_codigo", "tipo_evento", "data_movimentacao", "codigo_transacao", "data_venda_ajuste"),
        *("hora_venda_ajuste", "meio_pagamento", "parcela", "codigo_venda"),
    )

    def auth(self, account: Account) -> Basic:
        """Establishment number and EDI token, on every call."""
        return Basic(account.credentials["user"], account.credentials["token"])

    def fetch(self, account: Account, period: Period, today: date) -> Flow[Balances]:
        """The opening balance, every page of every day, the closing balance; then the account is closed."""
        unread: list[date] = []
        balances = BalancesByDay(partial(self._balances, account, unread))
        opening = start = yield from balances.before(period.first)
        days: list[Listed] = []
        for reading in in_turn([self._day(account, day) for day in period.days]):
            read = yield from reading
            days.append(read)
        closing = yield from balances.after(period.last)
        moving = [day for day in days if day.entries]
        silent = not moving and all(day.declared_complete is None for day in days)
        if silent and opening is None and closing is None:
            if unread:
                raise self.unexpected("balance", f"no day has a list, and the balances of {unread[0]} cannot be read")
            detail = f"neither entries nor balances up to {period.last}: EDI was not active yet"
            raise BankFailure("period_out_of_range", bank=self.contract.slug, at="statement", detail=detail)
        if start is None and moving:
            start = (yield from balances.of(moving[0].day)).opening
        moved = None if start is None or closing is None else closing - start
        days = yield from self._with_signs(days, balances, moved)
        unfit = moved is not None and sum(day.moved for day in days) != moved
        # Such a day may be lost, or EDI may leave out all that moved on it. From there on nothing is complete.
        silence = (yield from balances.changed_without_entries(days)) if unfit else []
        complete = complete_through(days, (yield from balances.of(period.last)))
        missing = f"no balance from before {period.first}: EDI was active only later" if opening is None else None
        if unread and (opening is None or closing is None):
            missing = f"the balances of {unread[0]} cannot be read"
        return Balances(
            opening=balance_at(period.first - DAY, opening),
            closing=balance_at(period.last, closing),
            reason=missing or (f"no closing balance of {period.last} yet" if closing is None else None),
            complete_through=min([complete, *(day - DAY for day in silence)]),
            contradictions=tuple(
                self.doubt(f"{day} came back empty, but its balance changed", "balances_body") for day in silence
            ),
        )

    def normalise(self, page: StatementPage | Signed) -> Iterator[Movement]:
        """Each row as a movement, without the balance rows and notices; the sign comes from `tipo_evento`."""
        if isinstance(page, Signed):
            return movements(page.page.rows, self.content, page.signs)
        return movements(page.rows, self.content)

    def _day(self, account: Account, day: date) -> Flow[Listed]:
        row_count = RowCount(self.contract.slug)
        number = self.contract.paging.first
        announced: int | None = None
        listed: Listed = Day(day)
        marks: list[bool | None] = []
        page = StatementPage()
        reading = InTurn(self._ask("statement", account, day, each) for each in count(number))
        while True:
            response, silent = yield from reading.next((announced or 0) - number)
            marks.append(_validated(response, silent=silent))
            before = page
            page = StatementPage([]) if silent else self.decode("statement", response, StatementPage)
            if page.rows and page.rows == before.rows and page.totals == (None, None):
                raise self.incoherent(f"page {number} is the one before it")
            if not page.is_a_list:
                raise self.unexpected("statement", "the answer has no list of entries", response)
            pages, total = page.totals
            row_count.add(map(key_of, page.rows), total)
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
        self.check_days(map(day_of, page.rows), Period(day.day, day.day))
        for row in page.rows:
            if not may_move(row):
                continue
            code = event_of(row)
            entries += code not in NOTICES
            if code in EVENTS:
                moved += EVENTS[code][0] * size_of(row)
            else:
                unknown[code] = unknown.get(code, ZERO) + size_of(row)
        pages = (*day.pages, page) if unknown else ()
        return replace(day, entries=entries, moved=moved, unknown=unknown, pages=pages)

    def _with_signs(self, days: list[Listed], balances: BalancesByDay, moved: Decimal | None) -> Flow[list[Listed]]:
        """The days with the signs of events that are in no table, which the balances of their days decide.

        Raises:
            BankFailure: the balances do not decide whether money came or went.
        """
        signed: list[Listed] = []
        told = yield from balances.signs(days, moved)
        for day in days:
            signs = dict.fromkeys(NOTICES, 0) | told[day.day]
            if undecided := sorted(day.unknown.keys() - signs.keys()):
                codes = ", ".join(undecided)
                raise self.unexpected("statement", f"the balances do not tell the sign of the event {codes!r}")
            yield from (Signed(page, signs) for page in day.pages)
            signed.append(day.with_signs(signs))
        return signed

    def _balances(self, account: Account, unread: list[date], day: date) -> Flow[DayBalances]:
        """The balances of a day; where an answer has none in a form that is known, its day is added to `unread`."""
        if unread and day < max(unread):
            # A balance of an earlier day would be told in the same form.
            return DayBalances()
        try:
            response, silent = yield from self._ask("balance", account, day, self.contract.paging.first)
        except BankFailure as failure:
            if failure.code not in OF_BALANCES_ALONE:
                raise
            unread.append(day)
            return DayBalances()
        mark = _validated(response, silent=silent)
        if silent:
            return DayBalances(declared_complete=mark)
        if not own_or_empty(response):
            raise self.unexpected("balance", "the answer is neither an object nor a list", response)
        try:
            answer = self.decode("balance", response, BALANCES)
            rows = answer if isinstance(answer, list) else answer.saldos or answer.detalhes
            opening, closing = (balances_of(rows, event, day) for event in (OPENING, CLOSING))
            if rows and not opening and not closing:
                raise ValueError("the rows are of no known kind of balance")
            if opening and closing and opening.keys() != closing.keys():
                raise ValueError("the balances are of different establishments")
        except (BankFailure, ValueError):
            unread.append(day)
            return DayBalances()
        return DayBalances(_sum(opening), _sum(closing), mark)

    def _ask(self, operation: str, account: Account, day: date, number: int) -> Flow[tuple[httpx.Response, bool]]:
        """An answer about a day, and whether the bank has nothing about it."""
        size = self.page_size if operation == "statement" else self.contract.paging.max_size
        query = {"pageNumber": str(number), "pageSize": str(size)}
        response, nothing = yield from self.ask_for_entries(
            operation, account, query=query, accept=SILENT, day=day.isoformat()
        )
        return response, nothing or response.status_code in SILENT


def _validated(response: httpx.Response, *, silent: bool) -> bool | None:
    """Whether `VALIDADO` declares the day complete; its absence means no, unless there is nothing to be declared."""
    mark = response.headers.get("validado", "").strip().upper()
    return None if not mark and silent else mark == "TRUE"


def _sum(balances: dict[str, Decimal]) -> Decimal | None:
    return sum(balances.values(), ZERO) if balances else None
