"""Authorisation unfinished."""

from simulators.scenarios.scenario import Scenario

__all__ = ["SCENARIO"]

SCENARIO = Scenario(
    name="authorization_incomplete",
    title="Authorisation unfinished",
    does="The account holder did not bring the authorisation to its end.",
    expected="authorization_incomplete",
    refusal="authorization_incomplete",
)
