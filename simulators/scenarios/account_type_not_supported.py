"""Account type not accepted."""

from simulators.scenarios.scenario import Scenario

__all__ = ["SCENARIO"]

SCENARIO = Scenario(
    name="account_type_not_supported",
    title="Account type not accepted",
    does="The account belongs to a person where only companies are served, or the other way round.",
    expected="account_type_not_supported",
    before_the_bank=True,
    needs="one_kind",
    parameters={"kind": "PF"},
)
