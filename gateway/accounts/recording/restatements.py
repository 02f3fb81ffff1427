"""Tells that a bank has changed days that it had given as final.

The gateway stores no movements. Of each final day it stores a digest (`gateway.accounts.recording.final_days`). Where a
later statement gives a day another digest, the bank has restated the day: rows were corrected, taken back, or booked
late.
"""

from datetime import date

from gateway.limits import RESTATED_DAYS_NAMED
from gateway.model import StatementWarning
from gateway.statement.warnings import warning

__all__ = ["restated"]


def restated(days: list[date]) -> StatementWarning:
    """The warning that names restated days, oldest first."""
    named = ", ".join(day.isoformat() for day in days[:RESTATED_DAYS_NAMED])
    more = f" and {len(days) - RESTATED_DAYS_NAMED} more" if len(days) > RESTATED_DAYS_NAMED else ""
    return warning("statement_restated", f"the bank has changed days that it had given as final: {named}{more}", days)
