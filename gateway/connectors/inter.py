"""Banco Inter, API Banking v2: the enriched statement (`extrato/completo`) over mutual TLS.

Odd: page numbers from 0; amounts are texts with one or two decimals and no sign; the statement has no balances, so
they are asked from `saldo`, which on a day without banking answers for the last business day instead. The window is
then widened until both its ends lie on days for which the bank gives a balance. Pages reach the first rows of a list
only, so that a longer list is asked for in parts.

Sources: contracts/banks/inter/NOTES.md.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from itertools import count
from math import ceil
from typing import Any

from msgspec import Raw, Struct
from msgspec.structs import replace

from gateway.completeness.counts import RowCount
from gateway.connectors import fields
from gateway.connectors.base import Connector
from gateway.connectors.in_turn import InTurn, in_turn
from gateway.connectors.rows.inter import Row, amount_of, day_of, id_of, money, movements
from gateway.flow import Flow, Page
from gateway.model import DAY, ZERO, Account, BalanceAt, Balances, Movement, Period

__all__ = ["Inter"]

LATEST = timedelta(days=31)
"""A balance is that of the day asked for or of one near it; another would have us ask for days that have not come."""
LONGEST_HOLIDAY = 6
"""Days without banking in a row after which a balance is no longer looked for."""

Counted = tuple[int, int | None, Decimal]
"""Of a window that was handed over: how many rows it has, how many were announced, and, where that is asked for, what
they move."""


class StatementPage(Page, frozen=True):
    """One page of the enriched statement. Its counters may be texts; what cannot be read of them counts as left out."""

    transacoes: list[Row] | Row | None = None
    totalElementos: Any = None
    totalPaginas: Any = None
    ultimaPagina: Any = None

    @property
    def rows(self) -> list[Row]:
        """The rows, of which a single one may stand alone.

        Raises:
            ValueError: there is no list, and no count says that it would be empty.
        """
        if self.transacoes is None:
            if self.total != 0:
                raise ValueError("there is no list of entries, and no count of none")
            return []
        return fields.as_list(self.transacoes)

    def until(self, last: date) -> "StatementPage":
        """The page without rows of later days."""
        return replace(self, transacoes=[row for row in self.rows if day_of(row) <= last])

    @property
    def total(self) -> int | None:
        """How many rows the period has."""
        return fields.number(self.totalElementos)

    @property
    def pages(self) -> int | None:
        """How many pages there are."""
        return fields.number(self.totalPaginas)

    def ends_at(self, number: int) -> bool:
        """Whether nothing follows this page, by the strongest sign the bank gives."""
        if not self.rows:
            return True
        if (last := _truth(self.ultimaPagina)) is not None:
            return last
        return self.pages is not None and number + 1 >= self.pages


class Balance(Struct, frozen=True):
    """The answer of `saldo`."""

    disponivel: Raw
    dataReferencia: str | None = None


class Inter(Connector[StatementPage]):
    """Reads an Inter account."""

    newest_first = True
    content_fields = (
        *("idTransacao", "dataTransacao", "dataEntrada", "dataInclusao", "tipoOperacao", "tipoTransacao", "titulo"),
        *("descricao", "numeroDocumento", "detalhes.endToEndId", "detalhes.txId", "detalhes.nomePagador"),
        *("detalhes.nomeRecebedor",),
    )

    def headers(self, account: Account) -> dict[str, str]:
        """The account, which the credentials do not name."""
        return {"x-conta-corrente": fields.digits(account.number)}

    def fetch(self, account: Account, period: Period, today: date) -> Flow[Balances]:
        """Both balances, then every page between the days for which the bank gave them."""
        opening = yield from self._opening(account, period.first - DAY)
        closing = yield from self._closing(account, period.last, today)
        between = Period(opening.day + DAY, max(closing.day, period.last))
        moved, doubtful = ZERO, False
        windows = list(between.windows(self.window_days))
        # What moved is asked for only where a window is empty, and then only the others have rows.
        adds = len(windows) > 1
        for rows, announced, moves in (yield from self._windows(account, windows, adds=adds, last=between.last)):
            moved += moves
            doubtful |= rows == 0 and announced == 1
        if doubtful and opening.amount + moved != closing.amount:
            # The bank's schema forbids a total of 0, so an empty window may announce 1. But money moved.
            raise self.incoherent("a part of the period is empty, but the balance changed")
        return Balances(opening=opening, closing=closing)

    def normalise(self, page: StatementPage) -> Iterator[Movement]:
        """Each row as a movement; the sign comes from `tipoOperacao`."""
        return movements(page.rows, self.content)

    def _windows(self, account: Account, windows: list[Period], *, adds: bool, last: date) -> Flow[list[Counted]]:
        """Hand over windows one after the other."""
        counted: list[Counted] = []
        for reading in in_turn([self._window(account, window, adds=adds, last=last) for window in windows]):
            counted += yield from reading
        return counted

    def _window(self, account: Account, window: Period, *, adds: bool, last: date) -> Flow[list[Counted]]:
        """Hand over a window, in parts where its list is longer than pages reach.

        Rows of days after the `last`, which the bank has shown in every answer, are counted and left out.
        """
        row_count, moved = RowCount(self.contract.slug), ZERO
        number, pages = self.contract.paging.first, 0
        reading = InTurn(self._page(account, window, each) for each in count(number))
        while True:
            page = yield from reading.next(pages - number - 1)
            if page is None:
                # Nothing but the balances shows that nothing moved, as where an empty window announces one row.
                if number == self.contract.paging.first:
                    return [(0, 1, ZERO)]
                break
            rows, total = page.rows, page.total or 0
            parts = self._parts(window, total) if number == self.contract.paging.first and total > len(rows) else []
            if parts:
                # Let go as well as the others below.
                del page, rows
                return (yield from self._windows(account, parts, adds=True, last=last))
            row_count.add(map(id_of, rows), page.total)
            days = list(map(day_of, rows))
            if adds:
                within = (amount_of(row) for row, day in zip(rows, days, strict=True) if day in window)
                moved += sum(within, ZERO)
            yield page.until(last) if max(days, default=last) > last else page
            ended, pages = page.ends_at(number), page.pages or 0
            # Let go before the next one comes: it may be large.
            del page, rows
            if ended:
                break
            number += 1
        if row_count.rows or row_count.announced != 1:
            row_count.finish()
        return [(row_count.rows, row_count.announced, moved)]

    def _parts(self, window: Period, total: int) -> list[Period]:
        """Shorter windows in place of one with more rows than pages reach; what is still too long is divided again.

        None where pages reach them all, and of a single day: only the bank can tell whether it gives the other rows.
        """
        reach, days = self.contract.paging.reach, (window.last - window.first).days + 1
        if not 0 < reach < total or days == 1:
            return []
        return list(window.windows(ceil(days / min(days, total // reach + 1))))

    def _page(self, account: Account, window: Period, number: int) -> Flow[StatementPage | None]:
        query = {
            "dataInicio": window.first.isoformat(),
            "dataFim": window.last.isoformat(),
            "pagina": str(number),
            "tamanhoPagina": str(self.page_size),
        }
        return (yield from self.answer_if_any("statement", account, StatementPage, query=query))

    def _opening(self, account: Account, day: date) -> Flow[BalanceAt]:
        balance = yield from self._balance(account, day)
        if balance.day > day:
            raise self.unexpected("balance", f"the balance of {day} is that of a day after it, {balance.day}")
        return balance

    def _closing(self, account: Account, day: date, today: date) -> Flow[BalanceAt]:
        """The balance at the end of `day`, or of the first day after it for which the bank gives one."""
        for _ in range(LONGEST_HOLIDAY):
            if day >= today:
                break
            balance = yield from self._balance(account, day)
            if balance.day == day:
                return balance
            day += DAY
            while day.weekday() >= 5:
                day += DAY
        return (yield from self._balance(account, today, current=True))

    def _balance(self, account: Account, day: date, *, current: bool = False) -> Flow[BalanceAt]:
        query = {} if current else {"dataSaldo": day.isoformat()}
        balance = yield from self.answer("balance", account, Balance, query=query)
        with self.readable("balance", "the balance"):
            refers_to = day if current else _reference(balance.dataReferencia) or day
            if abs(refers_to - day) > LATEST:
                raise ValueError("it refers to a time far from the day that was asked for")
            return BalanceAt(refers_to, fields.amount(money(balance.disponivel)))


def _reference(text: str | None) -> date | None:
    """The day that a balance refers to, documented as DD/MM/YYYY; it may be written as all other days of this API."""
    if not text or not text.strip():
        return None
    return fields.day(text)


def _truth(value: Any) -> bool | None:
    """Yes or no, or a word for it; None for anything else."""
    return value if isinstance(value, bool) else {"TRUE": True, "FALSE": False}.get(fields.fold(value))
