"""The movements of one reading, collected as its pages come.

Theory of operation. Up to `HELD_ENTRIES` movements are a list in memory. Beyond it all go to a sealed file
(`gateway.statement.spool`), those of one day in parts of some hundred, and what stays in memory is where each part
stands, and sums by day. Digests of the bank's ids go there too, eight bytes each. Both are read in the same order, any
number of times, by any number of threads, so that what comes after need not know which of the two it reads.

Where a bank promises no order, those of a day are put in the order of time as they are read. Parts that follow each
other in time, as those of a list that runs one way, are in memory one after the other. Of a list that does not,
`UNORDERED_ENTRIES` of a day wait in memory; where that is not enough they are given as nearly in order as it allows.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from heapq import heappop, heappush
from operator import attrgetter

import msgspec
from msgspec import Struct

from gateway.completeness.digests import digest_of, repeated
from gateway.concurrency.pacing import batches, rest, resting
from gateway.connectors.wording import balance_called
from gateway.limits import CREDIBLE_YEARS, DIGEST_PARTS, DIGESTS_HELD, ENTRIES_AT_ONCE, HELD_ENTRIES, UNORDERED_ENTRIES
from gateway.model import BRASILIA, ZERO, Movement, Period, Undecided
from gateway.statement.spool import Part, Spool

__all__ = ["Moved", "Movements", "booked_at", "oldest_first"]

ENCODE = msgspec.json.Encoder().encode
"""JSON rather than MessagePack, which loses the offset of an instant."""
DECODE = msgspec.json.Decoder(list[Movement]).decode

day_of: Callable[[Movement], date] = attrgetter("date")
amount_of: Callable[[Movement], Decimal] = attrgetter("amount")
kind_of: Callable[[Movement], tuple[date, bool, bool]] = attrgetter("date", "provisional", "blocked")


def booked_at(movement: Movement) -> datetime | None:
    """When it was booked; None too where the bank has filled in an instant of another age for one that it lacks."""
    moment = movement.booked_at
    return moment if moment is None or moment.year in CREDIBLE_YEARS else None


def instant_of(movement: Movement) -> datetime:
    """When it was booked; of one that has no time, the beginning of its day."""
    return booked_at(movement) or datetime.combine(movement.date, time(), BRASILIA)


def oldest_first(movements: Sequence[Movement], *, newest_first: bool = False, by_time: bool = False) -> list[Movement]:
    """The movements of a list, oldest first, those of an instant in the bank's order.

    Args:
        movements: in the order in which they came.
        newest_first: whether they came so.
        by_time: whether nothing but their instants tells their order; the first and the last one then tell which way
            the list runs.
    """
    if by_time and movements:
        newest_first = instant_of(movements[0]) >= instant_of(movements[-1])
    ordered = list(reversed(movements) if newest_first else movements)
    return sorted(ordered, key=instant_of) if by_time else ordered


class Moved(Struct, frozen=True):
    """What movements of one day come to that are alike in what counts for the proof."""

    day: date
    provisional: bool
    blocked: bool
    count: int
    amount: Decimal


class Movements:
    """The movements of one reading.

    Args:
        newest_first: whether they are added so; they are given oldest first.
        by_time: whether nothing but their instants tells their order.
        most_held: how many of them stay in memory.
    """

    def __init__(self, *, newest_first: bool = False, by_time: bool = False, most_held: int = HELD_ENTRIES) -> None:
        self._newest_first = newest_first
        self._by_time = by_time
        self._first: datetime | None = None
        """The instant of the first movement that was added."""
        self._most_held = most_held
        self._pending: list[Movement] = []
        """All movements, or those that are not in the file yet."""
        self._spool: Spool | None = None
        self._spooled = 0
        self._parts: defaultdict[date, list[Part]] = defaultdict(list)
        self._earliest: dict[Part, datetime] = {}
        """By part, the first instant in it, where instants tell the order."""
        self._sums: dict[tuple[date, bool, bool], tuple[int, Decimal]] = {}
        self._called_balances: set[Undecided] = set()
        self._ids = _Ids()

    @classmethod
    def of(cls, movements: Iterable[Movement]) -> "Movements":
        """These movements, oldest first, in memory."""
        held = cls()
        held._pending = sorted(movements, key=day_of)
        held._count(held._pending)
        return held

    def __len__(self) -> int:
        return len(self._pending) + self._spooled

    @property
    def is_spooled(self) -> bool:
        """Whether they are in a file."""
        return self._spool is not None

    def add(self, movements: Iterable[Movement]) -> None:
        """Add movements of one page or several, within a day in the bank's order.

        Raises:
            GatewayError: there is no room for them on the disk, or it fails.
        """
        for some in batches(resting(movements), ENTRIES_AT_ONCE):
            self._pending += some
            if len(self._pending) > (self._most_held if self._spool is None else ENTRIES_AT_ONCE):
                self._write()

    def finish(self) -> None:
        """Put them in order, after the last one was added.

        Raises:
            GatewayError: as `add`.
        """
        if self._spool is not None:
            self._write()
            return
        self._pending = oldest_first(self._pending, newest_first=self._newest_first, by_time=self._by_time)
        self._pending.sort(key=day_of)
        self._count(self._pending)

    def close(self) -> None:
        """Close the file, if there is one. Otherwise it is closed when nothing refers to these movements any more."""
        if self._spool is not None:
            self._spool.close()

    @property
    def sums(self) -> Iterator[Moved]:
        """The sums of the movements, in no particular order."""
        return (Moved(*kind, *sums) for kind, sums in self._sums.items())

    @property
    def called_balances(self) -> frozenset[Undecided]:
        """The days of those that the bank calls like a balance, and the names."""
        return frozenset(self._called_balances)

    def within(self, period: Period) -> Iterator[Movement]:
        """Those of a period, by day, within a day in the bank's order, oldest first.

        Raises:
            GatewayError: the disk fails.
        """
        if self._spool is None:
            begin = bisect_left(self._pending, period.first, key=day_of)
            return resting(self._pending[begin : bisect_right(self._pending, period.last, key=day_of)])
        return self._read(self._spool, sorted(day for day in self._parts if day in period))

    def sharing_ids(self) -> Iterator[Movement]:
        """Those whose id of the bank another one may have too; all that share one, and hardly any other.

        Raises:
            GatewayError: the disk fails.
        """
        if self._spool is None:
            ids = Counter(movement.bank_id for movement in self._pending)
            del ids[None]
            return (movement for movement in self._pending if ids[movement.bank_id] > 1)
        if not (shared := self._ids.repeated(self._spool)):
            return iter(())
        everything = self._read(self._spool, sorted(self._parts))
        return (each for each in everything if each.bank_id is not None and digest_of(each.bank_id) in shared)

    def _count(self, movements: Iterable[Movement]) -> None:
        alike: defaultdict[tuple[date, bool, bool], list[Decimal]] = defaultdict(list)
        for movement in movements:
            alike[kind_of(movement)].append(movement.amount)
            if name := balance_called(movement.description):
                self._called_balances.add(Undecided(movement.date, name))
        for kind, amounts in alike.items():
            count, amount = self._sums.get(kind, (0, ZERO))
            self._sums[kind] = count + len(amounts), sum(amounts, amount)

    def _write(self) -> None:
        """Move the pending movements to the file, those of a day together."""
        if not self._pending:
            return
        spool = self._spool = self._spool or Spool()
        self._count(self._pending)
        self._ids.add([movement.bank_id for movement in self._pending if movement.bank_id is not None], spool)
        if self._by_time:
            self._first = self._first or instant_of(self._pending[0])
            # The first and the last one of all tell it in the end.
            self._newest_first = self._first >= instant_of(self._pending[-1])
        days: defaultdict[date, list[Movement]] = defaultdict(list)
        for movement in self._pending:
            days[movement.date].append(movement)
        for day, movements in days.items():
            part = spool.write(ENCODE(movements))
            self._parts[day].append(part)
            if self._by_time:
                self._earliest[part] = min(map(instant_of, movements))
        self._spooled += len(self._pending)
        self._pending.clear()

    def _read(self, spool: Spool, days: Iterable[date]) -> Iterator[Movement]:
        for day in days:
            parts = self._parts[day][::-1] if self._newest_first else self._parts[day]
            if self._by_time:
                yield from resting(self._in_time(spool, parts))
                continue
            for part in parts:
                yield from resting(self._of_part(spool, part))

    def _of_part(self, spool: Spool, part: Part) -> list[Movement]:
        movements = DECODE(spool.read(part))
        return movements[::-1] if self._newest_first else movements

    def _in_time(self, spool: Spool, parts: Sequence[Part]) -> Iterator[Movement]:
        """Those of a day in the order of time, those of an instant in the order of the parts."""
        waiting: list[tuple[datetime, int, int, Movement]] = []
        for number, part in sorted(enumerate(parts), key=lambda each: self._earliest[each[1]]):
            earliest = self._earliest[part]
            while waiting and (waiting[0][0] < earliest or len(waiting) > UNORDERED_ENTRIES):
                yield heappop(waiting)[-1]
            for place, movement in enumerate(self._of_part(spool, part)):
                heappush(waiting, (instant_of(movement), number, place, movement))
        while waiting:
            yield heappop(waiting)[-1]


class _Ids:
    """Digests of the bank's ids, in parts that are compared one after the other: few in memory, others in the file."""

    def __init__(self) -> None:
        self._held: defaultdict[int, array[int]] = defaultdict(lambda: array("q"))
        self._count = 0
        """Those in memory."""
        self._written: defaultdict[int, list[Part]] = defaultdict(list)

    def add(self, ids: list[str], spool: Spool) -> None:
        """Add the digests of ids.

        Raises:
            GatewayError: there is no room for them in the file, or it fails.
        """
        for digest in map(digest_of, ids):
            self._held[digest % DIGEST_PARTS].append(digest)
        self._count += len(ids)
        if self._count > DIGESTS_HELD:
            for number, held in self._held.items():
                self._written[number].append(spool.write(held.tobytes()))
            self._held.clear()
            self._count = 0

    def repeated(self, spool: Spool) -> frozenset[int]:
        """The digests that were added more than once.

        Raises:
            GatewayError: the file cannot be read.
        """
        found = set[int]()
        for number in range(DIGEST_PARTS):
            digests = self._held[number][:]
            for part in self._written[number]:
                digests.frombytes(spool.read(part))
            found |= repeated(digests)
            rest()
        return frozenset(found)
