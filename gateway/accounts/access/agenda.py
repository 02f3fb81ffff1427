"""The order in which a round renews tokens, so that tenants share it."""

from collections import Counter, deque
from collections.abc import Iterable

from gateway.limits import RENEWALS_AT_ONCE, RENEWALS_PER_TENANT
from gateway.storage.accounts.records import AccountRecord

__all__ = ["Agenda"]


class Agenda:
    """The accounts of a round, and the order in which they are visited.

    A tenant whose accounts stall at their bank has at most a few visits under way, and never more than others could
    still begin: the tokens of the other tenants do not expire meanwhile.
    """

    def __init__(self, records: Iterable[AccountRecord]) -> None:
        self._waiting: dict[str, deque[AccountRecord]] = {}
        for record in records:
            self._waiting.setdefault(record.tenant_id, deque()).append(record)
        self._under_way: Counter[str] = Counter()

    def begin(self) -> AccountRecord | None:
        """The next account, one of the tenant with the fewest visits under way.

        None when all visits have begun, or when the rest belongs to tenants that have enough visits under way: the
        tasks that make those visits go on with the rest.
        """
        tenant = min(self._waiting, key=self._under_way.__getitem__, default=None)
        if tenant is None or self._under_way[tenant] >= min(
            RENEWALS_PER_TENANT, RENEWALS_AT_ONCE - self._under_way.total()
        ):
            return None
        record = self._waiting[tenant].popleft()
        if not self._waiting[tenant]:
            del self._waiting[tenant]
        self._under_way[tenant] += 1
        return record

    def end(self, record: AccountRecord) -> None:
        """Note that the visit of an account has ended."""
        self._under_way[record.tenant_id] -= 1
