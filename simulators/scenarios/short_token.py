"""Token that expires between two pages."""

from simulators.scenarios.scenario import Scenario

__all__ = ["SCENARIO"]

SCENARIO = Scenario(
    name="short_token",
    title="Token that expires between two pages",
    does="Each access token is good for two calls, and pages are short.",
    parameters={"token_uses": 2, "page_size": 5},
    parameters_where_limited={"entries_per_day": 1, "busy_day_entries": 0},
)
