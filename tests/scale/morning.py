"""A morning in virtual time: how long the daily import takes for so many accounts and processes.

`python -m tests.scale.morning` prints the tables of docs/scale.md, within seconds. What the banks document (hours and
limits of calls) is taken from their contracts, what the gateway allows itself from `gateway.limits`, and what a
statement takes from `figures.py`.

The model. Accounts are spread evenly over the banks. An account is due at its bank's hour, at its own minute of the
hour after. A process has so many imports under way. An import makes its calls one after the other; each waits for the
bank, and then for the one processor of its process. At its end it waits for the database, which all processes share.
Processes do not differ, so that one of them with its part of the accounts and of the database is played. Calls of one
client wait for the limits of its bank. No call fails.
"""

import math
import random
from collections import defaultdict, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from heapq import heappop, heappush, heapreplace
from itertools import count

import rich_click as click

import contracts
from gateway.limits import (
    DAYS_REMEMBERED,
    IMPORT_LATE,
    IMPORT_ROUND,
    IMPORT_SPREAD_SECONDS,
    IMPORTS_AT_ONCE,
    QUOTA_MARGIN_SECONDS,
    RETENTION_DAYS,
)
from tests.scale.figures import (
    BALANCE_BYTES,
    BANK_SECONDS,
    CALLS,
    DATABASE_SECONDS,
    ENTRIES_PER_DAY,
    ENTRY_BYTES,
    FOUND_AGAIN_DATABASE_SECONDS,
    FOUND_AGAIN_SECONDS,
    PROCESSOR_SECONDS,
    SEAL_BYTES,
)

__all__ = ["CLIENTS", "HEAD", "TOWNS", "Town", "client_rows", "gigabytes", "morning", "rounds", "town_rows"]

HOUR = 3600.0


@dataclass(frozen=True)
class Town:
    """Accounts, and what imports them."""

    accounts: int
    processes: int
    at_once: int = IMPORTS_AT_ONCE
    database_processors: int = 2
    bank_seconds: float = BANK_SECONDS


@dataclass
class Outcome:
    """What became of a morning."""

    last: dict[str, float] = field(default_factory=dict)
    """By the hour of the banks: hours from there to the end of the last import."""
    late: int = 0
    """Accounts that were not imported two hours after the hour of their bank."""
    processor: float = 0.0
    """Part of its busiest hour in which the processor of a process is busy."""
    database: float = 0.0
    """That of the database's processors."""
    rounds: float = 0.0
    """Processors of the database that the rounds of all processes keep busy while most accounts are due."""
    calls_per_hour: int = 0
    """Most calls at one bank in one hour."""


TOWNS = (
    Town(1_000, 1),
    Town(10_000, 1),
    Town(100_000, 1),
    Town(100_000, 1, at_once=32),
    Town(100_000, 4),
    Town(100_000, 4, bank_seconds=2.0),
    Town(1_000_000, 10),
    Town(1_000_000, 40),
    Town(1_000_000, 12, at_once=32),
    Town(1_000_000, 12, at_once=32, database_processors=8),
)
CLIENTS = (1, 10, 50, 100, 500)
"""Accounts of one client of a bank."""


class Server:
    """Something that does one thing at a time."""

    def __init__(self) -> None:
        self.free_at = 0.0
        self._busy: defaultdict[int, float] = defaultdict(float)

    def done(self, now: float, seconds: float) -> float:
        """When a piece of work ends that comes now."""
        begin = max(self.free_at, now)
        self.free_at = begin + seconds
        self._busy[int(begin // HOUR)] += seconds
        return self.free_at

    @property
    def busiest(self) -> float:
        """Part of its busiest hour in which it was busy."""
        return min(1.0, max(self._busy.values()) / HOUR)


class Morning:
    """One process on one morning.

    Args:
        town: all accounts, and all processes.
        accounts_per_client: how many accounts of a bank share a client, and with it its limits.
        only: the bank at which all accounts are; all banks in turn without.
    """

    def __init__(self, town: Town, *, accounts_per_client: int = 1, only: str = "") -> None:
        self._town = town
        self._per_client = accounts_per_client
        self._banks = [only] if only else contracts.banks()
        self._processor, self._database = Server(), Server()
        self._database_seconds = DATABASE_SECONDS * max(1.0, town.processes / town.database_processors)
        self._windows: dict[tuple[str, str, int], deque[float]] = defaultdict(deque)
        self._starts: dict[tuple[str, int], int] = defaultdict(int)

    def run(self) -> Outcome:
        """Play it."""
        town, outcome = self._town, Outcome()
        mine = math.ceil(town.accounts / town.processes)
        share = town.accounts / mine
        chance, numbers = random.Random(1), count()  # noqa: S311
        arrivals = sorted(
            (_hour(bank) + chance.random() * IMPORT_SPREAD_SECONDS, number, bank)
            for number, bank in ((each, self._banks[each % len(self._banks)]) for each in range(mine))
        )
        waiting, late = deque(arrivals), IMPORT_LATE.total_seconds()
        under_way: list[tuple[float, int, Iterator[float], str]] = []
        ready: deque[tuple[int, str]] = deque()
        while waiting or under_way:
            if waiting and (not under_way or waiting[0][0] <= under_way[0][0]):
                now, number, bank = waiting.popleft()
                ready.append((number, bank))
            else:
                now, _, steps, bank = under_way[0]
                following = next(steps, None)
                if following is not None:
                    heapreplace(under_way, (following, next(numbers), steps, bank))
                    continue
                heappop(under_way)
                hour = contracts.load(bank).period.available_by
                outcome.last[hour] = max(outcome.last.get(hour, 0.0), (now - _hour(bank)) / HOUR)
                outcome.late += now > _hour(bank) + late
            while ready and len(under_way) < town.at_once:
                number, bank = ready.popleft()
                steps = self._import(bank, number, now)
                heappush(under_way, (next(steps), next(numbers), steps, bank))
        outcome.late = round(outcome.late * share)
        outcome.processor, outcome.database = self._processor.busiest, self._database.busiest
        outcome.rounds = rounds(town)
        outcome.calls_per_hour = round(max(self._starts.values()) * share)
        return outcome

    def _import(self, bank: str, number: int, now: float) -> Iterator[float]:
        """The instants at which an import goes on; it gets on with each when that has come."""
        calls = _calls(bank)
        slice_seconds = PROCESSOR_SECONDS / (len(calls) + 1)
        at = now
        client = number // len(self._banks) // self._per_client
        for operation in calls:
            if operation == "token" and number // len(self._banks) % self._per_client:
                continue  # a token serves all accounts of its client within the hour
            at = self._let_through(bank, operation, client, at)
            if at > now:
                yield at
            self._starts[bank, int(at // HOUR)] += 1
            at += self._town.bank_seconds
            yield at
            at = self._processor.done(at, slice_seconds)
            yield at
            now = at
        at = self._processor.done(at, slice_seconds)
        yield at
        yield self._database.done(at, self._database_seconds)

    def _let_through(self, bank: str, operation: str, client: int, at: float) -> float:
        """When the limits that a bank documents let a call through."""
        for name, calls, seconds in _limits(bank, operation):
            sent = self._windows[bank, name, client]
            if len(sent) >= calls:
                window = seconds + QUOTA_MARGIN_SECONDS + self._town.bank_seconds
                at = max(at, sent[-calls] + window)
            sent.append(at)
            while len(sent) > calls:
                sent.popleft()
        return at


@cache
def _calls(bank: str) -> tuple[str, ...]:
    """The operations of an import at a bank, one after the other."""
    return tuple(operation for operation, times in CALLS[bank].items() for _ in range(times))


@cache
def _limits(bank: str, operation: str) -> tuple[tuple[str, int, float], ...]:
    """The limits that a bank documents for an operation: name, calls and seconds."""
    quotas = contracts.load(bank).quotas_of(operation)
    return tuple((name, quota.calls, quota.seconds) for name, quota in quotas.items() if quota.calls)


def rounds(town: Town) -> float:
    """Processors of the database that rounds keep busy: each process looks at every due account each five minutes."""
    due = town.accounts * sum(_hour(bank) == min(map(_hour, contracts.banks())) for bank in contracts.banks()) / 12
    busy = min(1.0, due * FOUND_AGAIN_SECONDS / IMPORT_ROUND.total_seconds())
    return town.processes * busy * FOUND_AGAIN_DATABASE_SECONDS / FOUND_AGAIN_SECONDS


def gigabytes(accounts: int) -> float:
    """Size of the database after a year or more, without stored statements."""
    entries = RETENTION_DAYS * ENTRIES_PER_DAY * ENTRY_BYTES
    return accounts * (entries + DAYS_REMEMBERED.days * (BALANCE_BYTES + SEAL_BYTES)) / 1e9


@cache
def _hour(bank: str) -> float:
    """Seconds from midnight to the hour of a bank."""
    hours, minutes = map(int, contracts.load(bank).period.available_by.split(":"))
    return hours * HOUR + minutes * 60


def morning(town: Town) -> Outcome:
    """The outcome of a town's morning."""
    return Morning(town).run()


def client_minutes(bank: str, accounts: int) -> int:
    """Minutes from a bank's hour to the end of the last import of one client with so many accounts."""
    outcome = Morning(Town(accounts, 1, at_once=4), accounts_per_client=accounts, only=bank).run()
    (hours,) = outcome.last.values()
    return round(hours * 60)


HEAD = (
    "accounts",
    "processes",
    "at once",
    "bank answers in",
    "09:00 banks done after",
    "12:00 banks done after",
    "late",
    "processor",
    "database",
    "rounds",
    "calls an hour",
)


def town_rows() -> Iterator[tuple[str, ...]]:
    """The rows of the table of towns."""
    for town in TOWNS:
        outcome = morning(town)
        early, noon = (f"{outcome.last[hour]:.1f} h" for hour in sorted(outcome.last))
        yield (
            f"{town.accounts:,}",
            str(town.processes),
            str(town.at_once),
            f"{town.bank_seconds:g} s",
            early,
            noon,
            f"{outcome.late:,}",
            f"{outcome.processor:.0%}",
            f"{outcome.database:.0%} of {town.database_processors}",
            f"{outcome.rounds:.1f}",
            f"{outcome.calls_per_hour:,}",
        )


def client_rows() -> Iterator[tuple[str, ...]]:
    """The rows of the table of clients, with its head: minutes at each bank that documents a limit."""
    limited = [slug for slug in contracts.banks() if contracts.load(slug).limited]
    yield ("accounts of a client", *limited)
    for number in CLIENTS:
        yield (str(number), *(f"{client_minutes(bank, number)} min" for bank in limited))


def main() -> None:
    """Print the tables."""
    for table in ((HEAD, *town_rows()), client_rows()):
        for row in table:
            click.echo(f"| {' | '.join(row)} |")
        click.echo()


if __name__ == "__main__":
    main()
