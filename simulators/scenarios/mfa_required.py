"""Token required."""

from simulators.scenarios.scenario import Scenario

__all__ = ["SCENARIO"]

SCENARIO = Scenario(
    name="mfa_required",
    title="Token required",
    does="The bank demands a second factor of this user.",
    expected="mfa_required",
    refusal="mfa_required",
)
