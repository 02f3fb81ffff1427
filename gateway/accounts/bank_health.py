"""How each bank has been doing, from the last outcomes in this process."""

from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from gateway import connectors
from gateway.accounts.pauses import PausesInForce
from gateway.errors import BankFailure
from gateway.storage.pauses import Mode, Pause, Pauses
from gateway.storage.remembered import StoredFailure

__all__ = ["STATES", "BankHealth", "BankHealths"]

STATES = ("unknown", "up", "failing", "paused")


class BankHealth(Struct, frozen=True, kw_only=True):
    """How a bank has been doing."""

    state: str = "unknown"
    """One of STATES."""
    since: datetime | None = None
    """When it came into this state."""
    last_success_at: datetime | None = None
    """When it last gave a statement."""
    last_failure_at: datetime | None = None
    """When it last failed by itself; what users must mend is told to them alone."""
    last_failure_code: str | None = None
    pause: Pause | None = None
    """What the operator has paused of it."""

    def under(self, pause: Pause | None) -> "BankHealth":
        """The same under the operator's pause; one of new enrolments leaves the state as it is."""
        if pause is None:
            return self
        if pause.mode is Mode.ALL:
            return replace(self, state="paused", since=pause.since, pause=pause)
        return replace(self, pause=pause)


class BankHealths:
    """Remembers, for each bank, whether it last answered sensibly.

    Args:
        pauses: the operator's switch.
    """

    def __init__(self, pauses: Pauses) -> None:
        self._pauses = pauses
        self._known: dict[str, BankHealth] = {}

    async def all(self, now: datetime) -> dict[str, BankHealth]:
        """How each bank has been doing in this process, and whether the operator has paused it, by slug."""
        pauses = PausesInForce(await self._pauses.of_banks(now))
        return {bank: self.of(bank).under(pauses.of_bank(bank)) for bank in connectors.banks()}

    def of(self, bank: str) -> BankHealth:
        """What is known of a bank."""
        return self._known.get(bank, BankHealth())

    def succeeded(self, bank: str, now: datetime) -> None:
        """The bank gave a statement."""
        self._known[bank] = replace(self._turned(bank, "up", now), last_success_at=now)

    def failed(self, bank: str, failure: BankFailure, now: datetime) -> None:
        """The bank gave a failure; one that the user must mend shows that the bank itself is well.

        What is answered from memory says nothing new.
        """
        if isinstance(failure, StoredFailure):
            return
        if failure.entry.actor == "bank":
            health = self._turned(bank, "failing", now)
            self._known[bank] = replace(health, last_failure_at=now, last_failure_code=failure.code)
        elif failure.entry.actor == "gateway" and (failure.bank_error is not None or failure.timed_out):
            # An answer that cannot be read, or too much of it for one statement: both come from a bank that answers.
            self._known[bank] = replace(self.of(bank), last_failure_at=now, last_failure_code=failure.code)
        elif failure.entry.actor == "user" and failure.bank_error is not None:
            self._known[bank] = self._turned(bank, "up", now)

    def _turned(self, bank: str, state: str, now: datetime) -> BankHealth:
        health = self.of(bank)
        return health if health.state == state else replace(health, state=state, since=now)
