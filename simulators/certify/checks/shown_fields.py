"""The fields that a simulated bank sends: each is shown by an exchange, or both sides may agree on a wrong name."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet

import httpx

import contracts
from contracts.exchange import places
from simulators.certify.bench import CALM, Bench
from simulators.certify.checks.capabilities import PERIOD, everything
from simulators.certify.demands import Shortfall
from simulators.certify.exchanges.played import answer_of
from simulators.faults.rows import value_of

__all__ = ["demand_all_shown"]


def demand_all_shown(bench: Bench) -> None:
    """Demand that each field of the simulated bank's answers stands in an exchange of the same operation.

    Raises:
        Shortfall: one does not, so that nothing but the two sides themselves says how it is named.
    """
    shown = _shown(bench.slug)
    for operation, response in _answers(bench):
        unshown = sorted(_names(response) - shown[operation])
        if unshown:
            what = (
                f"the simulated bank sends in an answer of {operation} the fields {', '.join(unshown)}, which no "
                "exchange shows: an adapter that reads them under the same names agrees with nothing but this bank. "
                "Show them in an exchange, from the bank's documentation or its real answers"
            )
            raise Shortfall(what)


def _shown(slug: str) -> Mapping[str, AbstractSet[str]]:
    """By operation, the names of all fields in the answers of its exchanges."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for exchange in contracts.exchanges(slug).values():
        for step in exchange.steps:
            found[step.request.operation] |= _names(answer_of(step.response))
    return found


def _answers(bench: Bench) -> Iterable[tuple[str, httpx.Response]]:
    """The successes of two readings, each with its operation."""
    for more in ({"source": everything(bench.bank.kinds)}, {"parameters": CALM}):
        harness = bench.harness(**more)
        harness.identify()
        calls = list(harness.calls)
        harness.read(PERIOD)
        for call in (*calls, *harness.calls):
            if call.response is not None and call.response.is_success:
                yield call.request.extensions["operation"], call.response


def _names(response: httpx.Response) -> set[str]:
    return {place[-1] for place in places(value_of(response), ()) if not place[-1].isdecimal()}
