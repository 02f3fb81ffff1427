"""The health of each bank, from the last outcomes in this process."""

from dataclasses import dataclass, field
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from gateway import connectors
from gateway.accounts.states.pauses import PausesInForce
from gateway.errors import BankFailure
from gateway.storage.accounts.pauses import Mode, Pause, Pauses
from gateway.storage.accounts.remembered import StoredFailure

__all__ = ["STATES", "BankHealth", "BankHealths"]

STATES = ("unknown", "up", "failing", "paused")


class BankHealth(Struct, frozen=True, kw_only=True):
    """The health of one bank."""

    state: str = "unknown"
    """One of STATES."""
    since: datetime | None = None
    """When it came into this state."""
    last_success_at: datetime | None = None
    """When it last gave a statement."""
    last_failure_at: datetime | None = None
    """Time of the last failure on the bank's side. Failures that users must fix are not counted."""
    last_failure_code: str | None = None
    pause: Pause | None = None
    """The operator's pause of the bank, if any."""

    def under(self, pause: Pause | None) -> "BankHealth":
        """The health under the operator's pause; a pause of new enrolments does not change the state."""
        if pause is None:
            return self
        if pause.mode is Mode.ALL:
            return replace(self, state="paused", since=pause.since, pause=pause)
        return replace(self, pause=pause)


@dataclass(eq=False, repr=False)
class BankHealths:
    """Remembers the health of each bank."""

    pauses: Pauses
    _known: dict[str, BankHealth] = field(init=False, default_factory=dict)

    async def all(self, now: datetime) -> dict[str, BankHealth]:
        """The health of each bank in this process, with the operator's pauses, by slug."""
        pauses = PausesInForce(await self.pauses.of_banks(now))
        return {bank: self.of(bank).under(pauses.of_bank(bank)) for bank in connectors.banks()}

    def of(self, bank: str) -> BankHealth:
        """The health of a bank, without pauses."""
        return self._known.get(bank, BankHealth())

    def succeeded(self, bank: str, now: datetime) -> None:
        """Record that the bank gave a statement."""
        self._known[bank] = replace(self._turned(bank, "up", now), last_success_at=now)

    def failed(self, bank: str, failure: BankFailure, now: datetime) -> None:
        """Record a failure of a reading; one that the user must mend shows that the bank itself is well.

        A failure that is answered from memory is ignored.
        """
        if isinstance(failure, StoredFailure):
            return
        if failure.entry.actor == "bank":
            health = self._turned(bank, "failing", now)
            self._known[bank] = replace(health, last_failure_at=now, last_failure_code=failure.code)
        elif failure.entry.actor == "gateway" and (failure.bank_error is not None or failure.timed_out):
            # An answer that cannot be read, or one too large for a statement: both come from a bank that answers.
            self._known[bank] = replace(self.of(bank), last_failure_at=now, last_failure_code=failure.code)
        elif failure.entry.actor == "user" and failure.bank_error is not None:
            self._known[bank] = self._turned(bank, "up", now)

    def _turned(self, bank: str, state: str, now: datetime) -> BankHealth:
        health = self.of(bank)
        return health if health.state == state else replace(health, state=state, since=now)
