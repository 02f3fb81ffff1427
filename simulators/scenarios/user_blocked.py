"""User blocked."""

from simulators.scenarios.scenario import Scenario

__all__ = ["SCENARIO"]

SCENARIO = Scenario(
    name="user_blocked",
    title="User blocked",
    does="The bank has blocked the user.",
    expected="user_blocked",
    refusal="user_blocked",
)
