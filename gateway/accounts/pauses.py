"""The operator's switch: a bank, or one connection, stands still for a while.

Pauses lie in a table and are looked up for every request, so that all processes see one at once. They are laid over
what is known of an integration and never written into it: when a pause ends, everything is as it was.
"""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import cast

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import BindParameter, ColumnElement, CursorResult, delete, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.errors import BankFailure
from gateway.limits import PAUSE_REASON_CHARACTERS
from gateway.model import BRASILIA
from gateway.storage.database import Database
from gateway.storage.records import AccountRecord, Integration, State
from gateway.storage.tables import AccountRow, PauseRow

__all__ = [
    "Mode",
    "Pause",
    "PausedFailure",
    "Pauses",
    "PausesInForce",
    "delete_pauses",
    "felt_by_account",
    "pause_of",
]


class Mode(StrEnum):
    """What a pause holds up."""

    ALL = "all"
    NEW_ENROLMENTS_ONLY = "new_enrolments_only"


class Pause(Struct, frozen=True, kw_only=True):
    """One pause. Without an account it is that of the whole bank."""

    bank: str
    account_id: str | None = None
    mode: Mode = Mode.ALL
    reason: str = ""
    """The operator's words; callers see them."""
    since: datetime
    until: datetime | None = None
    """When it ends by itself; None when the operator has to end it."""


class PausedFailure(BankFailure):
    """A pause as the failure that it is answered with. `since` tells when it began."""

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
        pauses: all that matter to whoever asks.
    """

    def __init__(self, pauses: Iterable[Pause] = ()) -> None:
        self._by_scope = {(pause.bank, pause.account_id): pause for pause in pauses}

    def of_bank(self, bank: str) -> Pause | None:
        """The pause of a whole bank."""
        return self._by_scope.get((bank, None))

    def of(self, record: AccountRecord) -> Pause | None:
        """The pause that an account feels: of its own and its bank's the one that holds up more."""
        felt = (self._by_scope.get((record.bank, record.id)), self.of_bank(record.bank))
        return min((pause for pause in felt if pause), key=lambda pause: pause.mode is not Mode.ALL, default=None)

    def check(self, record: AccountRecord, now: datetime, *, enrolling: bool) -> None:
        """Nothing, when the bank may be asked for this account.

        Args:
            record: the account.
            now: the present instant.
            enrolling: whether it is to be enabled without being so already.

        Raises:
            PausedFailure: `integration_paused`, or `enrolment_paused` when only new connections are held up.
        """
        pause = self.of(record)
        if pause is not None and (pause.mode is Mode.ALL or enrolling):
            raise PausedFailure(pause, record.bank, now)

    def shown(self, record: AccountRecord, integration: Integration) -> Integration:
        """An integration as callers see it: `paused` while nothing is read. What is disabled cannot be paused."""
        return replace(integration, state=self.state(record, integration.state))

    def state(self, record: AccountRecord, state: State) -> State:
        """A state as callers see it."""
        pause = self.of(record)
        paused = pause is not None and pause.mode is Mode.ALL and state is not State.DISABLED
        return State.PAUSED if paused else state


class Pauses:
    """The table of pauses.

    Args:
        database: where it is.
    """

    def __init__(self, database: Database) -> None:
        self._sessions = database.sessions

    async def begin(self, pause: Pause) -> None:
        """Pause, in the place of a pause of the same bank or connection. Forgets those that have ended.

        Raises:
            ValueError: it would have ended already, or its reason is too long.
        """
        if pause.until is not None and pause.until <= pause.since:
            raise ValueError("the pause would end before it begins")
        if len(pause.reason) > PAUSE_REASON_CHARACTERS:
            raise ValueError(f"the reason has more than {PAUSE_REASON_CHARACTERS} characters")
        row = PauseRow(
            bank=pause.bank,
            account_id=pause.account_id or "",
            mode=pause.mode.value,
            reason=pause.reason,
            since=pause.since,
            until=pause.until,
        )
        async with self._sessions.begin() as session:
            await session.execute(delete(PauseRow).where(PauseRow.until <= pause.since))
            await session.merge(row)

    async def end(self, *, bank: str | None = None, account_id: str | None = None, now: datetime) -> bool:
        """End the pause of a bank, or of an account; give whether there was one in force."""
        scope = PauseRow.account_id == account_id if account_id is not None else _of_bank(bank or "")
        async with self._sessions.begin() as session:
            ended = await session.execute(delete(PauseRow).where(scope, _in_force(now)))
        return cast("CursorResult[tuple[()]]", ended).rowcount > 0

    async def all(self, now: datetime) -> list[Pause]:
        """All pauses in force, by bank, those of whole banks first."""
        return await self._read(now, order=True)

    async def of_banks(self, now: datetime) -> PausesInForce:
        """Those of whole banks."""
        return PausesInForce(await self._read(now, PauseRow.account_id == ""))

    async def of_accounts(self, records: Iterable[AccountRecord], now: datetime) -> PausesInForce:
        """Those that these accounts feel."""
        known = list(records)
        banks, ids = {record.bank for record in known}, {record.id for record in known}
        mine = PauseRow.bank.in_(banks) & or_(PauseRow.account_id == "", PauseRow.account_id.in_(ids))
        return PausesInForce(await self._read(now, mine))

    async def check(self, record: AccountRecord, now: datetime, *, enrolling: bool) -> None:
        """As `PausesInForce.check`, with the pauses that are in force now.

        Raises:
            PausedFailure: the bank may not be asked.
        """
        (await self.of_accounts([record], now)).check(record, now, enrolling=enrolling)

    async def _read(self, now: datetime, *where: ColumnElement[bool], order: bool = False) -> list[Pause]:
        query = select(PauseRow).where(_in_force(now), *where)
        if order:
            query = query.order_by(PauseRow.bank, PauseRow.account_id)
        async with self._sessions() as session:
            return [pause_of(row) for row in await session.scalars(query)]


async def delete_pauses(session: AsyncSession, account_id: str) -> None:
    """Within a transaction: forget the pause of an account that is being removed."""
    await session.execute(delete(PauseRow).where(PauseRow.account_id == account_id))


def felt_by_account(now: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    """Joins accounts with the pauses that they feel at that instant: at most two each, their own and their bank's."""
    whose = or_(PauseRow.account_id == "", PauseRow.account_id == AccountRow.id)
    return (PauseRow.bank == AccountRow.bank) & whose & _in_force(now)


def _in_force(now: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    return or_(PauseRow.until.is_(None), PauseRow.until > now)


def _of_bank(bank: str) -> ColumnElement[bool]:
    return (PauseRow.bank == bank) & (PauseRow.account_id == "")


def pause_of(row: PauseRow) -> Pause:
    """A row as a struct."""
    return Pause(
        bank=row.bank,
        account_id=row.account_id or None,
        mode=Mode(row.mode),
        reason=row.reason,
        since=row.since,
        until=row.until,
    )


def _in_words(pause: Pause) -> str:
    what = "this connection" if pause.account_id else "this bank"
    held = what if pause.mode is Mode.ALL else f"new enrolments of {what}"
    until = f" until {_moment(pause.until)}" if pause.until else ""
    reason = f": {pause.reason}" if pause.reason else ""
    return f"the operator has paused {held} since {_moment(pause.since)}{until}{reason}"


def _moment(moment: datetime) -> str:
    return moment.astimezone(BRASILIA).isoformat(timespec="seconds")
