"""Account blocked."""

from simulators.scenarios.scenario import Scenario

__all__ = ["SCENARIO"]

SCENARIO = Scenario(
    name="account_blocked",
    title="Account blocked",
    does="The account is blocked for the time being.",
    expected="account_blocked",
    refusal="account_blocked",
)
