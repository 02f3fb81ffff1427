"""Telling rows that came twice from rows that are equal, in a list whose rows have no id and stand in groups by day.

A day may come in several groups, also on two pages of which the second goes on where the first broke off. A row that
is in two groups of a page, or of a broken day, may be two movements; a row of an earlier page came again.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date

from msgspec import Struct

from gateway.errors import IncoherentPages

__all__ = ["Group", "Groups"]


class Group(Struct, frozen=True):
    """A day of one page, and its rows as the bank sent them."""

    day: date
    rows: frozenset[bytes]


class Groups:
    """The groups of one list. A day may come in several of them, of which no two have an equal row.

    Args:
        bank: slug, for the failure.
    """

    def __init__(self, bank: str) -> None:
        self._bank = bank
        self._earlier: defaultdict[date, set[bytes]] = defaultdict(set)
        self._last: Group | None = None
        """The group with which the page before ended; the next page may begin within its day."""

    def add(self, page: Sequence[Group]) -> Iterator[date]:
        """Note a page; give the days of which it has a row twice: two movements, or one that came twice.

        Raises:
            IncoherentPages: it has a row of an earlier page, but for one with which that ended.
        """
        here: defaultdict[date, set[bytes]] = defaultdict(set)
        if self._last is not None and page:
            begins = page[0].day == self._last.day
            (here if begins else self._earlier)[self._last.day] |= self._last.rows
        for group in page:
            if group.rows & self._earlier[group.day]:
                raise IncoherentPages(self._bank, "a day comes twice, with equal rows")
            if group.rows & here[group.day]:
                yield group.day
            here[group.day] |= group.rows
        if page:
            for group in (*([self._last] if self._last is not None else []), *page[:-1]):
                self._earlier[group.day] |= group.rows
            self._last = page[-1]
