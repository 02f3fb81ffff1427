"""Weekends and holidays sent twice."""

from simulators.scenarios.scenario import Scenario

__all__ = ["SCENARIO"]

SCENARIO = Scenario(
    name="weekend_sent_twice",
    title="Weekend sent twice",
    does="Movements of weekends and holidays stay under their own day and come again under the next business day.",
    needs="weekends_again",
    parameters={"publication": "weekend_dated_anew", "readings": {"weekends": "sent_twice"}},
)
