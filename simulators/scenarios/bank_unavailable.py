"""Bank not reachable."""

from simulators.scenarios.scenario import Scenario, Strike

__all__ = ["SCENARIO"]

SCENARIO = Scenario(
    name="bank_unavailable",
    title="Bank not reachable",
    does="Every statement call is cut without an answer.",
    expected="bank_unavailable",
    strikes=(Strike("cut_connection"),),
)
