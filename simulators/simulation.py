"""One running simulation: a world, its banks, and the ready accounts of every bank and scenario."""

import logging
import threading
from collections.abc import Callable, Sequence
from itertools import count
from typing import Any

from contracts.packages import Quarantined
from simulators.accounts.kept import KeptAccount, KeptAccounts, KeptLedger, Line, WorldSettings
from simulators.bank import Bank
from simulators.banks import Opened, open_banks
from simulators.clock import Clock, RunningClock
from simulators.ledgers.by_hand import give, kept_account, kept_change, kept_ledger, repeat
from simulators.ledgers.entries import LedgerEntry
from simulators.ledgers.entry_form import EntryProblems
from simulators.ledgers.own import OwnLedger
from simulators.pki import Authority
from simulators.scenarios import scenario
from simulators.serving.turns import Turns
from simulators.world import SimulatedAccount, World
from simulators.worlds.snapshot import Snapshot, restore, taken

__all__ = ["Simulation"]

log = logging.getLogger("simulators.simulation")


class Simulation:
    """All banks in one world, which can be reset.

    Args:
        seed: makes one simulation unlike another.
        clock: the world's clock, or what makes a new one whenever the world is made anew; one that runs when None.
        authority: signs certificates; that of the seed when None.
        name: of the world; empty for the one that all share.
        quotas: whether every bank refuses calls beyond its documented limits.
        ready: whether there is a ready account of each scenario at each bank.
        kept: where opened accounts outlive the process; None where they need not.
    """

    def __init__(
        self,
        seed: int = 1,
        clock: Clock | Callable[[], Clock] | None = None,
        authority: Authority | None = None,
        *,
        name: str = "",
        quotas: bool = False,
        ready: bool = True,
        kept: KeptAccounts | None = None,
    ) -> None:
        self.seed = seed
        self.authority = authority or Authority(seed)
        self.settings = WorldSettings(quotas=quotas, ready=ready)
        self._name = name
        self._clock = clock
        self._kept = kept
        self.turns = Turns()
        self._changing = threading.Lock()
        """Held while a ledger is changed and that is written down, so that both happen in one order."""
        self.world: World
        self.banks: dict[str, Bank]
        self.quarantined: tuple[Quarantined, ...]
        self._fresh: dict[tuple[str, str], KeptAccount] = {}
        """The accounts that a fresh world has, as they are then."""
        self._furnish_world()
        self._reopen()

    def reset(self) -> None:
        """Reset: the same ready accounts, no other, no request and no fault since, and the clock at the present."""
        if self._kept is not None:
            self._kept.clear()
        self._furnish_world()

    def snapshot(self) -> Snapshot:
        """What differs from a fresh world."""
        with self._changing:
            return taken(self.world, self.settings, self._fresh)

    def restore(self, snapshot: Snapshot) -> None:
        """Become what a snapshot shows, in this process and in those after it.

        Raises:
            SnapshotError: it cannot be restored here; then nothing has changed.
        """
        with self._changing:
            world, opened, fresh = self._furnished(snapshot.settings)
            restore(snapshot, world, opened.banks)
            self.settings, self._fresh = snapshot.settings, fresh
            self.world, self.banks, self.quarantined = world, opened.banks, opened.quarantined
            if self._kept is not None:
                self._kept.clear()
                lines: list[Line] = [*snapshot.accounts, *snapshot.ledgers, *snapshot.changes]
                self._kept.add(*([self.settings] if self._name else []), *lines)

    def forget(self) -> None:
        """Let nothing of this simulation outlive it."""
        if self._kept is not None:
            self._kept.remove()

    def keep_settings(self) -> None:
        """Write down that there is this world."""
        if self._kept is not None:
            self._kept.add(self.settings)

    def keep(self, account: SimulatedAccount) -> None:
        """Write down an account as it is now, so that it outlives the process."""
        if self._kept is not None:
            self._kept.add(kept_account(account))

    def give_ledger(self, account: SimulatedAccount, own: OwnLedger) -> None:
        """Let an account have exactly this ledger, whose types its bank expresses, and write it down."""
        with self._changing:
            give(account, own)
            self.world.note_size(account)
            if self._kept is not None and (line := kept_ledger(account)) is not None:
                self._kept.add(line)

    def edit_ledger(
        self,
        account: SimulatedAccount,
        added: Sequence[LedgerEntry],
        changed: Sequence[LedgerEntry],
        removed: Sequence[int],
    ) -> list[LedgerEntry]:
        """Change an account's ledger as `Ledger.edit` does, and write the change down.

        Raises:
            ValueError: a movement lies before the first day, or a day has no room for more.
        """
        with self._changing:
            new = account.ledger.edit(added, changed, removed)
            if self._kept is not None:
                self._kept.add(kept_change(account, [*changed, *new], removed))
            return new

    def number_for(self, slug: str, name: str = "") -> str:
        """The account number at a bank that follows from a name, or one that no account has where there is no name."""
        bank = self.banks[slug]
        if name:
            return bank.number_about(f"name {name}")
        self.world.opened[slug] += 1
        return _free_number(bank, f"account {self.world.opened[slug]}")

    def listing(self, account: SimulatedAccount) -> dict[str, Any]:
        """An account as the control API lists it; `account` plus `credentials` is a body the gateway accepts."""
        chosen = scenario(account.scenario)
        return {
            "bank": account.bank,
            "scenario": chosen.name,
            "title": chosen.title,
            "expected": self.banks[account.bank].expected(chosen.name),
            "account": {
                "bank": account.bank,
                "kind": account.kind,
                "branch": account.branch,
                "number": account.number,
                "holder_tax_id": account.holder_tax_id,
            },
            "credentials": account.form,
        }

    def _furnish_world(self) -> None:
        self.world, opened, self._fresh = self._furnished(self.settings)
        self.banks, self.quarantined = opened.banks, opened.quarantined

    def _furnished(self, settings: WorldSettings) -> tuple[World, Opened, dict[tuple[str, str], KeptAccount]]:
        """A fresh world with its banks, and the accounts it has then."""
        clock = self._clock() if callable(self._clock) else self._clock or RunningClock()
        world = World(self.seed, clock, self.authority, quotas=settings.quotas, name=self._name)
        opened = open_banks(world, _furnish if settings.ready else None)
        return world, opened, {key: kept_account(account) for key, account in world.accounts.items()}

    def _reopen(self) -> None:
        """Open what was opened in an earlier process."""
        if self._kept is None:
            return
        for each in self._kept.accounts():
            if each.bank not in self.banks:
                continue
            try:
                self.banks[each.bank].reopen(each)
            except (KeyError, ValueError) as error:  # written by another version, or by hand
                log.warning("%s %s is not opened again: %s", each.bank, each.number, error)
        broken: set[tuple[str, str]] = set()
        for line in self._kept.ledgers():
            key = line.bank, line.number
            account = self.world.account(*key)
            if account is None or (key in broken and not isinstance(line, KeptLedger)):
                continue
            try:
                repeat(account, line)
                self.world.note_size(account)
            except EntryProblems:  # written by another version: what comes after it is about another ledger
                broken.add(key)


def _furnish(bank: Bank) -> None:
    """Open the ready account of each scenario."""
    for name in bank.scenarios():
        bank.open_account(_free_number(bank, name), name)


def _free_number(bank: Bank, about: str) -> str:
    """A number that no account has; it follows from seed, world, bank and purpose."""
    numbers = (bank.number_about(f"{about}/{n}" if n else about) for n in count())
    return next(number for number in numbers if bank.world.account(bank.contract.slug, number) is None)
