"""Santander: several accounts."""

from simulators.scenarios.scenario import Scenario

__all__ = ["SCENARIO"]

SCENARIO = Scenario(
    name="bank_communication_failed_several_accounts",
    title="Santander: several accounts",
    does="More than one account is bound to the read-only user.",
    expected="bank_communication_failed",
    refusal="bank_communication_failed.several_accounts",
)
