"""How far back one statement may reach, computed before the first request is sent.

A bank that answers a day or a month at a time turns a mistyped year into thousands of requests. So the windows of a
period are counted from what the bank's contract says: the longest period of one request, how far back the bank
answers, and the tightest of its documented limits of calls. Two years can be asked for at every bank that answers them.
No bank is asked for days of another century, which only a mistyped year names.
"""

from datetime import date, timedelta

from contracts.schema import Contract, OperationKind, Quota
from gateway.errors import CallerError
from gateway.limits import FIRST_DAY, PERIOD_DAYS, PERIOD_QUOTA_SECONDS, PERIOD_WINDOWS
from gateway.model import Period

__all__ = ["check_reach", "earliest"]


def check_reach(contract: Contract, window_days: int, period: Period, today: date) -> None:
    """Refuse a period that ends after today, or begins before the bank can be asked for it.

    Args:
        window_days: longest period of one request in days, both ends counted; 0 where there is no limit.
        period: the days asked for.
        today: the present day in Brasília.

    Raises:
        CallerError: `period_out_of_range`.
    """
    if period.last > today:
        detail = f"`to` is {period.last}, after today, {today}"
        portuguese = "O fim do período não pode vir depois de hoje."
        raise CallerError("period_out_of_range", detail, field="to", bank=contract.slug, portuguese=portuguese)
    oldest = earliest(contract, window_days, period.last, today)
    if period.first < oldest:
        given = f"`from` is {period.first}; for `to` {period.last} {contract.name}"
        if period.last < oldest:
            given = f"`from` is {period.first} and `to` is {period.last}; {contract.name}"
        detail = f"{given} can be asked from {oldest} on"
        portuguese = f"Este período pode ser pedido a partir de {oldest:%d/%m/%Y}."
        raise CallerError("period_out_of_range", detail, field="from", bank=contract.slug, portuguese=portuguese)


def earliest(contract: Contract, window_days: int, last: date, today: date) -> date:
    """The earliest first day of a statement that ends on `last`.

    Args:
        window_days: longest period of one request in days, both ends counted; 0 where there is no limit.
        last: the last day asked for.
        today: the present day in Brasília.
    """
    found = FIRST_DAY
    if contract.period.history_days:
        found = today - timedelta(days=contract.period.history_days)
    if window_days:
        days = max(PERIOD_DAYS, _most_windows(contract) * window_days)
        found = max(found, last - timedelta(days=min(days, last.toordinal()) - 1))
    return found


def _most_windows(contract: Contract) -> int:
    counted = [
        _calls_in_time(quota)
        for name, operation in contract.operations.items()
        if operation.kind is OperationKind.STATEMENT
        for quota in contract.quotas_of(name).values()
        if quota.seconds
    ]
    return min([PERIOD_WINDOWS, *counted])


def _calls_in_time(quota: Quota) -> int:
    """The calls of one statement that a window lets through before the statement would be given up."""
    return quota.calls * max(1, PERIOD_QUOTA_SECONDS // quota.seconds)
