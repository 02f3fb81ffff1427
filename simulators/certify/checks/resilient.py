"""What is demanded where something goes wrong: it makes no wrong statement, and it is named."""

from collections import Counter
from typing import Any

from gateway.errors import BankFailure, IncoherentPages
from gateway.model import Period
from simulators.certify.bench import CALM, Bench
from simulators.certify.cases import NOW, Case
from simulators.certify.demands import Shortfall, demand, saying_when
from simulators.faults.rows import fields, value_of
from simulators.scenarios import scenario
from simulators.world import Parameters

__all__ = [
    "RUBBISH",
    "SPOILED",
    "Spoiled",
    "names_each_failure",
    "renews_tokens",
    "survives_moved_pages",
    "survives_refusals",
    "survives_rubbish",
    "survives_spoiled_rows",
]

Spoiled = tuple[tuple[str, dict[str, Any]], ...]
RUBBISH: Spoiled = (
    *(("html_page", {"status": 200}), ("truncate", {"keep": 60}), ("status", {"status": 204})),
    *(("status", {"status": 200, "body": body}) for body in ("{}", "[]", "null")),
)
REFUSALS = (400, 401, 403, 404, 409, 422, 429, 500, 503)
WAIT_SECONDS = 77
"""What the bank asks to wait, as no default does."""
WAITING = frozenset({429, 503})
"""Statuses that say so."""
SPOILED: Spoiled = (
    *(("unreadable_values", {"seed": seed, "probability": 0.02 * seed}) for seed in range(1, 9)),
    *(("other_days", {"days": days}) for days in (100, -100)),
)
SOME = 0.2
"""The part of the rows in which one field cannot be read."""


def survives_moved_pages(bench: Bench, case: Case) -> None:
    """A lost, repeated or shifted page is noticed."""
    harness = bench.harness_for(case)
    try:
        bench.read_true(harness, case.period)
    except IncoherentPages:
        return


def renews_tokens(bench: Bench) -> None:
    """A token may expire at any call."""
    for uses in (1, 2, 3):
        short = Parameters(token_uses=uses, page_size=5, busy_day_entries=0, opened_days_ago=60)
        bench.read_true(bench.harness(parameters=short), bench.last_days(10))


def names_each_failure(bench: Bench) -> None:
    """Each scenario is reported as its failure."""
    bank = bench.harness().bank
    for name in bank.scenarios():
        if scenario(name).before_the_bank or not bench.plays(name):
            continue
        outcome, expected = bench.outcome(name, bench.last_days(30)), bank.expected(name)
        demand(outcome == expected, f"in the scenario {name} the outcome is {outcome}, it should be {expected}")


def _demand_unexpected(fault: str, failure: BankFailure) -> None:
    wanted = "unexpected_bank_response"
    demand(failure.code == wanted, f"the fault {fault} is reported as {failure.code}, it should be {wanted}")


def survives_rubbish(bench: Bench) -> None:
    """A web page, half an answer and an empty one are no statement."""
    for fault, parameters in RUBBISH:
        if not bench.tries(fault, "statement", parameters):
            continue
        harness = bench.harness(parameters=CALM)
        harness.world.inject(bench.slug, None, "statement", fault, parameters)
        try:
            bench.read_true(harness, bench.last_days(10))
        except BankFailure as failure:
            _demand_unexpected(fault, failure)


def survives_refusals(bench: Bench) -> None:
    """A refusal by its status alone is no statement, and no other failure than it may be."""
    for status in REFUSALS:
        harness = bench.harness(parameters=CALM)
        parameters = {"status": status, "retry_after": WAIT_SECONDS if status in WAITING else 0}
        if not bench.tries("status", "statement", parameters):
            continue
        active = harness.world.inject(bench.slug, None, "statement", "status", parameters)
        try:
            with saying_when(f"with the status {status}"):
                bench.read_true(harness, bench.last_days(10))
        except BankFailure as failure:
            allowed = active.behaviour.outcomes(bench.contract, "statement")
            what = f"the status {status} is reported as {failure.code}, it should be {' or '.join(sorted(allowed))}"
            demand(failure.code in allowed, what)
            _demand_bank_said(failure, status)


def _demand_bank_said(failure: BankFailure, status: int) -> None:
    """Demand that a failure has the bank's own words and wait, from which the gateway decides when to ask again.

    A failure that is concluded from several answers, of which this refusal is one, need not have them.
    """
    if failure.code == "unexpected_bank_response":
        return
    said = failure.bank_error.status if failure.bank_error is not None else None
    lost = f"the failure of a status {status} has {said} for the bank's own status: it was lost on the way"
    demand(said == status, lost)
    if failure.code == "rate_limited":
        waits = failure.retry_after
        what = f"the bank asks to wait {WAIT_SECONDS} seconds (Retry-After), the failure says {waits}"
        demand(waits == WAIT_SECONDS, what)


def survives_spoiled_rows(bench: Bench) -> None:
    """Rows that cannot be read, or are of other days, make no entry."""
    closed = bench.last_days(10)
    for fault, parameters in SPOILED:
        if bench.tries(fault, "statement", parameters):
            _demand_no_entry(bench, closed, fault, parameters)
    # One field alone, since another one's refusal hides what becomes of a day. It is easily taken for today.
    until_today = Period(closed.first, NOW.date())
    for field in _fields_of_rows(bench, until_today):
        if bench.tries("unreadable_values", "statement", {"probability": SOME, "field": field}):
            _demand_nothing_guessed(bench, until_today, field)


def _demand_no_entry(bench: Bench, period: Period, fault: str, parameters: dict[str, Any]) -> None:
    harness = bench.harness(parameters=CALM)
    active = harness.world.inject(bench.slug, None, "statement", fault, parameters)
    try:
        with saying_when(f"with the fault {fault} {parameters}"):
            bench.read_true(harness, period, active.behaviour.blurs)
    except BankFailure as failure:
        _demand_unexpected(fault, failure)


def _demand_nothing_guessed(bench: Bench, period: Period, field: str) -> None:
    """Demand days and amounts of the ledger alone, or a failure; rows that may be no entries may stand last."""
    harness = bench.harness(parameters=CALM)
    harness.world.inject(bench.slug, None, "statement", "unreadable_values", {"probability": SOME, "field": field})
    try:
        statement = harness.read(period)
    except BankFailure as failure:
        _demand_unexpected("unreadable_values", failure)
        return
    if statement.contradicted:
        return
    true = Counter((row.date, row.amount) for row in harness.simulated.ledger.entries(period.first, period.last, NOW))
    for day, amount in Counter((entry.date, entry.amount) for entry in statement.entries) - true:
        what = (
            f"with values in the field {field} of the rows that nobody can read, an entry of {day} over {amount} is "
            "given, which does not exist: what cannot be read is a failure, and never today, nothing or a guess"
        )
        raise Shortfall(what)


def _fields_of_rows(bench: Bench, period: Period) -> list[str]:
    """The names of the fields in the rows of the simulated bank's lists."""
    harness = bench.harness(parameters=CALM)
    harness.read(period)
    found: set[str] = set()
    for call in harness.calls:
        if call.response is not None:
            found.update(name for _, name in fields(value_of(call.response)))
    return sorted(found)
