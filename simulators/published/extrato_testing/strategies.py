"""Hypothesis strategies for tests of programs that read banks: movements, ledgers, accounts, faults of a bank.

All are bounded, and shrink towards few, small and plain movements. Dates lie in the weeks before `now`; a test lets the
bank live at that instant: `router(bank, now=NOW, entries=...)`, or `bank_world.put(NOW)`.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from hypothesis import strategies as st

from extrato_testing.places import require_own_packages
from extrato_testing.shapes import NOW, Entry

require_own_packages()

from extrato_testing.inside import entry_of, opened_bank  # noqa: E402
from simulators import faults as known_faults  # noqa: E402 - only once they are known to be ours
from simulators import strategies as drawn  # noqa: E402
from simulators.bank import Bank  # noqa: E402
from simulators.clock import FrozenClock  # noqa: E402
from simulators.pki import Authority  # noqa: E402
from simulators.scenarios import scenario  # noqa: E402
from simulators.world import World  # noqa: E402

__all__ = ["accounts", "entries", "faults", "ledgers"]

DAYS = 45
"""Days before `now` that have movements."""
MOST_DAYS = 3_650
OPENED_BEFORE = timedelta(days=20)
"""From the opening deposit to the first day of the others."""
MOST_ENTRIES = 200
COSTLY = frozenset({"decompression_bomb", "huge_body"})
"""Faults whose answers are many megabytes large: a test injects them on purpose."""
SMALL: Mapping[str, st.SearchStrategy[Any]] = {
    "page": st.integers(0, 3),
    "row": st.integers(0, 3),
    "keep": st.integers(0, 99),
    "by": st.integers(1, 3),
    "status": st.sampled_from((500, 502, 503, 429, 404)),
    "probability": st.sampled_from((0.1, 0.5, 1.0)),
}
"""By the name of a fault's parameter, values that are tried; the other parameters are as usual."""


def entries(bank: str, *, now: datetime = NOW, days: int = DAYS) -> st.SearchStrategy[Entry]:
    """Any movement that the bank's statements can show, on one of the days before that of `now`.

    Args:
        bank: its slug.
        now: the present of the test.
        days: how many days before.

    Raises:
        ValueError: there is no such bank, or `days` is out of its range.
    """
    last, first = _days(now, days)
    return drawn.entries(type(_bank(bank)), first, last).map(entry_of).map(_without_balance)


def ledgers(
    bank: str, *, now: datetime = NOW, days: int = DAYS, most: int = drawn.MOST_DRAWN
) -> st.SearchStrategy[tuple[Entry, ...]]:
    """All movements of an account: an opening deposit, then others, equal ones among them; never below zero.

    Args:
        bank: its slug.
        now: the present of the test.
        days: how many days before it have movements.
        most: how many are drawn at most; some of them are there twice or three times.

    Raises:
        ValueError: there is no such bank, or an argument is out of its range.
    """
    if not 0 <= most <= MOST_ENTRIES:
        raise ValueError(f"most: is not from 0 to {MOST_ENTRIES}")
    last, first = _days(now, days)
    rows = drawn.ledgers(type(_bank(bank)), first - OPENED_BEFORE, first, last, most)
    return rows.map(lambda found: tuple(_without_balance(entry_of(row)) for row in found))


def faults(bank: str, *, harmless: bool | None = None) -> st.SearchStrategy[dict[str, Any]]:
    """Arguments of `inject`: a fault that can change something at the bank, its calls, and its parameters.

    Args:
        bank: its slug.
        harmless: whether a statement must be right in spite of the fault; None for faults of both sorts.

    Raises:
        ValueError: there is no such bank.
    """
    left_out = _bank(bank).untouched | COSTLY | {"noop"}
    names = [
        name
        for name in known_faults.names()
        if name not in left_out and harmless in {None, known_faults.fault_class(name).harmless}
    ]
    return st.sampled_from(names).flatmap(lambda name: _fault(bank, name))


def accounts(
    bank: str, *, outcome: str = "ok", now: datetime = NOW, days: int = DAYS
) -> st.SearchStrategy[dict[str, Any]]:
    """Arguments of `bank_account` and `router`: a scenario, movements, sizes of pages and lives of tokens.

    Args:
        bank: its slug.
        outcome: what the gateway must report of the account: `ok`, or the code of a failure.
        now: the present of the test.
        days: how many days before it have movements.

    Raises:
        ValueError: there is no such bank, or it has no scenario of that outcome.
    """
    player = _bank(bank)
    names = [name for name in player.scenarios() if player.expected(name) == outcome]
    if not names:
        raise ValueError(f"outcome: {bank} has no scenario that ends with {outcome!r}")
    names.sort(key=lambda name: name != "ok")
    entries = ledgers(bank, now=now, days=days)
    return st.sampled_from(names).flatmap(lambda name: _account(player, name, entries))


def _account(player: Bank, name: str, entries: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Arguments for a scenario; one without movements has none of one's own."""
    given = {} if player.settled(scenario(name)).get("entries_per_day") == 0 else {"entries": entries}
    return st.fixed_dictionaries(
        {"bank": st.just(player.contract.slug), "scenario": st.just(name), **given},
        optional={"page_size": st.sampled_from((1, 2, 5)), "token_uses": st.sampled_from((1, 2, 3))},
    )


@st.composite
def _fault(draw: st.DrawFn, bank: str, name: str) -> dict[str, Any]:
    kinds = sorted({operation.kind.value for operation in _bank(bank).contract.operations.values()})
    parameters = {
        each["name"]: draw(SMALL[each["name"]])
        for each in known_faults.parameters(name)
        if each["name"] in SMALL and _takes_errors(name, each)
    }
    return {
        "fault": name,
        "operation": draw(st.sampled_from(kinds)),
        "times": draw(st.integers(1, 3)),
        "after": draw(st.integers(0, 2)),
        **parameters,
    }


def _takes_errors(name: str, parameter: Mapping[str, Any]) -> bool:
    """Whether the values that are tried are within the range of this fault's parameter."""
    return parameter["name"] != "status" or (parameter["minimum"], parameter["maximum"]) == (200, 599)


@cache
def _bank(slug: str) -> Bank:
    """A bank that is asked what there can be at it, and never for an answer."""
    return opened_bank(slug, World(1, FrozenClock(NOW), Authority(1), name="strategies"))


def _days(now: datetime, days: int) -> tuple[Any, Any]:
    """The last and the first day of movements."""
    if not 1 <= days <= MOST_DAYS:
        raise ValueError(f"days: is not from 1 to {MOST_DAYS}")
    last = now.date() - timedelta(days=1)
    return last, last - timedelta(days=days - 1)


def _without_balance(entry: Entry) -> Entry:
    return Entry(entry.booked_at, entry.amount, entry.type, entry.description, entry.document, entry.counterparty)
