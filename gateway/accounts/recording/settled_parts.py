"""The settled entries of a statement in parts, so that neither memory nor a transaction holds many of them at once."""

from array import array
from bisect import bisect_right
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from datetime import date, datetime
from itertools import pairwise
from typing import TypeVar

import msgspec
from msgspec import Raw

from gateway.concurrency.pacing import resting
from gateway.limits import ID_RANGES_AT_ONCE, ID_START_DIGITS, KEPT_AT_ONCE, MANY_ENTRIES, SPOOLED_PARTS_AT_ONCE
from gateway.model import DAY, Entry, Period, Stability, Statement, Verdict
from gateway.statement.spool import Part, Spool
from gateway.storage.statements.kept_values import IdRange, Settled

__all__ = ["settled_days", "settled_parts"]

ENCODE = msgspec.json.Encoder().encode
DECODE: Callable[[bytes], list[Entry]] = msgspec.json.Decoder(list[Entry]).decode
SPLIT: Callable[[bytes], list[Raw]] = msgspec.json.Decoder(list[Raw]).decode
"""Entries as they are encoded: to put them in another order they need not be decoded."""

FINAL = Stability.FINAL
T = TypeVar("T")

AFTER_ALL_IDS = "g"
"""A text that comes after all ids, which are hexadecimal digits."""


def settled_days(statement: Statement) -> Period | None:
    """The settled days of a statement; None where it has none, as one that is disproved."""
    last = min(statement.period.last, statement.complete_through)
    if statement.proof.verdict is Verdict.DISPROVED or last < statement.period.first:
        return None
    return Period(statement.period.first, last)


def settled_parts(statement: Statement, at_once: int = KEPT_AT_ONCE) -> Iterator[Settled]:
    """The final entries of the settled days, in parts.

    A part has all entries of some days that follow one another, or, where these are too many, those of a range of ids.
    A statement without settled days has no part.

    Args:
        statement: whose entries are kept.
        at_once: about how many entries a part has. A statement that has no more is one part.

    Raises:
        GatewayError: there is no room for many entries of one day, or spooled ones cannot be read.
    """
    if (days := settled_days(statement)) is None:
        return
    some = _SomeDays(days.first, at_once)
    for entry in statement.entries:
        if entry.date > days.last:
            break
        if some.last < entry.date and some.count >= at_once:
            yield from some.parts(some.last, statement.fetched_at, ends_statement=False)
            some = _SomeDays(some.last + DAY, at_once)
        if entry.stability is FINAL:
            some.add(entry)
    yield from some.parts(days.last, statement.fetched_at, ends_statement=True)


class _SomeDays:
    """The entries of some days: few in memory, many in a sealed file.

    Args:
        first: the first of the days.
        at_once: about how many entries a part has.
    """

    def __init__(self, first: date, at_once: int) -> None:
        self._at_once = at_once
        self._first = self.last = first
        """The day of the last entry."""
        self._held: list[Entry] = []
        """All entries, or those that are not in the file yet."""
        self._spool: Spool | None = None
        self._spooled: list[Part] = []
        self._id_starts = array("Q")
        """Of the entries in the file."""

    @property
    def count(self) -> int:
        """How many entries there are."""
        return len(self._id_starts) + len(self._held)

    def add(self, entry: Entry) -> None:
        """Add an entry, in order of days.

        Raises:
            GatewayError: there is no room for it on the disk, or it fails.
        """
        self.last = entry.date
        self._held.append(entry)
        if len(self._held) > 2 * MANY_ENTRIES:
            self._write()

    def parts(self, last: date, fetched_at: datetime, *, ends_statement: bool) -> Iterator[Settled]:
        """The entries of the days to this one, after the last was added.

        Raises:
            GatewayError: as `add`.
        """
        days = Period(self._first, last)
        if self._spool is None and self.count <= 2 * self._at_once:
            yield Settled(days, self._held, fetched_at, ends_statement=ends_statement)
            return
        self._id_starts.extend(_start_of(entry.id) for entry in self._held)
        cuts = sorted(self._id_starts)[self._at_once :: self._at_once]
        bounds = ["", *(f"{cut:0{ID_START_DIGITS}x}" for cut in cuts), AFTER_ALL_IDS]
        with closing(self._divided(cuts)) as divided:
            for (begin, end), entries in zip(pairwise(bounds), divided, strict=True):
                is_last = end == AFTER_ALL_IDS
                yield Settled(
                    days,
                    entries,
                    fetched_at,
                    ids=IdRange(begin, end),
                    count=len(self._id_starts),
                    ends_days=is_last,
                    ends_statement=is_last and ends_statement,
                )

    def _write(self) -> None:
        """Move the held entries to the file."""
        spool = self._spool = self._spool or Spool()
        self._id_starts.extend(_start_of(entry.id) for entry in self._held)
        self._spooled.append(spool.write(ENCODE(self._held)))
        self._held.clear()

    def _divided(self, cuts: list[int]) -> Generator[list[Entry], None, None]:
        """The entries between each two of these starts of ids."""
        if self._spool is None:
            yield from _in_ranges(self._id_starts, self._held, cuts)
            return
        with closing(self._spool) as spool:
            self._spooled.append(spool.write(ENCODE(self._held)))
            self._held.clear()
            # Entries of several ranges stand together in the file, and are put into their ranges when they are read.
            for place, parts in enumerate(self._regrouped(spool, cuts[ID_RANGES_AT_ONCE - 1 :: ID_RANGES_AT_ONCE])):
                entries = [entry for part in parts for entry in DECODE(spool.read(part))]
                begin = place * ID_RANGES_AT_ONCE
                between = cuts[begin : begin + ID_RANGES_AT_ONCE - 1]
                yield from _in_ranges([_start_of(entry.id) for entry in entries], entries, between)

    def _regrouped(self, spool: Spool, cuts: list[int]) -> list[list[Part]]:
        """The spooled entries between each two of these starts of ids, in parts that are written anew."""
        written: list[list[Part]] = [[] for _ in range(len(cuts) + 1)]
        starts, waiting = iter(self._id_starts), list[Raw]()
        for number, part in enumerate(self._spooled, 1):
            waiting += SPLIT(spool.read(part))
            if number % SPOOLED_PARTS_AT_ONCE and number < len(self._spooled):
                continue
            for parts, entries in resting(zip(written, _in_ranges(starts, waiting, cuts), strict=True)):
                if entries:
                    parts.append(spool.write(ENCODE(entries)))
            waiting.clear()
        return written


def _in_ranges(starts: Iterable[int], entries: Iterable[T], cuts: list[int]) -> list[list[T]]:
    """The entries before the first of these starts of ids, between each two, and from the last.

    Args:
        starts: the starts of the entries' ids, in the same order; of further entries too.
        entries: they themselves.
        cuts: the starts of ids between which they are put, in order.
    """
    found: list[list[T]] = [[] for _ in range(len(cuts) + 1)]
    # Entries come first: `zip` then takes no start beyond them.
    for entry, start in resting(zip(entries, starts, strict=False)):
        found[bisect_right(cuts, start)].append(entry)
    return found


def _start_of(entry_id: str) -> int:
    return int(entry_id[:ID_START_DIGITS], 16)
