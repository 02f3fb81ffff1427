"""Credentials refused."""

from simulators.scenarios.scenario import Scenario

__all__ = ["SCENARIO"]

SCENARIO = Scenario(
    name="invalid_credentials",
    title="Credentials refused",
    does="The bank refuses the credentials.",
    expected="invalid_credentials",
    refusal="invalid_credentials",
)
