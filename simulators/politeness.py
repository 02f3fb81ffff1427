"""Whether the callers kept the banks' limits, read from the journal."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from msgspec import Struct

from contracts.schema import Contract, OperationKind
from simulators.journal import Record

__all__ = ["Politeness", "Usage", "politeness"]

MINUTE = timedelta(minutes=1)
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


class Politeness(Struct, frozen=True, kw_only=True):
    """The verdict over all callers."""

    polite: bool
    broken_limits: list[Usage]
    writes: int
    """Calls of write operations: whoever makes one has failed."""
    unlisted: int
    """Calls of paths that no contract lists."""
    repeated_refusals: int
    """Calls that repeat, within a minute and with the same token, one that was refused with 401 or 403."""
    calls_per_token: float | None
    usage: list[Usage]


def politeness(records: Iterable[Record], contracts: Mapping[str, Contract]) -> Politeness:
    """Judge the journal against what the contracts allow."""
    records = list(records)
    times: dict[tuple[str, str, str], list[datetime]] = defaultdict(list)
    kinds: Counter[str] = Counter()
    writes = unlisted = 0
    repeated = _repeated_refusals(records)
    for record in records:
        writes += record.write
        unlisted += record.operation is None and not record.write
        if record.operation is not None:
            operation = contracts[record.bank].operations[record.operation]
            kinds["token" if operation.kind is OperationKind.TOKEN else "read"] += 1
            if record.account is not None:
                times[record.bank, record.account, record.operation].append(record.at)
    usage = [
        Usage(
            bank=bank,
            account=account,
            operation=name,
            calls=len(moments),
            most_per_minute=_most_within(moments, MINUTE),
            limit_per_minute=contracts[bank].operations[name].per_minute,
        )
        for (bank, account, name), moments in sorted(times.items())
    ]
    broken = [each for each in usage if not each.within]
    return Politeness(
        polite=not (broken or writes or unlisted or repeated),
        broken_limits=broken,
        writes=writes,
        unlisted=unlisted,
        repeated_refusals=repeated,
        calls_per_token=round(kinds["read"] / kinds["token"], 2) if kinds["token"] else None,
        usage=usage,
    )


def _repeated_refusals(records: Iterable[Record]) -> int:
    """How often somebody tried again what had just been refused: a wrong secret, a right that is not given."""
    refused: dict[tuple[str, str, str, str], datetime] = {}
    repeated = 0
    for record in records:
        if record.account is None or record.operation is None:
            continue
        asked = record.bank, record.account, record.path, record.token or ""
        before = refused.get(asked)
        repeated += before is not None and record.at - before < MINUTE
        if record.status in REFUSED:
            refused[asked] = record.at
        else:
            refused.pop(asked, None)
    return repeated


def _most_within(moments: list[datetime], span: timedelta) -> int:
    """The largest number of moments in any half-open span."""
    ordered = sorted(moments)
    most = start = 0
    for end, moment in enumerate(ordered):
        while moment - ordered[start] >= span:
            start += 1
        most = max(most, end - start + 1)
    return most
