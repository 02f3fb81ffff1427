"""Smallest page."""

from simulators.scenarios.scenario import Scenario

__all__ = ["SCENARIO"]

SCENARIO = Scenario(
    name="smallest_page",
    title="Smallest page",
    does="The bank gives one entry a page.",
    parameters={"page_size": 1, "busy_day_entries": 0},
    parameters_where_limited={"entries_per_day": 0.4},
)
