"""Authorisation pending."""

from simulators.scenarios.scenario import Scenario

__all__ = ["SCENARIO"]

SCENARIO = Scenario(
    name="consent_pending_approval",
    title="Authorisation pending",
    does="Another person in charge has still to approve the authorisation.",
    expected="consent_pending_approval",
    refusal="consent_pending_approval",
)
