"""Quota used up."""

from simulators.scenarios.scenario import Scenario

__all__ = ["SCENARIO"]

SCENARIO = Scenario(
    name="rate_limited",
    title="Quota used up",
    does="The bank refuses because its quota of calls is used up.",
    expected="rate_limited",
    refusal="rate_limited",
)
