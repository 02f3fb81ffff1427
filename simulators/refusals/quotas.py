"""A bank that keeps its documented limits itself: it counts calls as its contract says, and refuses those beyond."""

from collections import defaultdict, deque
from datetime import datetime, timedelta

from contracts.schema import Contract, CountedBy, Quota
from simulators.call import Call
from simulators.journal.records import Record
from simulators.world import SimulatedAccount

__all__ = ["EnforcedQuotas"]

Key = tuple[str, ...]
"""Name of a quota, and whose calls it counts together."""


class EnforcedQuotas:
    """What each quota of a bank has counted. Calls that are refused count as well.

    Args:
        contract: says what is limited.
    """

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._calls: dict[Key, deque[datetime]] = defaultdict(deque)
        self._under_way: dict[Key, list[Record]] = defaultdict(list)

    def allow(self, call: Call, account: SimulatedAccount) -> bool:
        """Count a call of an account, which begins now; whether it is within all quotas that count it."""
        within = True
        for name, quota in self._contract.quotas_of(call.operation).items():
            # Also where another one refuses it.
            within &= self._counted(self._key(name, quota, account), quota, call.record)
        return within

    def _counted(self, key: Key, quota: Quota, record: Record) -> bool:
        if quota.at_once:
            under_way = [*(each for each in self._under_way[key] if each.ended_at is None), record]
            self._under_way[key] = under_way
            return len(under_way) <= quota.at_once
        calls, since = self._calls[key], record.at - timedelta(seconds=quota.seconds)
        calls.append(record.at)
        while calls[0] <= since:
            calls.popleft()
        return len(calls) <= quota.calls

    def _key(self, name: str, quota: Quota, account: SimulatedAccount) -> Key:
        if quota.by is CountedBy.ACCOUNT:
            return name, account.number
        return name, *(account.credentials.get(each, "") for each in self._contract.authentication.client_fields)
