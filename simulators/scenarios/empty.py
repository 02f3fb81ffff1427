"""Account without movement."""

from simulators.scenarios.scenario import Scenario

__all__ = ["SCENARIO"]

SCENARIO = Scenario(
    name="empty",
    title="Account without movement",
    does="The bank has nothing booked but the opening deposit, long ago.",
    parameters={"entries_per_day": 0, "busy_day_entries": 0},
)
