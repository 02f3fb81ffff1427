"""What is demanded where something goes wrong: it makes no wrong statement, and it is named."""

from typing import Any

from gateway.errors import BankFailure, IncoherentPages
from simulators.certify.bench import CALM, Bench, Shortfall, demand
from simulators.certify.cases import Case
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
RUBBISH: Spoiled = (("html_page", {"status": 200}), ("truncate", {"keep": 60}), ("status", {"status": 204}))
REFUSALS = (400, 403, 404, 409, 422, 429, 500, 503)
WAIT_SECONDS = 77
"""What the bank asks to wait, as no default does."""
WAITING = frozenset({429, 503})
"""Statuses that say so."""
SPOILED: Spoiled = (
    *(("unreadable_values", {"seed": seed, "probability": 0.02 * seed}) for seed in range(1, 9)),
    *(("other_days", {"days": days}) for days in (100, -100)),
)


def survives_moved_pages(bench: Bench, case: Case) -> None:
    """A lost, repeated or shifted page is noticed.

    Raises:
        Shortfall: it is not so.
    """
    harness = bench.harness_for(case)
    try:
        bench.read_true(harness, case.period)
    except IncoherentPages:
        return


def renews_tokens(bench: Bench) -> None:
    """A token may expire at any call.

    Raises:
        Shortfall: it is not so.
    """
    for uses in (1, 2, 3):
        short = Parameters(token_uses=uses, page_size=5, busy_day_entries=0, opened_days_ago=60)
        bench.read_true(bench.harness(parameters=short), bench.last_days(10))


def names_each_failure(bench: Bench) -> None:
    """Each scenario is reported as its failure.

    Raises:
        Shortfall: it is not so.
    """
    bank = bench.harness().bank
    for name in bank.scenarios():
        if scenario(name).before_the_bank:
            continue
        outcome, expected = bench.outcome(name, bench.last_days(30)), bank.expected(name)
        demand(outcome == expected, f"in the scenario {name} the outcome is {outcome}, it should be {expected}")


def _demand_unexpected(fault: str, failure: BankFailure) -> None:
    wanted = "unexpected_bank_response"
    demand(failure.code == wanted, f"the fault {fault} is reported as {failure.code}, it should be {wanted}")


def survives_rubbish(bench: Bench) -> None:
    """A web page, half an answer and an empty one are no statement.

    Raises:
        Shortfall: it is not so.
    """
    for fault, parameters in RUBBISH:
        harness = bench.harness(parameters=CALM)
        harness.world.inject(bench.slug, None, "statement", fault, parameters)
        try:
            bench.read_true(harness, bench.last_days(10))
        except BankFailure as failure:
            _demand_unexpected(fault, failure)


def survives_refusals(bench: Bench) -> None:
    """A refusal by its status alone is no statement, and no other failure than it may be.

    Raises:
        Shortfall: it is not so.
    """
    for status in REFUSALS:
        harness = bench.harness(parameters=CALM)
        parameters = {"status": status, "retry_after": WAIT_SECONDS if status in WAITING else 0}
        active = harness.world.inject(bench.slug, None, "statement", "status", parameters)
        try:
            bench.read_true(harness, bench.last_days(10))
        except BankFailure as failure:
            allowed = active.fault.outcomes(bench.contract, "statement")
            what = f"the status {status} is reported as {failure.code}, it should be {' or '.join(sorted(allowed))}"
            demand(failure.code in allowed, what)
            _demand_bank_said(failure, status)
        except Shortfall as short:
            raise Shortfall(f"with the status {status}: {short}", short.look) from short


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
    """Rows that cannot be read, or are of other days, make no entry.

    Raises:
        Shortfall: it is not so.
    """
    for fault, parameters in SPOILED:
        harness = bench.harness(parameters=CALM)
        active = harness.world.inject(bench.slug, None, "statement", fault, parameters)
        try:
            bench.read_true(harness, bench.last_days(10), active.fault.blurs)
        except BankFailure as failure:
            _demand_unexpected(fault, failure)
        except Shortfall as short:
            raise Shortfall(f"with the fault {fault} {parameters}: {short}", short.look) from short
