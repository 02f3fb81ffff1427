"""Wrong user profile."""

from simulators.scenarios.scenario import Scenario

__all__ = ["SCENARIO"]

SCENARIO = Scenario(
    name="wrong_user_profile",
    title="Wrong user profile",
    does="The user is of a profile that the bank does not let integrations use.",
    expected="wrong_user_profile",
    refusal="wrong_user_profile",
)
