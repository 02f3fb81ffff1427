"""Santander, Bank Account Information v1: the statement of one account over mutual TLS, read by page numbers.

Odd: rows have no id and two equal ones are two movements; there is no balance to prove anything with, only a total in
each answer. Between two pages a list can move by a row and keep its total, unseen. So walking from page to page is
avoided: the first page of a window tells which of its days it holds completely, the other days are asked for as a
window of their own, and the totals of the parts must make up the total of the whole. Only a day that does not fit on
one page is walked, twice, with different page sizes.

Days are asked for as YYYY-MM-DD; an empty list is left out.

Sources: contracts/banks/santander/NOTES.md.
"""

from collections.abc import Iterator
from datetime import date
from itertools import count
from operator import attrgetter
from typing import Any

from msgspec import Struct, field

from gateway.connectors import fields
from gateway.connectors.base import Connector
from gateway.connectors.in_turn import InTurn, in_turn
from gateway.connectors.rows.santander import Balance, Row, movements
from gateway.flow import Flow, Page
from gateway.model import DAY, Account, Balances, Movement, Period

__all__ = ["Santander"]

BANK_ID = "90400888000142"
"""The bank's own CNPJ, by which it names itself in a path."""

NO_BALANCES = "Santander gives no balance of any day, only what is available now, investments included"


class Pageable(Struct, frozen=True):
    """The counters of an answer, texts as a rule."""

    totalRecords: Any
    totalPages: Any = None

    @property
    def total(self) -> int:
        """How many rows the whole answer has."""
        if (found := fields.count(self.totalRecords)) is None:
            raise ValueError("the answer does not say how many entries there are")
        return found

    @property
    def pages(self) -> int:
        """How many pages there are, 0 when the bank does not say."""
        return fields.count(self.totalPages) or 0


class StatementPage(Page, frozen=True):
    """One page of the statement."""

    pageable: Pageable = field(name="_pageable")
    content: list[Row] | Row | str | None = field(name="_content", default=None)

    @property
    def rows(self) -> list[Row]:
        """The rows; an empty list is left out by the bank, and a single row may come without its list."""
        return fields.as_list(self.content)

    @property
    def total(self) -> int:
        """How many rows the whole answer has."""
        return self.pageable.total


class Split(Struct, frozen=True):
    """What the first page of a window is good for."""

    others: tuple[Period, ...]
    """Windows that have to be asked for."""
    seen: Period | None = None
    """Days that should be complete on the page; none or all of the days that are not among the others."""
    rows: list[Row] = []
    """The rows of those days."""


class Santander(Connector[StatementPage]):
    """Reads a Santander account."""

    content_fields = (
        *("transactionDate", "creditDebitType", "amount", "transactionName", "historicComplement"),
        *("documentNumber",),
    )

    def headers(self, account: Account) -> dict[str, str]:
        """The application, besides its token."""
        return {"X-Application-Key": account.credentials["client_id"]}

    def fetch(self, account: Account, period: Period, today: date) -> Flow[Balances]:
        """Every window of the period, and then the present balance, which proves nothing."""
        windows = period.windows(self.window_days)
        for reading in in_turn([self._window(account, window) for window in windows]):
            yield from reading
        available = yield from self.optional(
            "balance",
            account,
            Balance,
            attrgetter("available"),
            bank_id=BANK_ID,
            balance_id=_key_of(account),
        )
        return Balances(reason=NO_BALANCES, available=available)

    def normalise(self, page: StatementPage) -> Iterator[Movement]:
        """Each row as a movement; the sign comes from `creditDebitType`."""
        return movements(page.rows, self.content)

    def _window(self, account: Account, window: Period) -> Flow[int]:
        """Hand over the entries of a window and give their number: from its first page, and the rest in parts."""
        page = yield from self._page(account, window, 1, self.page_size)
        if len(page.rows) == page.total:
            yield page
        elif window.first == window.last:
            yield from self._day(account, window, page)
        else:
            came = yield from self._parts(account, window, page)
            if came != page.total:
                raise self.incoherent(f"{window.first} to {window.last} has {page.total} entries, its parts {came}")
        return page.total

    def _parts(self, account: Account, window: Period, page: StatementPage) -> Flow[int]:
        """Hand over a window that does not fit on its first page, and give how many entries its parts have."""
        split = _split(window, page.rows)
        came = 0
        for reading in in_turn([self._window(account, part) for part in split.others]):
            came += yield from reading
        if split.seen is None:
            return came
        if came + len(split.rows) != page.total:
            # The order of the list is not what its first page made believe, so that page is no help.
            return came + (yield from self._window(account, split.seen))
        yield StatementPage(page.pageable, split.rows)
        return page.total

    def _day(self, account: Account, day: Period, first: StatementPage) -> Flow[None]:
        """Hand over the entries of a day that needs pages, once two walks in different page sizes agree on them."""
        rows = yield from self._walk(account, day, first, self.page_size)
        size = self._other_size(len(first.rows), first.total)
        start = yield from self._page(account, day, 1, size)
        if rows != (yield from self._walk(account, day, start, size)):
            raise self.incoherent(f"two readings of {day.first} differ")
        yield StatementPage(first.pageable, rows)

    def _walk(self, account: Account, day: Period, first: StatementPage, asked: int) -> Flow[list[Row]]:
        """All rows from the first page on, each page as long as it must be."""
        rows, size, number = list(first.rows), len(first.rows), 1
        # A bank that gives less than it was asked for is asked for what it gives: that says where a page begins.
        reading = InTurn(self._page(account, day, each, min(asked, size)) for each in count(number + 1))
        while (left := first.total - len(rows)) > 0:
            number += 1
            page = yield from reading.next((left - 1) // size)
            if page.total != first.total or len(page.rows) != min(size, left):
                raise self.incoherent(f"page {number} of {day.first} does not fit the first one")
            rows += page.rows
        return rows

    def _other_size(self, size: int, total: int) -> int:
        """A page size for the second walk: one that leaves the last page short, so that a shifted list shows there."""
        larger = range(size + 1, self.contract.paging.max_size + 1) if size >= self.page_size else ()
        return next((other for other in (*range(size - 1, 0, -1), *larger) if total % other), max(1, size - 1))

    def _page(self, account: Account, window: Period, number: int, size: int) -> Flow[StatementPage]:
        page = yield from self.answer_if_any(
            "statement",
            account,
            StatementPage,
            query={
                "initialDate": window.first.isoformat(),
                "finalDate": window.last.isoformat(),
                "_offset": str(number),
                "_limit": str(size),
            },
            bank_id=BANK_ID,
            statement_id=_key_of(account),
        )
        page = StatementPage(Pageable("0")) if page is None else page
        rows, total, pages = len(page.rows), page.total, page.pageable.pages
        self.check_days((row.day for row in page.rows), window)
        if rows > total or (total and not rows) or (rows == total and pages > 1):
            raise self.incoherent(f"a page has {rows} entries of {total} on {pages} pages")
        return page


def _key_of(account: Account) -> str:
    """The account in a path: four digits of the branch and twelve of the number."""
    return f"{fields.digits(account.branch):0>4}.{fields.digits(account.number):0>12}"


def _split(window: Period, rows: list[Row]) -> Split:
    """Divide a window by what its first page shows.

    The bank documents no order. Ascending, all days before the last one seen should be complete; descending, all days
    after it. The totals then tell whether they are.
    """
    days = [row.day for row in rows]
    edge = days[-1]
    if min(days) == max(days):
        around = ((window.first, edge - DAY), (edge, edge), (edge + DAY, window.last))
        return Split(tuple(Period(first, last) for first, last in around if first <= last))
    if days == sorted(days):
        return Split((Period(edge, window.last),), Period(window.first, edge - DAY), [r for r in rows if r.day < edge])
    if days == sorted(days, reverse=True):
        return Split((Period(window.first, edge),), Period(edge + DAY, window.last), [r for r in rows if r.day > edge])
    middle = window.first + (window.last - window.first) // 2
    return Split((Period(window.first, middle), Period(middle + DAY, window.last)))
