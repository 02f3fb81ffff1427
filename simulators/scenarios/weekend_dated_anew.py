"""Weekend sent again."""

from simulators.scenarios.scenario import Scenario

__all__ = ["SCENARIO"]

SCENARIO = Scenario(
    name="weekend_dated_anew",
    title="Weekend sent again",
    does="Movements of weekends and holidays are sent again under the date of the next business day.",
    needs="weekends_again",
    parameters={"publication": "weekend_dated_anew"},
)
