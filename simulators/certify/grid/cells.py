"""Every fault at every step of a conversation with every bank: the truth, or the failure that is due.

A cell is a bank, a step (the connection, the token, the first, a middle or the last page, a balance, the list of
accounts), a fault, and whether it applies once or from then on. It is tried with the gateway's own line. Its outcome is
right when the statement is the ledger or the failure is one that the fault allows there, and the gateway was polite.

Long because what is tried and what may come of it stand in one place.
"""

import asyncio
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from functools import cache
from typing import Any

from msgspec import Struct

import contracts
from contracts.schema import Contract, OperationKind
from gateway.errors import GatewayError
from gateway.model import Period
from simulators import faults
from simulators.banks import bank_class
from simulators.certify.cases import NOW
from simulators.certify.comparing.with_ledger import differences, overclaimed
from simulators.certify.harnesses.line import LineHarness
from simulators.faults import TLS, ActiveFault, Fault
from simulators.generate import Generated
from simulators.journal.politeness import politeness
from simulators.ledger import Fixed, Ledger
from simulators.pki import Authority
from simulators.world import Parameters

__all__ = ["TRUTH", "Cell", "Outcome", "Step", "Variant", "cells", "mistaken", "try_cells", "variants"]

TRUTH = "truth"
LEAST_STATEMENT_CALLS = 3
"""Of a conversation, so that its first, middle and last statement call differ."""
PAGE_SIZE = 3
SHORT_PERIOD_DAYS = 6
"""Fills three pages where a bank has pages."""
LONG_PERIOD_DAYS = 95
"""Takes three requests at a bank that is asked month by month."""
ENTRIES_PER_DAY = 3
MOST_ENTRIES = 200
LEDGER_DAYS_BEFORE = 40
"""Days with movements before the period."""

AUTHORITY = Authority()

MORE: Mapping[str, tuple[dict[str, Any], ...]] = {
    "html_page": ({"status": 200}, {"status": 503}),
    "status": (
        {"status": 400},
        {"status": 401},
        {"status": 403},
        {"status": 404},
        {"status": 429},
        {"status": 429, "retry_after": 30},
        {"status": 429, "retry_after": 315_360_000},
        {"status": 500},
        {"status": 502},
        {"status": 503},
        {"status": 503, "retry_after": 1},
        {"status": 504},
    ),
    "shift_page": ({"page": 0, "by": -1}, {"page": 0, "by": 1}),
    "lose_page": ({"page": 0},),
    "other_days": ({"days": 100}, {"days": -100}),
    "wrong_length": ({"by": 10}, {"by": -10}),
    "wrong_encoding": ({"encoding": "utf-16"}, {"encoding": "latin-1"}),
    "clock_skew": ({"seconds": 300}, {"seconds": -300}),
    "decompression_bomb": ({"megabytes": 64},),
    "huge_body": ({"megabytes": 40},),
    "latency": ({}, {"milliseconds": 120_000}, {"milliseconds": 0, "kilobytes_per_second": 1}),
}
"""Parameters with which a fault is tried, where its own are not enough."""

PAGING = frozenset({"lose_page", "repeat_page", "shift_page", "cursor_loop"})
"""They act on a list that is cut into pages."""


OF_CHECKS = frozenset({"paging", "loops", "rubbish", "statuses", "breaks", "rows", "kinds"})
"""The checks of certify that demand the truth or a named failure under a fault, as the grid does."""


class Variant(Struct, frozen=True):
    """A fault with its parameters."""

    fault: str
    parameters: dict[str, Any] = {}

    def __str__(self) -> str:
        parameters = ", ".join(f"{name} {value}" for name, value in self.parameters.items())
        return f"{self.fault} ({parameters})" if parameters else self.fault

    def make(self) -> Fault:
        """The fault itself."""
        return faults.make(self.fault, self.parameters)


class Step(Struct, frozen=True):
    """One call of a conversation, as faults are aimed at it."""

    name: str
    operation: str
    """Kind of the operation, or `tls`."""
    after: int = 0
    """Calls of that kind before it."""


class Cell(Struct, frozen=True):
    """One thing to try."""

    bank: str
    step: Step
    variant: Variant
    lasting: bool
    """Whether the fault applies from that call on, and not to that call alone."""

    def __str__(self) -> str:
        return f"{self.bank}, {self.step.name}, {self.variant}, {'from then on' if self.lasting else 'once'}"


class Outcome(Struct, frozen=True):
    """The outcome of a cell."""

    cell: Cell
    result: str
    """`truth`, the code of a failure, or what is wrong in words."""
    allowed: frozenset[str]
    """Codes that the fault allows at that bank and step."""
    applied: int
    """Calls that the fault was applied to: a cell in which there were none was not tried."""
    changed: int
    """Changes that it made to what the gateway got: a cell in which it made none shows nothing."""
    is_exempt: bool = False
    """Whether the contract exempts the bank from the fault at that operation, whatever comes of it."""

    @property
    def right(self) -> bool:
        """Whether it was tried and gave the truth or, if the fault changed something, an allowed failure."""
        given = self.result == TRUTH or (not self.idle and (self.is_exempt or self.result in self.allowed))
        return self.applied > 0 and given

    @property
    def idle(self) -> bool:
        """Whether the fault found nothing to act on, so that the truth shows nothing."""
        return self.changed == 0


class Conversation(Struct, frozen=True):
    """What is read in all cells of a bank."""

    period: Period
    source: Fixed
    calls: dict[str, int]
    """Calls of each kind of operation when nothing goes wrong."""

    def steps(self) -> tuple[Step, ...]:
        """The steps at which faults are injected."""
        pages = self.calls[OperationKind.STATEMENT]
        steps = (
            Step("connection", TLS),
            Step("token", OperationKind.TOKEN),
            Step("first page", OperationKind.STATEMENT),
            Step("middle page", OperationKind.STATEMENT, pages // 2),
            Step("last page", OperationKind.STATEMENT, pages - 1),
            Step("balance", OperationKind.BALANCE),
            Step("accounts", OperationKind.ACCOUNTS),
        )
        return tuple(step for step in steps if step.operation == TLS or self.calls[step.operation])


def variants() -> tuple[Variant, ...]:
    """Every fault, with each set of parameters it is tried with."""
    return tuple(Variant(name, each) for name in faults.names() for each in MORE.get(name, ({},)))


def cells(slug: str) -> Iterator[Cell]:
    """Every cell of a bank. Left out is what cannot be: an answer altered while there is only a connection."""
    for step in conversation(slug).steps():
        for variant in variants():
            if _can_act(variant, step):
                for lasting in (False, True):
                    yield Cell(slug, step, variant, lasting)


def mistaken(outcomes: Iterable[Outcome]) -> list[str]:
    """Faults that changed nothing in any cell of a bank for which they are meant, and the other way round, in words."""
    changes: Counter[tuple[str, str]] = Counter()
    for each in outcomes:
        changes[each.cell.bank, each.cell.variant.fault] += each.changed
    found = []
    for (slug, fault), changed in changes.items():
        untouched = fault in bank_class(slug).untouched or faults.fault_class(fault).idle
        if not changed and not untouched:
            found.append(f"{slug}: {fault} changed nothing at any step, and `untouched` of the bank does not name it")
        if changed and untouched:
            found.append(f"{slug}: {fault} changed answers, though `untouched` of the bank or `idle` says otherwise")
    return found


def try_cells(tried: Iterable[Cell]) -> list[Outcome]:
    """Read each cell's period with its fault in place; tell what came of it, and whether the fault changed an answer.

    One event loop serves all of them, because one of its own takes as long as a request of the cell.
    """
    with asyncio.Runner() as runner:
        return [runner.run(_tried(cell)) for cell in tried]


@cache
def conversation(slug: str) -> Conversation:
    """What is read in all cells of a bank: the shortest period whose statement takes enough calls."""
    contract = contracts.load(slug)
    longest, reach = contract.period.max_days, contract.period.history_days or math.inf
    longer = (int(min(days, reach)) for days in (LONG_PERIOD_DAYS, LEAST_STATEMENT_CALLS * longest))
    for days in (SHORT_PERIOD_DAYS, *longer):
        period = Period(NOW.date() - timedelta(days=days), NOW.date() - timedelta(days=1))
        source = _movements(slug, period)
        harness = _harness(slug, source)
        asyncio.run(harness.read(period))
        calls = {kind.value: harness.called(kind) for kind in OperationKind}
        if calls[OperationKind.STATEMENT] >= LEAST_STATEMENT_CALLS:
            return Conversation(period, source, calls)
    raise AssertionError(f"{slug}: no period takes {LEAST_STATEMENT_CALLS} statement calls")


async def _tried(cell: Cell) -> Outcome:
    talk = conversation(cell.bank)
    harness = _harness(cell.bank, talk.source)
    step = cell.step
    active = harness.world.inject(
        cell.bank,
        None if step.operation == TLS else harness.simulated.number,
        step.operation,
        cell.variant.fault,
        cell.variant.parameters,
        times=0 if cell.lasting else 1,
        after=step.after,
    )
    return Outcome(
        cell=cell,
        result=await _result(harness, talk.period, active),
        allowed=active.behaviour.outcomes(harness.bank.contract, step.operation),
        applied=active.applied,
        changed=active.changed,
        is_exempt=_is_exempt(harness.bank.contract, cell),
    )


def _is_exempt(contract: Contract, cell: Cell) -> bool:
    """Whether a contract exempts a bank from a cell, under one of the checks that demand what the grid demands."""
    variant = cell.variant
    each_of = (
        each for check, exemption in contract.exemptions.items() if check in OF_CHECKS for each in exemption.only
    )
    return any(each.is_of(variant.fault, cell.step.operation, variant.parameters) for each in each_of)


async def _result(harness: LineHarness, period: Period, active: ActiveFault) -> str:
    """`truth`, the code of a failure, or what is wrong in words."""
    try:
        statement = await harness.read(period)
    except GatewayError as failure:
        result = failure.code
    else:
        ledger, now = harness.simulated.ledger, harness.clock.now()
        if statement.contradicted:
            # The entries are given unproved: nothing may be booked from them, as if the statement were refused.
            result, wrong = "unexpected_bank_response", overclaimed(statement, ledger, now)
        else:
            result = TRUTH
            wrong = differences(harness.bank, statement, ledger, period, now, blurred=active.behaviour.blurs)
        if wrong:
            return f"a wrong statement: {'; '.join(wrong[:3])}"
        if active.behaviour.harmless or result != TRUTH:
            return result
    verdict = politeness(harness.world.journal.of(), {harness.bank.contract.slug: harness.bank.contract})
    refused_again = verdict.repeated_refusals
    return result if verdict.polite else f"{result}, but impolite: {refused_again} requests were refused again"


def _harness(slug: str, source: Fixed) -> LineHarness:
    # The bank gives short pages too: some are never asked for less than it gives at once.
    short = Parameters(page_size=PAGE_SIZE)
    return LineHarness(slug, NOW, source=source, parameters=short, page_size=PAGE_SIZE, authority=AUTHORITY)


def _movements(slug: str, period: Period) -> Fixed:
    """A realistic ledger, made once for all cells of a bank and thinned out where the period is long."""
    opened_on = period.first - timedelta(days=LEDGER_DAYS_BEFORE)
    ledger = Ledger(Generated(slug, opened_on, bank_class(slug).kinds, ENTRIES_PER_DAY, busy_day_entries=0))
    entries = ledger.entries(opened_on, NOW.date(), NOW)
    return Fixed([entries[0], *entries[1 :: 1 + len(entries) // MOST_ENTRIES]])


def _can_act(variant: Variant, step: Step) -> bool:
    """Whether there is something for the fault to act on."""
    if step.operation == TLS:
        return variant.make().breaks() is not None
    if variant.fault in PAGING:
        return step.operation == OperationKind.STATEMENT
    return variant.fault != "token_expired" or step.operation != OperationKind.TOKEN
