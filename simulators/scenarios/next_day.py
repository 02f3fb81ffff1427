"""Shown the next day."""

from simulators.scenarios.scenario import Scenario

__all__ = ["SCENARIO"]

SCENARIO = Scenario(
    name="next_day",
    title="Shown the next day",
    does="A day's movements are shown from the next morning on, none of the present day.",
    parameters={"publication": "after_one_day"},
)
