"""Query refused by the bank without a reason it names."""

from simulators.scenarios.scenario import Scenario

__all__ = ["SCENARIO"]

SCENARIO = Scenario(
    name="bank_communication_failed",
    title="Query not carried out",
    does="The bank does not carry out the query for this user and says neither account nor period is wrong.",
    expected="bank_communication_failed",
    refusal="bank_communication_failed",
)
