"""Tells rows that came twice from rows that are equal, in a list whose rows have no id and stand in groups by day.

A day may come in several groups. A page may also break off within a day that the next page continues. Two equal rows on
one page, or within a day that two pages share, may be two movements. A row that equals one of an earlier page otherwise
came twice.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date

from msgspec import Struct

from gateway.completeness.digests import DigestSet, digest_of
from gateway.errors import IncoherentPages

__all__ = ["Group", "Groups"]


class Group(Struct, frozen=True):
    """A day of one page, and its rows as the bank sent them."""

    day: date
    rows: frozenset[bytes]

    @property
    def digests(self) -> Iterator[int]:
        """Of the rows, other ones on another day."""
        day = self.day.isoformat().encode()
        return (digest_of(day + row) for row in self.rows)


class Groups:
    """The groups of one list.

    Proves that no page repeats a row of an earlier one. The evidence is the rows themselves within their day, those of
    neighbouring pages byte by byte and earlier ones by digests; that no row is missing is not proved.

    Args:
        bank: slug, for the failure.
    """

    def __init__(self, bank: str) -> None:
        self._bank = bank
        self._earlier = DigestSet()
        """Digests of the rows of earlier pages: the rows of a large list would not fit into memory."""
        self._last = Group(date.min, frozenset())
        """The last group of the page before, without rows before the first; the next page may continue its day."""

    def add(self, page: Sequence[Group]) -> Iterator[date]:
        """Add a page; yield each day that has a row twice on it: two movements, or one that came twice.

        Raises:
            IncoherentPages: the page has a row of an earlier page, other than in the day that both share.
        """
        if not page:
            return
        if page[0].day != self._last.day:
            self._earlier.update(self._last.digests)
        here = defaultdict(set, {self._last.day: set(self._last.rows)})
        for group in page:
            if any(digest in self._earlier for digest in group.digests):
                raise IncoherentPages(self._bank, "a day comes twice, with equal rows")
            if group.rows & here[group.day]:
                yield group.day
            here[group.day] |= group.rows
        for group in (self._last, *page[:-1]):
            self._earlier.update(group.digests)
        self._last = page[-1]
