"""Joining pages that overlap, of a list whose rows have an id, except for some.

A row whose id was on an earlier page is the same row. A row without id is the same one when it equals a row of an
earlier page and stands before a row that is known by its id. Otherwise it may be another one that only looks the same;
it is kept, and the total that the bank announced must then agree to the row.
"""

from collections.abc import Sequence
from typing import Generic, Protocol, TypeVar

import msgspec

from gateway.completeness.counts import MOST_PAGES
from gateway.errors import IncoherentPages

__all__ = ["Overlap"]

MOST_STALE = 3
"""So many full pages in a row without a new row are a loop. Small pages that overlap by a row may bring none once."""


class Row(Protocol):
    """A row of the list: a struct that can be compared."""

    @property
    def id(self) -> str | None:
        """The bank's id, if the row has one."""
        ...


R = TypeVar("R", bound=Row)


class Overlap(Generic[R]):
    """The pages of one list.

    Args:
        bank: slug, for the failure.
    """

    def __init__(self, bank: str) -> None:
        self._bank = bank
        self._pages = self._kept = self._stale = 0
        self._announced: int | None = None
        self._named: dict[str, R] = {}
        self._nameless: set[bytes] = set()
        self._doubtful = False

    def add(self, rows: Sequence[R], announced: int | None) -> list[R]:
        """The rows of a page that were not on an earlier one.

        Args:
            rows: the page.
            announced: how many rows the bank says the list has. Only what the first page says counts, for a list may
                grow while it is read.

        Raises:
            IncoherentPages: an id came with two contents, or the pages repeat themselves or never end.
        """
        self._pages += 1
        if self._pages > MOST_PAGES:
            raise IncoherentPages(self._bank, f"more than {MOST_PAGES} pages")
        if self._pages == 1:
            self._announced = announced
        last_known = max((number for number, row in enumerate(rows) if row.id in self._named), default=-1)
        nameless = {number: msgspec.json.encode(row) for number, row in enumerate(rows) if not row.id}
        fresh = [
            row for number, row in enumerate(rows) if self._is_fresh(row, nameless.get(number), number > last_known)
        ]
        self._nameless.update(nameless.values())
        self._kept += len(fresh)
        self._stale = 0 if fresh or not rows else self._stale + 1
        if self._stale > MOST_STALE:
            raise IncoherentPages(self._bank, "the pages repeat themselves")
        return fresh

    def finish(self) -> None:
        """Close the account. A total that is too small is not held against rows that have an id.

        Raises:
            IncoherentPages: rows that were announced did not come, or rows without id may have come twice.
        """
        if self._announced is not None and self._kept < self._announced:
            raise IncoherentPages(self._bank, f"{self._announced} entries were announced, {self._kept} came")
        if (doubt := self.doubt) is not None:
            raise IncoherentPages(self._bank, doubt)

    @property
    def doubt(self) -> str | None:
        """Why rows may have come twice without anything telling; None where none may."""
        if self._doubtful and self._kept != self._announced:
            return "equal rows without id are on two pages, and the total does not tell why"
        return None

    def _is_fresh(self, row: R, content: bytes | None, beyond_known: bool) -> bool:  # noqa: FBT001 - private
        if content is not None:
            seen = content in self._nameless
            self._doubtful |= seen and beyond_known
            return not seen or beyond_known
        known = self._named.get(str(row.id))
        if known is None:
            self._named[str(row.id)] = row
        elif known != row:
            raise IncoherentPages(self._bank, "the same entry came with two contents")
        return known is None
