"""Balances that do not follow from the entries."""

from simulators.scenarios.scenario import Scenario

__all__ = ["SCENARIO"]

SCENARIO = Scenario(
    name="balance_mismatch",
    title="Balance mismatch",
    does="Some movements, such as sweeps into a fund, move the balance and are never shown.",
    unbalanced=True,
    parameters={"publication": "unseen_movements"},
)
