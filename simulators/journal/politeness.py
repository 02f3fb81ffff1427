"""Whether the callers kept the banks' limits, read from the journal."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from itertools import accumulate

from msgspec import Struct

from contracts.schema import Contract, OperationKind
from simulators.journal.records import Record

__all__ = ["Politeness", "Usage", "politeness"]

MINUTE = timedelta(minutes=1)
ON_ITS_WAY = timedelta(seconds=1)
"""Time that a call takes to arrive at most, the handshake of a new connection included."""
REFUSED = frozenset({401, 403})


class Usage(Struct, frozen=True, kw_only=True):
    """How one account's operation was used."""

    bank: str
    account: str
    operation: str
    calls: int
    most_per_minute: int
    limit_per_minute: int
    """0 where the bank documents none."""

    @property
    def within(self) -> bool:
        """Whether the limit was kept."""
        return not self.limit_per_minute or self.most_per_minute <= self.limit_per_minute


class QuotaUsage(Struct, frozen=True, kw_only=True):
    """How one account used what a documented limit counts; clients are told apart by their accounts."""

    bank: str
    account: str
    quota: str
    """Its name in the contract."""
    limit: str
    """In words."""
    most: int
    """Calls in any of its windows, or under way at once."""
    most_allowed: int
    """What the bank documents for it."""

    @property
    def within(self) -> bool:
        """Whether the limit was kept."""
        return self.most <= self.most_allowed


class Politeness(Struct, frozen=True, kw_only=True):
    """The verdict over all callers."""

    polite: bool
    """Whether nothing of what follows was broken."""
    broken_limits: list[Usage]
    """Uses beyond a limit of one operation by the minute."""
    writes: int
    """Calls of write operations: whoever makes one has failed."""
    unlisted: int
    """Calls of paths that no contract lists."""
    repeated_refusals: int
    """Calls that repeat, within a minute and with the same token, one that was refused with 401 or 403; those for
    another part of the same list only where they were not on their way when the refusal came."""
    calls_per_token: float | None
    """Reads for each token that was asked for; null where none was."""
    usage: list[Usage]
    """How each account's operations were used."""
    broken_quotas: list[QuotaUsage]
    """Documented limits that were not kept."""
    quotas: list[QuotaUsage]
    """Every documented limit that counted a call; those of one operation by the minute stand in `usage` as well."""


def politeness(records: Iterable[Record], contracts: Mapping[str, Contract]) -> Politeness:
    """Judge the journal against what the contracts allow."""
    records = list(records)
    times: dict[tuple[str, str, str], list[datetime]] = defaultdict(list)
    counted: dict[tuple[str, str, str], list[Record]] = defaultdict(list)
    kinds: Counter[str] = Counter()
    writes = unlisted = 0
    repeated = _repeated_refusals(records)
    for record in records:
        writes += record.write
        unlisted += record.operation is None and not (record.write or record.by_holder or record.handshake_refused)
        if record.operation is not None:
            operation = contracts[record.bank].operations[record.operation]
            kinds["token" if operation.kind is OperationKind.TOKEN else "read"] += 1
            if record.account is not None:
                times[record.bank, record.account, record.operation].append(record.at)
                for name in contracts[record.bank].quotas_of(record.operation):
                    counted[record.bank, record.account, name].append(record)
    quotas = [_quota_usage(contracts, key, calls) for key, calls in sorted(counted.items())]
    usage = [_usage(contracts, key, moments) for key, moments in sorted(times.items())]
    broken = [each for each in usage if not each.within]
    broken_quotas = [each for each in quotas if not each.within]
    return Politeness(
        polite=not (broken or broken_quotas or writes or unlisted or repeated),
        broken_limits=broken,
        writes=writes,
        unlisted=unlisted,
        repeated_refusals=repeated,
        calls_per_token=round(kinds["read"] / kinds["token"], 2) if kinds["token"] else None,
        usage=usage,
        broken_quotas=broken_quotas,
        quotas=quotas,
    )


def _usage(contracts: Mapping[str, Contract], key: tuple[str, str, str], moments: list[datetime]) -> Usage:
    bank, account, name = key
    own = contracts[bank].quotas_of(name).get(name)
    return Usage(
        bank=bank,
        account=account,
        operation=name,
        calls=len(moments),
        most_per_minute=_most_within(moments, MINUTE),
        limit_per_minute=own.calls if own is not None else 0,
    )


def _quota_usage(contracts: Mapping[str, Contract], key: tuple[str, str, str], calls: list[Record]) -> QuotaUsage:
    bank, account, name = key
    quota = contracts[bank].quotas_of(calls[0].operation or "")[name]
    moments = [call.at for call in calls]
    most = _most_at_once(calls) if quota.at_once else _most_within(moments, timedelta(seconds=quota.seconds))
    return QuotaUsage(
        bank=bank,
        account=account,
        quota=name,
        limit=str(quota),
        most=most,
        most_allowed=quota.at_once or quota.calls,
    )


def _repeated_refusals(records: Iterable[Record]) -> int:
    """How often somebody tried again what had just been refused: a wrong secret, a right that is not given."""
    refused: dict[tuple[str, str, str, str], Record] = {}
    repeated = 0
    for record in records:
        if record.account is None or record.operation is None:
            continue
        asked = record.bank, record.account, record.path, record.token or ""
        before = refused.get(asked)
        repeated += before is not None and record.at - before.at < MINUTE and not _was_on_its_way(record, before)
        if record.status in REFUSED:
            refused[asked] = record
        else:
            refused.pop(asked, None)
    return repeated


def _was_on_its_way(record: Record, refused: Record) -> bool:
    """Whether a call for another part of a list may have been sent before another one's refusal had come."""
    return record.query != refused.query and record.at - (refused.ended_at or record.at) < ON_ITS_WAY


def _most_at_once(calls: list[Record]) -> int:
    """The largest number of calls under way at one instant; one that ends as another begins is under way no more."""
    changes = [(call.at, 1) for call in calls] + [(call.ended_at, -1) for call in calls if call.ended_at is not None]
    return max(accumulate(change for _, change in sorted(changes)))


def _most_within(moments: list[datetime], span: timedelta) -> int:
    """The largest number of moments in any half-open span."""
    ordered = sorted(moments)
    most = start = 0
    for end, moment in enumerate(ordered):
        while moment - ordered[start] >= span:
            start += 1
        most = max(most, end - start + 1)
    return most
