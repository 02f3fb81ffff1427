"""Period refused."""

from simulators.scenarios.scenario import Scenario

__all__ = ["SCENARIO"]

SCENARIO = Scenario(
    name="period_out_of_range",
    title="Period refused",
    does="The bank refuses the period, whatever it is.",
    expected="period_out_of_range",
    refusal="period_out_of_range",
)
