"""Balances that do not follow from the entries."""

from simulators.scenarios.scenario import Scenario

__all__ = ["SCENARIO"]

SCENARIO = Scenario(
    name="balance_mismatch",
    title="Balance mismatch",
    does="Something moves the balance every day, like a yield of a fund beside the account, and is never shown.",
    unbalanced=True,
    needs="balances_apart",
    parameters={"publication": "unseen_movements", "entries_per_day": 2, "busy_day_entries": 0},
)
