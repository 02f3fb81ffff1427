"""Invalid branch or account."""

from simulators.scenarios.scenario import Scenario

__all__ = ["SCENARIO"]

SCENARIO = Scenario(
    name="invalid_account",
    title="Invalid branch or account",
    does="The bank knows no such account for these credentials.",
    expected="invalid_account",
    refusal="invalid_account",
)
