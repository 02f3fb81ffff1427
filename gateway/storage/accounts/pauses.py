"""The table of the operator's pauses of a bank or of one connection (see `gateway.accounts.states.pauses`)."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any, cast

from msgspec import Struct
from sqlalchemy import BindParameter, ColumnElement, CursorResult, Row, delete, or_, select
from sqlalchemy.orm import Session

from gateway.actions import Action, about
from gateway.limits import PAUSE_REASON_CHARACTERS
from gateway.storage.accounts.records import AccountRecord
from gateway.storage.accounts.tables import AccountRow, PauseRow
from gateway.storage.engine.database import Database
from gateway.storage.engine.transactions import reading, transaction
from gateway.storage.management.audit import note_action, tenant_of_account

__all__ = ["Mode", "Pause", "Pauses", "delete_pauses", "of_account", "pause_of"]


class Mode(StrEnum):
    """What a pause stops: all readings, or new enrolments only."""

    ALL = "all"
    NEW_ENROLMENTS_ONLY = "new_enrolments_only"


class Pause(Struct, frozen=True, kw_only=True):
    """One pause; without an account, of the whole bank."""

    bank: str
    account_id: str | None = None
    mode: Mode = Mode.ALL
    reason: str = ""
    """The operator's words; callers see them."""
    since: datetime
    until: datetime | None = None
    """When it ends by itself; None when the operator has to end it."""


class Pauses:
    """The table of pauses.

    Args:
        database: holds the table.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    @transaction
    def begin(self, session: Session, pause: Pause) -> None:
        """Store a pause, which replaces one of the same bank or connection. Deletes those that have ended.

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
        session.execute(delete(PauseRow).where(PauseRow.until <= pause.since))
        session.merge(row)
        _note(session, Action.PAUSE_BEGUN, pause.bank, pause.account_id)

    @transaction
    def end(self, session: Session, *, bank: str | None = None, account_id: str | None = None, now: datetime) -> bool:
        """End the pause of a bank, or of an account; give whether there was one in force."""
        scope = PauseRow.account_id == account_id if account_id is not None else _of_bank(bank or "")
        ended = session.execute(delete(PauseRow).where(scope, _in_force(now)))
        if cast("CursorResult[tuple[()]]", ended).rowcount == 0:
            return False
        _note(session, Action.PAUSE_ENDED, bank or "", account_id)
        return True

    async def all(self, now: datetime) -> list[Pause]:
        """All pauses in force, by bank, those of whole banks first."""
        return await self._read(now, order=True)

    async def of_banks(self, now: datetime) -> list[Pause]:
        """The pauses in force of whole banks."""
        return await self._read(now, PauseRow.account_id == "")

    async def of_accounts(self, records: Iterable[AccountRecord], now: datetime) -> list[Pause]:
        """The pauses in force of these accounts and of their banks."""
        wanted = list(records)
        banks, ids = {record.bank for record in wanted}, {record.id for record in wanted}
        mine = PauseRow.bank.in_(banks) & or_(PauseRow.account_id == "", PauseRow.account_id.in_(ids))
        return await self._read(now, mine)

    @reading
    def _read(self, session: Session, now: datetime, *where: ColumnElement[bool], order: bool = False) -> list[Pause]:
        query = select(PauseRow).where(_in_force(now), *where)
        if order:
            query = query.order_by(PauseRow.bank, PauseRow.account_id)
        return [pause_of(row) for row in session.scalars(query)]


def _note(session: Session, action: Action, bank: str, account_id: str | None) -> None:
    what = about("bank", bank) if account_id is None else about("account", account_id)
    note_action(session, tenant_of_account(session, account_id), action, what)


def delete_pauses(session: Session, account_id: str) -> None:
    """Within a transaction: delete the pause of an account that is being removed."""
    session.execute(delete(PauseRow).where(PauseRow.account_id == account_id))


def of_account(now: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    """Joins accounts with the pauses that apply at that instant: at most two each, their own and their bank's."""
    whose = or_(PauseRow.account_id == "", PauseRow.account_id == AccountRow.id)
    return (PauseRow.bank == AccountRow.bank) & whose & _in_force(now)


def _in_force(now: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    return or_(PauseRow.until.is_(None), PauseRow.until > now)


def _of_bank(bank: str) -> ColumnElement[bool]:
    return (PauseRow.bank == bank) & (PauseRow.account_id == "")


def pause_of(row: PauseRow | Row[Any]) -> Pause:
    """A row as a struct."""
    return Pause(
        bank=row.bank,
        account_id=row.account_id or None,
        mode=Mode(row.mode),
        reason=row.reason,
        since=row.since,
        until=row.until,
    )
