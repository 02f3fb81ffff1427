"""What is demanded of the simulated bank: the faults of other checks change something, or these checks show nothing."""

from contextlib import suppress
from typing import Any

import httpx

from contracts.schema import OperationKind, PagingStyle
from gateway.errors import BankFailure
from simulators.certify.bench import Bench
from simulators.certify.demands import Shortfall, demand
from simulators.certify.files.source import Line
from simulators.certify.harnesses.pure import PureHarness
from simulators.world import Parameters

__all__ = ["faults_act"]

DAYS = 10
PAGE_SIZE = 3
"""So that the list has several pages where the bank has pages."""
OF_PAGES = "page its list with `cut`, which faults act on"
OF_ROWS = "give its rows as a list of objects in JSON, as JSON Lines or as XML, which faults act on"
FAULTS: tuple[tuple[str, dict[str, Any], str, str], ...] = (
    ("unreadable_values", {"probability": 1.0}, "rows", OF_ROWS),
    ("other_days", {"days": 100}, "rows", OF_ROWS),
    ("unknown_enum", {}, "kinds", OF_ROWS),
    ("lose_page", {"page": 0}, "paging", OF_PAGES),
    ("repeat_page", {}, "paging", OF_PAGES),
    ("shift_page", {"page": 0, "by": 1}, "paging", OF_PAGES),
)
"""Each with its parameters, the check that rests on it, and what gives it an effect."""


def faults_act(bench: Bench) -> None:
    """Each fault changes answers of the simulated bank, or the bank says in `untouched` that it cannot."""
    short_pages = Parameters(opened_days_ago=60, busy_day_entries=0, page_size=PAGE_SIZE)
    has_pages = bench.contract.paging.style is not PagingStyle.NONE
    for fault, parameters, check, remedy in FAULTS:
        if remedy is OF_PAGES and not has_pages:
            continue
        harness = bench.harness(parameters=short_pages, page_size=PAGE_SIZE)
        operation = "statement" if remedy is OF_PAGES else None
        active = harness.world.inject(bench.slug, None, operation, fault, parameters)
        with suppress(BankFailure, httpx.TransportError, Shortfall):
            harness.read(bench.last_days(DAYS))
        nothing = (
            f"the fault {fault} changes nothing in the answers of the simulated bank, so that the check {check} shows "
            f"nothing: {remedy}, or name it in `untouched` where the bank has nothing of the kind"
        )
        if not active.changed and (unread := _unread(bench, harness, pages=remedy is OF_PAGES)):
            raise Shortfall(f"the fault {fault} changes nothing: {unread}", line=_last_line(harness))
        demand(active.changed > 0 or fault in bench.bank.untouched, nothing)


def _unread(bench: Bench, harness: PureHarness, *, pages: bool) -> str:
    """What the adapter has not asked for, so that a fault found nothing to act on; empty where it has.

    Args:
        bench: the adapter and its simulated bank.
        harness: in which it was read.
        pages: whether the fault is one of pages.
    """
    asked = sum(bench.kind_of(call.request) is OperationKind.STATEMENT for call in harness.calls)
    period = bench.last_days(DAYS)
    rows = len(harness.simulated.ledger.entries(period.first, period.last, harness.clock.now()))
    if not asked:
        return "the adapter has asked for no statement at all; does it keep what it has read before?"
    if pages and asked == 1 and rows > PAGE_SIZE:
        return (
            f"the adapter has asked for one page alone, of {PAGE_SIZE} entries at most, where there are {rows} entries"
        )
    return ""


def _last_line(harness: PureHarness) -> Line | None:
    return harness.calls[-1].line if harness.calls else None
