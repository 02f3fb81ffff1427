"""Password expired."""

from simulators.scenarios.scenario import Scenario

__all__ = ["SCENARIO"]

SCENARIO = Scenario(
    name="password_expired",
    title="Password expired",
    does="The operator's password has expired, by policy or for not being used.",
    expected="password_expired",
    refusal="password_expired",
)
