"""What all simulated banks share: accounts, clock, seed, journal and faults."""

import hashlib
from collections import Counter
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta, Struct, field

from simulators.clock import BRASILIA, EARLIEST, LATEST, Clock
from simulators.faults import ActiveFault, Aim, make
from simulators.journal.records import Journal
from simulators.ledger import Ledger
from simulators.pki import Authority
from simulators.publication import PUBLICATIONS
from simulators.worlds.recognition import Issued

__all__ = ["MOST_ACCOUNTS", "MOST_FAULTS", "OPENED_ON", "Parameters", "SimulatedAccount", "World", "differing"]


ORDINARY_AGE = timedelta(days=430)
"""Age of an ordinary account, where the clock is so early that it could not have been opened on `OPENED_ON`."""
OPENED_ON = date(2025, 1, 12)
"""The day on which ordinary accounts were opened, whatever the day on which the simulation begins."""
MOST_ACCOUNTS = 10_000
"""Of a world, when callers open them."""
MOST_FAULTS = 10_000
"""Of a world, when callers inject them; each call of a bank looks at all of them."""
MOST_ENTRIES_PER_DAY = 2_000
"""A ledger is made in memory, by the one thread that serves all banks."""
Count = Annotated[int, Meta(ge=0)]


class Parameters(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How one simulated account differs from the ordinary one. Zero always means: as at the bank."""

    entries_per_day: Annotated[float, Meta(ge=0, le=MOST_ENTRIES_PER_DAY)] = 8
    """Mean on a business day; below one, on so many business days there is one."""
    ledger: Annotated[str, Meta(max_length=100)] = ""
    """What the movements follow from; accounts of the same name have the same. Empty for the account number."""
    busy_day_entries: Annotated[int, Meta(ge=0, le=MOST_ENTRIES_PER_DAY)] = 240
    opened_on: date | None = None
    """Day of the opening, which stands before the days since."""
    opened_days_ago: Annotated[int, Meta(ge=0, le=3_650)] = 0
    """Days from the opening to now; zero for the day on which all ordinary accounts were opened."""
    token_seconds: Annotated[int, Meta(ge=0, le=366 * 86_400)] = 0
    """Life of an access token."""
    token_uses: int = 0
    """Calls after which an access token counts as expired; below zero it is never accepted."""
    page_size: Count = 0
    """Largest page the bank gives, below its documented maximum."""
    certificate_days: Annotated[int, Meta(ge=-3_650, le=3_650)] = 0
    """Life of the account's client certificate, from today; below zero it has expired, zero is longer than any test."""
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
        if self.opened_on is not None and not EARLIEST.date() <= self.opened_on < LATEST.date():
            raise ValueError(f"opened_on: {self.opened_on} is not from {EARLIEST.year} to {LATEST.year - 1}")


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
    issued_on: date
    """Day on which its present credentials were issued."""
    generation: int = 0
    """How often its credentials were replaced. Everything that is issued to it follows from this number."""
    refreshes: int = 0
    """How many refresh tokens were given to these credentials after the first."""
    own_ledger: bool = False
    """Whether its movements were given, and not made up."""
    memory: dict[str, Any] = field(default_factory=dict)
    """What the bank remembers of the account besides its movements, such as a valid refresh token."""

    @property
    def form(self) -> dict[str, str]:
        """The credential form as the holder fills it in."""
        return {name: value for name, value in {**self.credentials, **self.mistyped}.items() if value is not None}


class World:
    """The state of one simulation: accounts, clock, journal, faults.

    Whatever is made up follows from seed, world, bank, account number and how often it was made up before, so that an
    account that was opened again, in another process or on another day, is the same account.

    Args:
        seed: another one gives other accounts and movements.
        clock: the present.
        authority: signs certificates.
        quotas: whether every bank refuses calls beyond its documented limits, not only at accounts opened so.
        name: makes it unlike the other worlds of the seed; empty for the one that all share.
    """

    def __init__(self, seed: int, clock: Clock, authority: Authority, *, quotas: bool = False, name: str = "") -> None:
        self.seed = seed
        self.name = name
        self.quotas = quotas
        self.clock = clock
        self.authority = authority
        self.journal = Journal()
        self.faults: list[ActiveFault] = []
        self.accounts: dict[tuple[str, str], SimulatedAccount] = {}
        self.issued = Issued()
        """What callers of this world are recognised by; nothing in the shared world, where all others are."""
        self.opened: Counter[str] = Counter()
        """By bank, how many accounts were opened for which nobody chose a number."""
        self.large: set[str] = set()
        """The banks that have an account with a large ledger."""
        self._draws: Counter[str] = Counter()
        self._injected = 0

    def now(self) -> datetime:
        """The present instant of the simulated world."""
        return self.clock.now()

    def chance(self, *about: object) -> Random:
        """A source of chance that depends on the world and what it is about, and on nothing else."""
        return Random(self.seed_of(*about))  # noqa: S311 - reproducible, not secret

    def seed_of(self, *about: object) -> str:
        """The text from which all follows that is made up about something in this world."""
        return "/".join(map(str, (self.seed, *((f"world {self.name}",) if self.name else ()), *about)))

    def derived(self, *about: object) -> str:
        """An opaque value of 32 hexadecimal digits that follows from the world and what it is about."""
        return hashlib.sha256(self.seed_of(*about).encode()).hexdigest()[:32]

    def fresh(self, *about: object) -> str:
        """A new opaque value of 32 hexadecimal digits: the first about this, then the second, and so on."""
        text = self.seed_of(*about)
        self._draws[text] += 1
        return self.derived(*about, "draw", self._draws[text])

    def fresh_uuid(self, *about: object) -> str:
        """Such a value in the form of a UUID."""
        return str(UUID(self.fresh(*about)))

    def issue(self, *values: str) -> None:
        """Let callers who carry one of these values be recognised as this world's."""
        self.journal.secrets.add(*values)
        if self.name:
            for value in values:
                self.issued.add(value)

    def client_certificate(
        self, common_name: str, about: str, days: int = 0, today: date | None = None
    ) -> tuple[str, str]:
        """A client's certificate and key, as PEM.

        Args:
            common_name: name of its subject.
            about: what its key follows from besides the world.
            days: its life; below zero it has expired, whatever day it is; 0 for one that does not expire.
            today: day from which the life is counted; that of the clock when None.
        """
        issued = today or self.now().date()
        begin = min(issued, OPENED_ON) if days < 0 else issued
        end = datetime.combine(begin + timedelta(days=days), time(), BRASILIA) if days else None
        return self.authority.client(common_name, end, self.seed_of(about))

    def account(self, bank: str, number: str) -> SimulatedAccount | None:
        """The account of that number, or None."""
        return self.accounts.get((bank, number))

    def accounts_of(self, bank: str) -> list[SimulatedAccount]:
        """All accounts of a bank."""
        # The list comes first: an account may be opened meanwhile by another thread.
        return [account for (slug, _), account in list(self.accounts.items()) if slug == bank]

    def add(self, account: SimulatedAccount) -> None:
        """Let an account exist."""
        self.note_size(account)
        self.accounts[account.bank, account.number] = account

    def note_size(self, account: SimulatedAccount) -> None:
        """Note whether the account's ledger is large; its bank stays one that has such."""
        if account.ledger.large:
            self.large.add(account.bank)

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
        **aim: float,
    ) -> ActiveFault:
        """Inject a fault from now on; `Aim` says what the arguments mean, and which further ones there are.

        Raises:
            KeyError: there is no such fault.
            msgspec.ValidationError: an argument or parameter is unknown, of the wrong type or out of its range.
        """
        aimed = msgspec.convert({"number": number, "operation": operation, **aim}, Aim)
        active = ActiveFault(
            id=self._new_fault_id(),
            bank=bank,
            fault=fault,
            behaviour=make(fault, parameters),
            parameters=parameters or {},
            seed=self.seed,
            since=self.now(),
            **msgspec.structs.asdict(aimed),
        )
        self.faults.append(active)
        return active

    def _new_fault_id(self) -> str:
        """The next id that no fault has."""
        taken = {active.id for active in self.faults}
        while True:
            self._injected += 1
            found = hashlib.sha256(f"{self.seed}/fault/{self._injected}".encode()).hexdigest()[:8]
            if found not in taken:
                return found

    def faults_for(self, bank: str, number: str | None, operation: str, kind: str) -> tuple[ActiveFault, ...]:
        """The faults that apply to a call, which is counted at each fault that means it.

        A connection whose caller is not known yet has the operation `tls` and no number.
        """
        now = self.now()
        return tuple(active for active in self.faults if active.applies(bank, number, operation, kind, now))

    def opened_on(self, parameters: Parameters) -> date:
        """The day an account of these parameters was opened."""
        if parameters.opened_on:
            return parameters.opened_on
        if parameters.opened_days_ago:
            return (self.now() - timedelta(days=parameters.opened_days_ago)).date()
        return min(OPENED_ON, (self.now() - ORDINARY_AGE).date())


def differing(parameters: Parameters) -> dict[str, Any]:
    """The parameters that are not as usual, by name."""
    usual, own = msgspec.structs.asdict(Parameters()), msgspec.structs.asdict(parameters)
    return {name: msgspec.to_builtins(value) for name, value in own.items() if value != usual[name]}
