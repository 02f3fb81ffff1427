"""Santander: user not active."""

from simulators.scenarios.scenario import Scenario

__all__ = ["SCENARIO"]

SCENARIO = Scenario(
    name="bank_communication_failed_inactive_user",
    title="Santander: user not active",
    does="The read-only user was never activated, or lacks the profile for statements.",
    expected="bank_communication_failed",
    refusal="bank_communication_failed.inactive_user",
)
