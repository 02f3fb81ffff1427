"""Santander: stale connection."""

from simulators.scenarios.scenario import Scenario

__all__ = ["SCENARIO"]

SCENARIO = Scenario(
    name="bank_communication_failed_stale_connection",
    title="Santander: stale connection",
    does="The connection through Open Finance has gone stale.",
    expected="bank_communication_failed",
    refusal="bank_communication_failed.stale_connection",
)
