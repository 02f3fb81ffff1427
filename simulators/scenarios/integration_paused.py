"""Integration paused."""

from simulators.scenarios.scenario import Scenario

__all__ = ["SCENARIO"]

SCENARIO = Scenario(
    name="integration_paused",
    title="Integration paused",
    does="The bank has stopped this connection for a while, and says so.",
    expected="integration_paused",
    refusal="integration_paused",
)
