"""Weekend held back."""

from simulators.scenarios.scenario import Scenario

__all__ = ["SCENARIO"]

SCENARIO = Scenario(
    name="weekend_held_back",
    title="Weekend held back",
    does="Movements of weekends and holidays are shown from the next business day on.",
    parameters={"publication": "after_the_weekend"},
)
