"""What all simulated banks share: accounts, clock, seed, journal and faults."""

import hashlib
from datetime import datetime, timedelta
from random import Random
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta, Struct, field

from simulators.clock import Clock
from simulators.faults import ActiveFault, Aim, make
from simulators.journal import Journal
from simulators.ledger import Ledger
from simulators.pki import YEAR, Authority
from simulators.publication import PUBLICATIONS

__all__ = ["Parameters", "SimulatedAccount", "World"]


MOST_ENTRIES_PER_DAY = 2_000
"""A ledger is made in memory, by the one thread that serves all banks."""
Count = Annotated[int, Meta(ge=0)]


class Parameters(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How one simulated account differs from the ordinary one. Zero always means: as at the bank."""

    entries_per_day: Annotated[float, Meta(ge=0, le=MOST_ENTRIES_PER_DAY)] = 8
    """Mean on a business day; below one, on so many business days there is one."""
    busy_day_entries: Annotated[int, Meta(ge=0, le=MOST_ENTRIES_PER_DAY)] = 240
    opened_days_ago: Annotated[int, Meta(ge=0, le=3_650)] = 430
    token_seconds: Annotated[int, Meta(ge=0, le=366 * 86_400)] = 0
    """Life of an access token."""
    token_uses: int = 0
    """Calls after which an access token counts as expired; below zero it is never accepted."""
    page_size: Count = 0
    """Largest page the bank gives, below its documented maximum."""
    certificate_days: Annotated[int, Meta(ge=-3_650, le=3_650)] = 365
    """Life of the account's client certificate, from now; below zero it has expired."""
    certificate: Literal["own", "of_another", "of_unknown_authority", "none"] = "own"
    """Which client certificate the account's holder types into the form."""
    kind: Literal["", "PJ", "PF"] = ""
    """Kind of the account; empty for the first kind that the bank accepts."""
    publication: str = ""
    """What the bank's books show, and when: a name of `simulators.publication`; empty for everything at once."""
    quotas: bool = False
    """Whether the bank refuses calls beyond its documented limits; else they are only written down."""
    readings: dict[str, str] = field(default_factory=dict)
    """Which reading of a conflicting point of the contract is played."""

    def __post_init__(self) -> None:
        if self.publication and self.publication not in PUBLICATIONS:
            raise ValueError(f"publication: {self.publication!r} is none of {', '.join(PUBLICATIONS)}")


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
    mistyped: dict[str, str | None] = field(default_factory=dict)
    """Fields of the credential form into which the holder types something else, or nothing (None)."""
    opened_in: str = "ok"
    """The scenario it was opened in, whose parameters it keeps."""
    scenario_faults: tuple[str, ...] = ()
    """Ids of the faults that belong to its scenario."""
    memory: dict[str, Any] = field(default_factory=dict)
    """What the bank remembers of the account besides its movements, such as a valid refresh token."""

    @property
    def form(self) -> dict[str, str]:
        """The credential form as the holder fills it in."""
        return {name: value for name, value in {**self.credentials, **self.mistyped}.items() if value is not None}


class World:
    """The state of one simulation: accounts, clock, journal, faults. The same seed and clock give the same state.

    Args:
        seed: another one gives other accounts and movements.
        clock: the present.
        authority: signs certificates.
        quotas: whether every bank refuses calls beyond its documented limits, not only at accounts opened so.
    """

    def __init__(self, seed: int, clock: Clock, authority: Authority, *, quotas: bool = False) -> None:
        self.seed = seed
        self.quotas = quotas
        self.clock = clock
        self.authority = authority
        self.journal = Journal()
        self.faults: list[ActiveFault] = []
        self.accounts: dict[tuple[str, str], SimulatedAccount] = {}
        self._draws = 0
        self._injected = 0

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

    def fresh_uuid(self, *about: object) -> str:
        """Such a value in the form of a UUID."""
        return str(UUID(self.fresh(*about)))

    def client_certificate(self, common_name: str, life: timedelta = YEAR) -> tuple[str, str]:
        """A client's certificate and key, as PEM, that end so long from now; a negative life gives an expired one."""
        return self.authority.client(common_name, self.now() + life)

    def account(self, bank: str, number: str) -> SimulatedAccount | None:
        """The account of that number, or None."""
        return self.accounts.get((bank, number))

    def accounts_of(self, bank: str) -> list[SimulatedAccount]:
        """All accounts of a bank."""
        return [account for (slug, _), account in self.accounts.items() if slug == bank]

    def add(self, account: SimulatedAccount) -> None:
        """Let an account exist."""
        self.accounts[account.bank, account.number] = account

    def forget(self, bank: str) -> None:
        """Let a bank never have had accounts and faults."""
        self.accounts = {key: account for key, account in self.accounts.items() if account.bank != bank}
        self.faults = [active for active in self.faults if active.bank != bank]

    def inject(
        self,
        bank: str,
        number: str | None,
        operation: str | None,
        fault: str,
        parameters: dict[str, Any] | None = None,
        *,
        after: int = 0,
        every: int = 1,
        probability: float = 1.0,
        times: int = 0,
        seconds: float = 0.0,
    ) -> ActiveFault:
        """Inject a fault from now on; `Aim` says what the arguments mean.

        Raises:
            KeyError: there is no such fault.
            msgspec.ValidationError: an argument or parameter is unknown, of the wrong type or out of its range.
        """
        aim = {"after": after, "every": every, "probability": probability, "times": times, "seconds": seconds}
        aimed = msgspec.convert({"number": number, "operation": operation, **aim}, Aim)
        self._injected += 1
        active = ActiveFault(
            id=hashlib.sha256(f"{self.seed}/fault/{self._injected}".encode()).hexdigest()[:8],
            bank=bank,
            name=fault,
            fault=make(fault, parameters),
            parameters=parameters or {},
            seed=self.seed,
            since=self.now(),
            **msgspec.structs.asdict(aimed),
        )
        self.faults.append(active)
        return active

    def faults_for(self, bank: str, number: str | None, operation: str, kind: str) -> tuple[ActiveFault, ...]:
        """The faults that apply to a call, which is counted at each fault that means it.

        A connection whose caller is not known yet has the operation `tls` and no number.
        """
        now = self.now()
        return tuple(active for active in self.faults if active.applies(bank, number, operation, kind, now))

    def opened_on(self, parameters: Parameters) -> datetime:
        """The day an account of these parameters was opened, from the clock."""
        return self.now() - timedelta(days=parameters.opened_days_ago)
