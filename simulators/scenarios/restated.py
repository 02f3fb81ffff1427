"""Statement restated."""

from simulators.scenarios.scenario import Scenario

__all__ = ["SCENARIO"]

SCENARIO = Scenario(
    name="restated",
    title="Statement restated",
    does="Every third day is wrong at first and corrected on the second morning after it.",
    parameters={"publication": "restated"},
)
