"""Ledgers of accounts, given and changed by hand, and in the form in which they outlive the process."""

from collections.abc import Iterable, Sequence
from typing import Any

from msgspec.structs import replace

from simulators.accounts.kept import KeptAccount, KeptChange, KeptLedger
from simulators.ledger import Ledger
from simulators.ledgers.entries import Fixed, LedgerEntry
from simulators.ledgers.entry_form import EntryProblems, Problems, flat, read_entry, shown
from simulators.ledgers.own import OwnLedger, ledger_of
from simulators.publication import PUBLICATIONS
from simulators.world import SimulatedAccount, differing

__all__ = ["change_of", "give", "kept_account", "kept_change", "kept_ledger", "repeat"]

FOLLOWING = ("date", "balance")
"""What follows from the rest and is not written down."""


def give(account: SimulatedAccount, own: OwnLedger) -> None:
    """Let an account have exactly this ledger, whose types the bank expresses."""
    source = Fixed(own.entries, own.opened_on or (None if own.entries else account.ledger.opened_on))
    account.ledger = Ledger(source, PUBLICATIONS.get(account.parameters.publication), own.opening_balance)
    account.own_ledger = True


def repeat(account: SimulatedAccount, line: KeptLedger | KeptChange) -> None:
    """Do to an account's ledger again what was written down.

    Raises:
        EntryProblems: it is not what this version writes.
    """
    if isinstance(line, KeptLedger):
        opened_on = line.opened_on.isoformat() if line.opened_on else None
        give(account, ledger_of(line.entries, line.opening_balance, opened_on))
        return
    problems = Problems()
    put: list[LedgerEntry] = []
    for number, raw in enumerate(line.put, 1):
        place = {"entry": number}
        entry = read_entry(flat(raw, problems, place), problems, place)
        serial = raw.get("id")
        if not isinstance(serial, int):
            problems.add("id", "must be the id of an entry", **place)
        elif entry is not None:
            put.append(replace(entry, serial=serial))
    problems.check()
    try:
        account.ledger.restore(put, line.removed)
    except (ValueError, OverflowError) as error:
        problems.add("id", str(error))
        raise EntryProblems(problems.found, problems.count) from error


def kept_account(account: SimulatedAccount) -> KeptAccount:
    """What must be written down of an account."""
    return KeptAccount(
        bank=account.bank,
        number=account.number,
        branch=account.branch,
        scenario=account.scenario,
        opened_in=account.opened_in,
        generation=account.generation,
        issued_on=account.issued_on,
        parameters=differing(account.parameters),
    )


def kept_ledger(account: SimulatedAccount) -> KeptLedger | None:
    """The ledger of one's own as it was given; None where the account has none."""
    source = account.ledger.source
    if not account.own_ledger or not isinstance(source, Fixed):
        return None
    return KeptLedger(
        bank=account.bank,
        number=account.number,
        opening_balance=f"{account.ledger.opening:.2f}",
        opened_on=source.opened_on,
        entries=[_written(entry, with_id=False) for entry in source.entries],
    )


def change_of(account: SimulatedAccount) -> KeptChange | None:
    """All changes of the ledger in one; None where there are none."""
    change = account.ledger.change
    if not change.put and not change.removed:
        return None
    put = sorted(change.put.values(), key=lambda entry: entry.serial)
    return kept_change(account, put, sorted(change.removed))


def kept_change(account: SimulatedAccount, put: Sequence[LedgerEntry], removed: Iterable[int]) -> KeptChange:
    """What must be written down of a change."""
    entries = [_written(entry, with_id=True) for entry in put]
    return KeptChange(bank=account.bank, number=account.number, put=entries, removed=list(removed))


def _written(entry: LedgerEntry, *, with_id: bool) -> dict[str, Any]:
    """A movement without what follows from the rest, and without what is empty."""
    found = {name: value for name, value in shown(entry).items() if value and name not in FOLLOWING}
    if not with_id:
        found.pop("id", None)
    party = found.get("counterparty")
    if party:
        found["counterparty"] = {name: value for name, value in party.items() if value}
    return found
