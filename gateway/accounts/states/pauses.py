"""The operator's pauses of a bank or of one connection.

Pauses are rows of a table and are looked up for every request, so that all processes see a new one at once. They change
only how an integration is shown, never its row: when a pause ends, everything is as before.
"""

from collections.abc import Iterable
from datetime import datetime

from msgspec.structs import replace

from gateway.errors import BankFailure
from gateway.model import BRASILIA
from gateway.storage.accounts.pauses import Mode, Pause, Pauses
from gateway.storage.accounts.records import AccountRecord, Integration, State

__all__ = ["PausedFailure", "PausesInForce", "check_paused"]


class PausedFailure(BankFailure):
    """The failure that callers get during a pause. `since` is the beginning of the pause."""

    def __init__(self, pause: Pause, bank: str, now: datetime) -> None:
        code = "integration_paused" if pause.mode is Mode.ALL else "enrolment_paused"
        super().__init__(code, bank=bank, at="gateway", detail=_in_words(pause), nothing_sent=True)
        self.since = pause.since
        usual = self.entry.retry_after
        if pause.until is not None and usual is not None:
            self._retry_after = max(1, min(usual, round((pause.until - now).total_seconds())))


class PausesInForce:
    """The pauses in force at one moment.

    Args:
        pauses: all that may concern the accounts in question.
    """

    def __init__(self, pauses: Iterable[Pause] = ()) -> None:
        self._by_scope = {(pause.bank, pause.account_id): pause for pause in pauses}

    def of_bank(self, bank: str) -> Pause | None:
        """The pause of a whole bank."""
        return self._by_scope.get((bank, None))

    def of(self, record: AccountRecord) -> Pause | None:
        """The pause that applies to an account: of its own and its bank's the wider one."""
        both = (self._by_scope.get((record.bank, record.id)), self.of_bank(record.bank))
        return min((pause for pause in both if pause), key=lambda pause: pause.mode is not Mode.ALL, default=None)

    def check(self, record: AccountRecord, now: datetime, *, enrolling: bool) -> None:
        """Check that the bank may be asked for this account.

        Args:
            enrolling: whether it is to be enabled and is not enabled yet.

        Raises:
            PausedFailure: `integration_paused`, or `enrolment_paused` when only new connections are paused.
        """
        pause = self.of(record)
        if pause is not None and (pause.mode is Mode.ALL or enrolling):
            raise PausedFailure(pause, record.bank, now)

    def shown(self, record: AccountRecord, integration: Integration) -> Integration:
        """An integration as callers see it: `paused` while nothing is read. What is disabled cannot be paused."""
        pause = self.of(record)
        is_paused = pause is not None and pause.mode is Mode.ALL and integration.state is not State.DISABLED
        return replace(integration, state=State.PAUSED) if is_paused else integration


async def check_paused(pauses: Pauses, record: AccountRecord, now: datetime, *, enrolling: bool) -> None:
    """Check, with the pauses in force now, that the bank may be asked for this account.

    Raises:
        PausedFailure: the bank may not be asked.
    """
    PausesInForce(await pauses.of_accounts([record], now)).check(record, now, enrolling=enrolling)


def _in_words(pause: Pause) -> str:
    what = "this connection" if pause.account_id else "this bank"
    paused = what if pause.mode is Mode.ALL else f"new enrolments of {what}"
    until = f" until {_moment(pause.until)}" if pause.until else ""
    reason = f": {pause.reason}" if pause.reason else ""
    return f"the operator has paused {paused} since {_moment(pause.since)}{until}{reason}"


def _moment(moment: datetime) -> str:
    return moment.astimezone(BRASILIA).isoformat(timespec="seconds")
