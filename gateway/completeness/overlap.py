"""Joins pages that overlap, of a list in which most rows have an id and some have none.

A row whose id was on an earlier page is the same row. A row without id is the same row as an equal one of an earlier
page when a row that is known by its id stands after it. Any other row without id is kept: it may be a movement of its
own that only looks the same. Only the announced total can tell, and must then equal the number of rows kept.
"""

from collections.abc import Sequence
from typing import Generic, Protocol, TypeVar

import msgspec

from gateway.completeness.counts import MOST_PAGES
from gateway.completeness.digests import DigestSet, DigestTable, digest_of
from gateway.entry_ids import row_id
from gateway.errors import IncoherentPages

__all__ = ["Overlap"]

MOST_PAGES_WITHOUT_NEW_ROWS = 3
"""Pages in a row that may bring no new row; more are a loop. A small page that overlaps by one row may bring none."""


class Row(Protocol):
    """A row of the list: a frozen struct."""

    @property
    def id(self) -> str | int | None:
        """The bank's id, if the row has one (`gateway.entry_ids.row_id`)."""
        ...


R = TypeVar("R", bound=Row)


class Overlap(Generic[R]):
    """The pages of one list that may share rows.

    Proves that every announced row came, and gives each row once. The evidence is the ids of the rows and the total
    that the first page announces.

    Args:
        bank: slug, for the failure.
    """

    def __init__(self, bank: str) -> None:
        self._bank = bank
        self._pages = self._kept = self._pages_without_new_rows = 0
        self._announced: int | None = None
        self._contents_by_id = DigestTable()
        """Digests of contents by digests of ids: the rows of a large list would not fit into memory."""
        self._contents_without_id = DigestSet()
        self._has_ambiguous_rows = False
        self._latest: Sequence[R] = ()
        """The page before, where a row of it has an id."""

    def add(self, rows: Sequence[R], announced: int | None) -> list[R]:
        """Add a page; give its rows that were not on an earlier one.

        Args:
            rows: the page.
            announced: how many rows the bank says the list has; None where it gives no number. Only that of the first
                page counts, because a list may grow while it is read.

        Raises:
            IncoherentPages: two rows with one id differ, or the pages repeat themselves or never end.
        """
        self._pages += 1
        if self._pages > MOST_PAGES:
            raise IncoherentPages(self._bank, f"more than {MOST_PAGES} pages")
        if self._pages == 1:
            self._announced = announced
        ids = [digest_of(found) if (found := _id(row)) else None for row in rows]
        # A page that has ids and is as the one before it is the same page, its rows without id included.
        again = bool(self._latest) and rows == self._latest
        self._latest = rows if any(entry is not None for entry in ids) else ()
        last_known = self._last_known(ids) if None in ids else -1
        without_id: set[int] = set()
        fresh: list[R] = []
        for number, (row, entry) in enumerate([] if again else zip(rows, ids, strict=True)):
            if entry is not None:
                is_fresh = self._is_new(entry, row)
            else:
                content = digest_of(msgspec.json.encode(row))
                without_id.add(content)
                is_fresh = self._is_apart(content, beyond_known=number > last_known)
            if is_fresh:
                fresh.append(row)
        self._contents_without_id.update(without_id)
        self._kept += len(fresh)
        self._pages_without_new_rows = 0 if fresh or not rows else self._pages_without_new_rows + 1
        if self._pages_without_new_rows > MOST_PAGES_WITHOUT_NEW_ROWS and not self.goes_round:
            raise IncoherentPages(self._bank, "the pages repeat themselves")
        return fresh

    @property
    def goes_round(self) -> bool:
        """Whether the pages repeat themselves after exactly the rows that were announced: nothing is lacking then."""
        return self._pages_without_new_rows > MOST_PAGES_WITHOUT_NEW_ROWS and self._kept == self._announced

    def finish(self) -> None:
        """Check the list at its end. More rows than announced are accepted where all of them have an id.

        Raises:
            IncoherentPages: fewer rows came than were announced, or a row without id may have come twice.
        """
        if self._announced is not None and self._kept < self._announced:
            raise IncoherentPages(self._bank, f"{self._announced} entries were announced, {self._kept} came")
        if (doubt := self.doubt) is not None:
            raise IncoherentPages(self._bank, doubt)

    @property
    def doubt(self) -> str | None:
        """Why a row without id may have come twice; None where none can have."""
        if self._has_ambiguous_rows and self._kept != self._announced:
            return "equal rows without id are on two pages, and the total does not tell why"
        return None

    def _is_new(self, entry: int, row: R) -> bool:
        """Whether no row with this id has come before."""
        came_before = self._contents_by_id.add(entry, _digest(row))
        if came_before is False:
            raise IncoherentPages(self._bank, "the same entry came with two contents")
        return came_before is None

    def _is_apart(self, content: int, *, beyond_known: bool) -> bool:
        """Whether a row without id, of which this is the digest, is none that has come before."""
        seen = content in self._contents_without_id
        self._has_ambiguous_rows |= seen and beyond_known
        return not seen or beyond_known

    def _last_known(self, ids: Sequence[int | None]) -> int:
        """The place of the last row whose id has come before; -1 where there is none."""
        known = (number for number, entry in enumerate(ids) if entry is not None and entry in self._contents_by_id)
        return max(known, default=-1)


def _id(row: Row) -> str:
    """The bank's id of a row; empty where it has none that names the row alone."""
    return (row_id(row.id) or "").strip()


def _digest(row: Row) -> int:
    """A digest of the row, the same for equal rows, within this process only."""
    try:
        return hash(row)
    except TypeError:  # an object of JSON is in it
        return digest_of(msgspec.json.encode(row, order="deterministic"))
