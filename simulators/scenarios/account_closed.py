"""Account closed."""

from simulators.scenarios.scenario import Scenario

__all__ = ["SCENARIO"]

SCENARIO = Scenario(
    name="account_closed",
    title="Account closed",
    does="The account was closed or has moved.",
    expected="account_closed",
    refusal="account_closed",
)
