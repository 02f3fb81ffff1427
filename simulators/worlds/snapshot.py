"""A world as one file that people can read and keep beside a test: what differs from a fresh world, and no more.

Everything else follows from the seed. A world that is restored has the same accounts, credentials, ids and movements,
in another process and on another day.
"""

import codecs
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

import msgspec
from msgspec import Struct, field

from simulators.accounts.kept import KeptAccount, KeptChange, KeptLedger, WorldSettings
from simulators.bank import Bank
from simulators.clock import BRASILIA, EARLIEST, LATEST, FrozenClock, check_bounds
from simulators.faults import ActiveFault, InjectedFault, make
from simulators.ledgers.by_hand import change_of, kept_account, kept_ledger, repeat
from simulators.ledgers.entry_form import EntryProblems
from simulators.world import MOST_ACCOUNTS, MOST_FAULTS, World

__all__ = [
    "LARGEST_SNAPSHOT_BYTES",
    "Snapshot",
    "SnapshotError",
    "read_snapshot",
    "restore",
    "taken",
    "text",
]

VERSION = 1
LARGEST_SNAPSHOT_BYTES = 64_000_000
UNCHANGED_SECONDS = 5
"""A running clock this near to the machine's has not been moved."""
T = TypeVar("T")
NUMBER = re.compile("[0-9A-Za-z.-]{1,20}")
"""Of an account at any bank."""


class SnapshotError(ValueError):
    """A snapshot cannot be restored here; the text says why."""


class KeptClock(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A clock that stands, or was moved."""

    now: datetime
    frozen: bool
    """Whether it stands still."""


class KeptFault(InjectedFault, kw_only=True, omit_defaults=True):
    """A fault that was injected and belongs to no scenario."""


class Snapshot(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What differs from a fresh world of the seed and name."""

    version: int
    """Of the form of the file."""
    seed: int
    """From which all follows that is made up; the simulators must have the same."""
    world: str = ""
    """Name of the world; empty for the one that all share."""
    settings: WorldSettings = field(default_factory=WorldSettings)
    """What it is besides its accounts."""
    clock: KeptClock | None = None
    """None for one that runs with the machine's and was not moved."""
    accounts: list[KeptAccount] = []
    """In the order of their opening; those that are ready in any world only where they were changed."""
    ledgers: list[KeptLedger] = []
    """Of accounts that have one of their own."""
    changes: list[KeptChange] = []
    """Of movements, in their order."""
    faults: list[KeptFault] = []
    """Those that belong to no scenario."""


def taken(world: World, settings: WorldSettings, fresh: Mapping[tuple[str, str], KeptAccount]) -> Snapshot:
    """The snapshot of a world.

    Args:
        world: that is shown.
        settings: what it is besides.
        fresh: the accounts that it had from the beginning, as they were then.
    """
    accounts = list(world.accounts.values())
    kept = [kept_account(account) for account in accounts]
    of_scenarios = {fault_id for account in accounts for fault_id in account.scenario_faults}
    return Snapshot(
        version=VERSION,
        seed=world.seed,
        world=world.name,
        settings=settings,
        clock=_clock(world),
        accounts=[each for each in kept if fresh.get((each.bank, each.number)) != each],
        ledgers=[line for account in accounts if (line := kept_ledger(account)) is not None],
        changes=[change for account in accounts if (change := change_of(account)) is not None],
        faults=[_fault(active) for active in world.faults if active.id not in of_scenarios],
    )


def text(snapshot: Snapshot) -> bytes:
    """The snapshot as a file: indented JSON, always in the same order, with a line end."""
    return msgspec.json.format(msgspec.json.encode(snapshot), indent=2) + b"\n"


def read_snapshot(content: bytes) -> Snapshot:
    """The snapshot in a file.

    Raises:
        SnapshotError: it is none, or of another version.
    """
    content = content.removeprefix(codecs.BOM_UTF8)
    try:
        version = msgspec.json.decode(content, type=dict[str, Any]).get("version")
        if version != VERSION:
            raise SnapshotError(f"version: this one reads snapshots of version {VERSION}, not {version!r}")
        found = msgspec.json.decode(content, type=Snapshot)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise SnapshotError(f"the file is no snapshot: {error}") from error
    except UnicodeDecodeError as error:
        raise SnapshotError("the file is no snapshot: it is not in UTF-8") from error
    _check_length("accounts", found.accounts, MOST_ACCOUNTS)
    _check_length("faults", found.faults, MOST_FAULTS)
    _check_once("accounts", [f"{each.bank} {each.number}" for each in found.accounts])
    _check_once("ledgers", [f"{each.bank} {each.number}" for each in found.ledgers])
    _check_once("faults", [each.id for each in found.faults])
    return found


def restore(snapshot: Snapshot, world: World, banks: Mapping[str, Bank]) -> None:
    """Let a fresh world become what the snapshot shows.

    Raises:
        SnapshotError: it is of another seed or world, or names what there is not.
    """
    if snapshot.seed != world.seed:
        raise SnapshotError(f"seed: the snapshot is of seed {snapshot.seed}; this world has seed {world.seed}")
    if snapshot.world != world.name:
        names = [f"the world {name!r}" if name else "the world that all share" for name in (snapshot.world, world.name)]
        raise SnapshotError(f"world: the snapshot is of {names[0]} and cannot become {names[1]}")
    if snapshot.clock is not None:
        _put_clock(world, snapshot.clock)
    for each in snapshot.accounts:
        _check_account(each)
        try:
            _known(banks, each.bank).reopen(each)
        except (KeyError, ValueError) as error:  # an unknown scenario, or a parameter that is none
            raise SnapshotError(f"accounts: {each.bank} {each.number}: {error}") from error
    lines: list[KeptLedger | KeptChange] = [*snapshot.ledgers, *snapshot.changes]
    for line in lines:
        _repeat(world, line)
    for fault in snapshot.faults:
        _check_instant(f"faults: {fault.id}: since", fault.since)
        _known(banks, fault.bank)
        world.faults.append(_active(fault, world.seed))


def _put_clock(world: World, kept: KeptClock) -> None:
    _check_instant("clock", kept.now)
    now = kept.now.astimezone(BRASILIA)
    if kept.frozen:
        world.clock = FrozenClock(now)
    else:
        world.clock.put(now)


def _repeat(world: World, line: KeptLedger | KeptChange) -> None:
    account = world.account(line.bank, line.number)
    if account is None:
        raise SnapshotError(f"ledgers: there is no account {line.bank} {line.number}")
    try:
        repeat(account, line)
        world.note_size(account)
    except EntryProblems as error:
        raise SnapshotError(f"ledgers: {line.bank} {line.number}: {error}") from error


def _check_length(name: str, found: Sequence[object], most: int) -> None:
    if len(found) > most:
        raise SnapshotError(f"{name}: at most {most:,}")


def _check_instant(name: str, moment: datetime) -> None:
    try:
        check_bounds(moment)
    except ValueError as error:
        raise SnapshotError(f"{name}: {error}") from error


def _check_account(kept: KeptAccount) -> None:
    """Refuse what no account has and no bank could work with."""
    if NUMBER.fullmatch(kept.number) is None:
        raise SnapshotError(f"accounts: {kept.bank}: number: {kept.number[:40]!r} is none")
    if not EARLIEST.date() <= kept.issued_on < LATEST.date():
        raise SnapshotError(f"accounts: {kept.bank} {kept.number}: issued_on: {kept.issued_on} is too far away")


def _check_once(name: str, found: Sequence[str]) -> None:
    twice = next((each for each, times in Counter(found).items() if times > 1), None)
    if twice is not None:
        raise SnapshotError(f"{name}: {twice} stands there twice")


def _known(banks: Mapping[str, T], slug: str) -> T:
    if slug not in banks:
        raise SnapshotError(f"bank: there is no bank {slug!r}")
    return banks[slug]


def _clock(world: World) -> KeptClock | None:
    now, frozen = world.now(), isinstance(world.clock, FrozenClock)
    if not frozen and abs((now - datetime.now(BRASILIA)).total_seconds()) < UNCHANGED_SECONDS:
        return None
    return KeptClock(now=now, frozen=frozen)


def _fault(active: ActiveFault) -> KeptFault:
    return KeptFault(**{name: getattr(active, name) for name in KeptFault.__struct_fields__})


def _active(kept: KeptFault, seed: int) -> ActiveFault:
    """The fault with the counts it had.

    Raises:
        SnapshotError: there is no such fault or parameter.
    """
    try:
        behaviour = make(kept.fault, kept.parameters)
    except (KeyError, ValueError) as error:
        raise SnapshotError(f"faults: {kept.fault!r}: {error}") from error
    values = msgspec.structs.asdict(kept) | {"since": kept.since.astimezone(BRASILIA)}
    return ActiveFault(behaviour=behaviour, seed=seed, **values)
