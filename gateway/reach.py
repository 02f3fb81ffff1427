"""How far back one statement may reach, reckoned before the first request is sent.

A bank that answers a day or a month at a time turns a mistyped year into thousands of requests. So the windows of a
period are counted from what the bank's contract says: the longest period of one request, how far back the bank
answers, and its documented requests per minute. Two years can be asked for at every bank that answers them.
"""

from datetime import date, timedelta

from contracts.schema import Contract, OperationKind
from gateway.limits import PERIOD_DAYS, PERIOD_QUOTA_MINUTES, PERIOD_WINDOWS

__all__ = ["earliest"]


def earliest(contract: Contract, window_days: int, last: date, today: date) -> date:
    """The earliest first day of a statement that ends on `last`.

    Args:
        contract: the bank's.
        window_days: longest period of one request in days, both ends counted; 0 where there is no limit.
        last: the last day asked for.
        today: the present day in Brasília.
    """
    found = date.min
    if contract.period.history_days:
        found = today - timedelta(days=contract.period.history_days)
    if window_days:
        days = max(PERIOD_DAYS, _most_windows(contract) * window_days)
        found = max(found, last - timedelta(days=min(days, last.toordinal()) - 1))
    return found


def _most_windows(contract: Contract) -> int:
    paces = [
        operation.per_minute
        for operation in contract.operations.values()
        if operation.kind is OperationKind.STATEMENT and operation.per_minute
    ]
    return min(PERIOD_WINDOWS, PERIOD_QUOTA_MINUTES * min(paces, default=PERIOD_WINDOWS))
