"""A long part of a ledger as a sequence whose movements are made while it is read."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate
from threading import RLock
from typing import overload

from simulators.ledgers.books import Books
from simulators.ledgers.entries import LedgerEntry

__all__ = ["LazyRows"]

Part = tuple[int, int, int]
"""Of which day, from which of its movements on, before which one."""


class LazyRows(Sequence[LedgerEntry]):
    """Movements of some days. It stays what it was, even when the ledger is changed afterwards.

    Args:
        books: make the movements of a day.
        lock: held while they do.
        parts: in the order of days, none of them empty.
        newest_first: whether the last movement is the first here.
    """

    def __init__(self, books: Books, lock: RLock, parts: Sequence[Part], *, newest_first: bool = False) -> None:
        self._books = books
        self._lock = lock
        self._parts = parts
        self._newest_first = newest_first
        self._ends = list(accumulate(high - low for _, low, high in parts))

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def __iter__(self) -> Iterator[LedgerEntry]:
        for part in reversed(self._parts) if self._newest_first else self._parts:
            rows = self._rows(part)
            yield from reversed(rows) if self._newest_first else rows

    @overload
    def __getitem__(self, index: int) -> LedgerEntry: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[LedgerEntry]: ...

    def __getitem__(self, index: int | slice) -> LedgerEntry | Sequence[LedgerEntry]:
        if isinstance(index, slice):
            return self._cut(range(len(self))[index])
        place = range(len(self))[index]
        place = len(self) - 1 - place if self._newest_first else place
        number = bisect_right(self._ends, place)
        rows = self._rows(self._parts[number])
        return rows[place - self._ends[number]]  # counted from the end of the part

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence):
            return NotImplemented
        return len(self) == len(other) and all(mine == its for mine, its in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]

    def _rows(self, part: Part) -> list[LedgerEntry]:
        index, low, high = part
        with self._lock:
            return self._books.rows(index)[low:high]

    def _cut(self, places: range) -> Sequence[LedgerEntry]:
        """The movements at these places; they stay lazy where they are neighbours."""
        if not places or abs(places.step) != 1:
            return [self[place] for place in places]
        first, last = min(places[0], places[-1]), max(places[0], places[-1])
        if self._newest_first:
            first, last = len(self) - 1 - last, len(self) - 1 - first
        parts: list[Part] = []
        for (index, low, high), end in zip(self._parts, self._ends, strict=True):
            begin = end - (high - low)
            left, right = max(first - begin, 0), min(last + 1 - begin, high - low)
            if left < right:
                parts.append((index, low + left, low + right))
        turned = self._newest_first is not (places.step < 0)
        return LazyRows(self._books, self._lock, parts, newest_first=turned)
