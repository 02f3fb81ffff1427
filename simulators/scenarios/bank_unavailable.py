"""Bank not reachable."""

from simulators.scenarios.scenario import Scenario

__all__ = ["SCENARIO"]

SCENARIO = Scenario(
    name="bank_unavailable",
    title="Bank not reachable",
    does="Every statement call is cut without an answer.",
    expected="bank_unavailable",
    fault="cut_connection",
)
