"""Security step demanded."""

from simulators.scenarios.scenario import Scenario

__all__ = ["SCENARIO"]

SCENARIO = Scenario(
    name="bank_security_step_required",
    title="Security step demanded",
    does="The bank wants a device authorised or a security program installed first.",
    expected="bank_security_step_required",
    refusal="bank_security_step_required",
)
