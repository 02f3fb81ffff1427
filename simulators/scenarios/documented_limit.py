"""Documented limit enforced."""

from simulators.scenarios.scenario import Scenario

__all__ = ["SCENARIO"]

SCENARIO = Scenario(
    name="documented_limit",
    title="Documented limit enforced",
    does="The bank refuses every call beyond its documented limit per minute.",
    needs="documented_limit",
    parameters={"quotas": True, "entries_per_day": 2, "busy_day_entries": 0},
)
