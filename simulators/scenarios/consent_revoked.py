"""Authorisation revoked."""

from simulators.scenarios.scenario import Scenario

__all__ = ["SCENARIO"]

SCENARIO = Scenario(
    name="consent_revoked",
    title="Authorisation revoked",
    does="The account holder has revoked the authorisation at the bank.",
    expected="consent_revoked",
    refusal="consent_revoked",
)
