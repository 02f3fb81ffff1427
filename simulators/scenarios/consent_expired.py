"""Authorisation ended."""

from simulators.scenarios.scenario import Scenario

__all__ = ["SCENARIO"]

SCENARIO = Scenario(
    name="consent_expired",
    title="Authorisation ended",
    does="The authorisation of the account holder has ended.",
    expected="consent_expired",
    refusal="consent_expired",
)
