"""What is demanded where a list never ends: the same page comes again and again, and more is said to follow."""

from gateway.errors import BankFailure
from simulators.certify.bench import Bench
from simulators.certify.demands import Shortfall, demand, saying_when
from simulators.certify.harnesses.pure import Endless
from simulators.world import Parameters

__all__ = ["survives_loops"]

DAYS = 10
PAGE_SIZE = 3
"""So that the list has several pages where the bank has pages."""
SHORT_PAGES = Parameters(opened_days_ago=60, busy_day_entries=0, page_size=PAGE_SIZE)
FAULT = "cursor_loop"
WANTED = "unexpected_bank_response"


def survives_loops(bench: Bench) -> None:
    """A list whose pages repeat themselves ends as a failure, and not as a statement or never.

    Raises:
        Shortfall: it does not.
    """
    for page in (0, 1):
        if bench.tries(FAULT, "statement", {"page": page}):
            _demand_an_end(bench, page)


def _demand_an_end(bench: Bench, page: int) -> None:
    when = f"where page {page + 1} comes again and again, and the bank says that more follows ({FAULT})"
    harness = bench.harness(parameters=SHORT_PAGES, page_size=PAGE_SIZE)
    harness.world.inject(bench.slug, None, "statement", FAULT, {"page": page})
    try:
        with saying_when(when):
            bench.read_true(harness, bench.last_days(DAYS))
    except BankFailure as failure:
        demand(failure.code == WANTED, f"{when}, the failure is {failure.code}, it should be {WANTED}")
    except Endless as endless:
        what = (
            f"{when}, the adapter goes on ({endless}): a row that has come before is the sign of it, which `RowCount` "
            "of `gateway.completeness.counts` notices"
        )
        raise Shortfall(what, line=harness.calls[-1].line if harness.calls else None) from endless
