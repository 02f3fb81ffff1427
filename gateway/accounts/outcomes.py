"""How each bank has been doing, from the last outcomes in this process."""

from datetime import datetime

from msgspec import Struct

from gateway.errors import BankFailure

__all__ = ["BankHealth", "Outcomes"]


class BankHealth(Struct, frozen=True):
    """`unknown`, `up` or `failing`, and since when."""

    state: str = "unknown"
    since: datetime | None = None


class Outcomes:
    """Remembers, for each bank, whether it last answered sensibly."""

    def __init__(self) -> None:
        self._known: dict[str, BankHealth] = {}

    def of(self, bank: str) -> BankHealth:
        """What is known of a bank."""
        return self._known.get(bank, BankHealth())

    def succeeded(self, bank: str, now: datetime) -> None:
        """The bank gave a statement."""
        self._turn(bank, "up", now)

    def failed(self, bank: str, failure: BankFailure, now: datetime) -> None:
        """The bank gave a failure; one that the user must mend shows that the bank itself is well."""
        if failure.entry.actor == "bank":
            self._turn(bank, "failing", now)
        elif failure.entry.actor == "user" and failure.bank_error is not None:
            self._turn(bank, "up", now)

    def _turn(self, bank: str, state: str, now: datetime) -> None:
        if self.of(bank).state != state:
            self._known[bank] = BankHealth(state, now)
