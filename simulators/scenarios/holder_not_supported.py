"""Holder not accepted."""

from simulators.scenarios.scenario import Scenario

__all__ = ["SCENARIO"]

SCENARIO = Scenario(
    name="holder_not_supported",
    title="Holder not accepted",
    does="The bank does not open this API to holders of this sort.",
    expected="account_type_not_supported",
    refusal="account_type_not_supported",
)
