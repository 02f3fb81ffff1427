"""What all simulated banks share: accounts, clock, seed, journal and faults."""

import hashlib
from datetime import datetime, timedelta
from random import Random
from typing import Any

from msgspec import Struct, field

from simulators.clock import Clock
from simulators.faults import ActiveFault, make
from simulators.journal import Journal
from simulators.ledger import Ledger
from simulators.pki import Authority

__all__ = ["Parameters", "SimulatedAccount", "World"]


class Parameters(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How one simulated account differs from the ordinary one. Zero always means: as at the bank."""

    entries_per_day: int = 8
    busy_day_entries: int = 240
    opened_days_ago: int = 430
    token_seconds: int = 0
    """Life of an access token."""
    token_uses: int = 0
    """Calls after which an access token counts as expired."""
    page_size: int = 0
    """Largest page the bank gives, below its documented maximum."""
    certificate_days: int = 365
    """Life of the account's client certificate, from now; below zero it has expired."""
    readings: dict[str, str] = field(default_factory=dict)
    """Which reading of a conflicting point of the contract is played."""


class SimulatedAccount(Struct, kw_only=True):
    """One account at one simulated bank."""

    bank: str
    kind: str
    branch: str
    number: str
    holder_name: str
    holder_tax_id: str
    ledger: Ledger
    scenario: str = "ok"
    credentials: dict[str, str] = field(default_factory=dict)
    parameters: Parameters = Parameters()
    memory: dict[str, Any] = field(default_factory=dict)
    """What the bank remembers of the account besides its movements, such as a valid refresh token."""


class World:
    """Everything that is the case, as a function of the seed and the clock.

    Args:
        seed: makes one world unlike another.
        clock: the present.
        authority: signs certificates.
    """

    def __init__(self, seed: int, clock: Clock, authority: Authority) -> None:
        self.seed = seed
        self.clock = clock
        self.authority = authority
        self.journal = Journal()
        self.faults: list[ActiveFault] = []
        self.accounts: dict[tuple[str, str], SimulatedAccount] = {}
        self._draws = 0

    def now(self) -> datetime:
        """The present instant of the simulated world."""
        return self.clock.now()

    def chance(self, *about: object) -> Random:
        """A source of chance that depends on the seed and what it is about, and on nothing else."""
        return Random("/".join(map(str, (self.seed, *about))))  # noqa: S311 - reproducible, not secret

    def fresh(self, *about: object) -> str:
        """A new opaque value of 32 hexadecimal digits, unlike any given before in this world."""
        self._draws += 1
        return hashlib.sha256("/".join(map(str, (self.seed, self._draws, *about))).encode()).hexdigest()[:32]

    def account(self, bank: str, number: str) -> SimulatedAccount | None:
        """The account of that number, or None."""
        return self.accounts.get((bank, number))

    def accounts_of(self, bank: str) -> list[SimulatedAccount]:
        """All accounts of a bank."""
        return [account for (slug, _), account in self.accounts.items() if slug == bank]

    def add(self, account: SimulatedAccount) -> None:
        """Let an account exist."""
        self.accounts[account.bank, account.number] = account

    def strike(
        self,
        bank: str,
        number: str | None,
        operation: str | None,
        fault: str,
        parameters: dict[str, Any] | None = None,
        *,
        times: int = 0,
        after: int = 0,
    ) -> ActiveFault:
        """Let something go wrong from now on.

        Raises:
            KeyError: there is no such fault.
            msgspec.ValidationError: a parameter is unknown or of the wrong type.
        """
        active = ActiveFault(
            id=self.fresh("fault")[:8],
            bank=bank,
            number=number,
            operation=operation,
            name=fault,
            fault=make(fault, parameters),
            times=times,
            after=after,
            parameters=parameters or {},
        )
        self.faults.append(active)
        return active

    def opened_on(self, parameters: Parameters) -> datetime:
        """The day an account of these parameters was opened, from the clock."""
        return self.now() - timedelta(days=parameters.opened_days_ago)
