"""Grouped on its day."""

from simulators.scenarios.scenario import Scenario

__all__ = ["SCENARIO"]

SCENARIO = Scenario(
    name="grouped_on_its_day",
    title="Grouped on its day",
    does="On their own day movements of one kind are one sum; overnight they become single.",
    parameters={"publication": "grouped_on_its_day"},
)
