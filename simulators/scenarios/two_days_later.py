"""Shown two days later."""

from simulators.scenarios.scenario import Scenario

__all__ = ["SCENARIO"]

SCENARIO = Scenario(
    name="two_days_later",
    title="Shown two days later",
    does="A day's movements are shown from the second morning after it on.",
    parameters={"publication": "after_two_days"},
)
