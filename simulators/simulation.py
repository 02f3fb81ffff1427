"""One running simulation: the world, its banks, and the ready accounts of every bank and scenario."""

import hashlib
from itertools import chain
from pathlib import Path
from typing import Any

from contracts.packages import Quarantined
from simulators.bank import Bank
from simulators.banks import open_banks
from simulators.clock import Clock, RunningClock
from simulators.pki import Authority
from simulators.scenarios import scenario
from simulators.world import SimulatedAccount, World

__all__ = ["Simulation"]


class Simulation:
    """All banks in one world, which can be reset.

    Args:
        seed: makes one simulation unlike another.
        state: folder for the test authority; None keeps it in memory.
        clock: the world's clock; one that runs when None.
        quotas: whether every bank refuses calls beyond its documented limits.
    """

    def __init__(
        self, seed: int = 1, state: Path | None = None, clock: Clock | None = None, *, quotas: bool = False
    ) -> None:
        self.seed = seed
        self.quotas = quotas
        self._clock = clock
        self.authority = Authority(RunningClock().now(), state)
        self.world: World
        self.banks: dict[str, Bank]
        self.quarantined: tuple[Quarantined, ...]
        self.reset()

    def reset(self) -> None:
        """Reset: the same accounts, no request and no fault since, and the clock at the present."""
        self.world = World(self.seed, self._clock or RunningClock(), self.authority, quotas=self.quotas)
        opened = open_banks(self.world, self._furnish)
        self.banks, self.quarantined = opened.banks, opened.quarantined

    def new_number(self, slug: str) -> str:
        """An account number of that bank that no account has."""
        return self._free_number(self.banks[slug], self.world.fresh("account"))

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

    def _furnish(self, bank: Bank) -> None:
        """Open the ready account of each scenario."""
        for name in bank.scenarios():
            bank.open_account(self._free_number(bank, name), name)

    def _free_number(self, bank: Bank, about: str) -> str:
        """A number that no account has; it follows from seed, bank and purpose."""
        slug, attempts = bank.contract.slug, chain((about,), (f"{about}/{n}" for n in range(1, 1000)))
        numbers = (bank.number(self._digits(slug, attempt)) for attempt in attempts)
        return next(number for number in numbers if self.world.account(slug, number) is None)

    def _digits(self, slug: str, about: str) -> str:
        """Eight digits, the first not zero, that follow from seed, bank and purpose."""
        digest = hashlib.sha256(f"{self.seed}/{slug}/{about}".encode()).hexdigest()
        return str(10_000_000 + int(digest[:12], 16) % 90_000_000)
