"""The table of the operator's pauses of a bank or of one connection (see `gateway.accounts.states.pauses`)."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any

from msgspec import Struct
from sqlalchemy import BindParameter, ColumnElement, Connection, Row, delete, insert, or_, select, update

from gateway.actions import Action, about
from gateway.limits import PAUSE_REASON_CHARACTERS
from gateway.storage.accounts.records import AccountRecord
from gateway.storage.accounts.tables import ACCOUNTS, PAUSES
from gateway.storage.engine.rows import struct_of
from gateway.storage.engine.stores import Store
from gateway.storage.engine.transactions import reading, transaction
from gateway.storage.management.audit import note_action, tenant_of_account

__all__ = ["Mode", "Pause", "Pauses", "of_account", "pause_of"]


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


class Pauses(Store):
    """The table of pauses."""

    @transaction
    def begin(self, connection: Connection, pause: Pause) -> None:
        """Store a pause, which replaces one of the same bank or connection. Deletes those that have ended.

        Raises:
            ValueError: it would have ended already, or its reason is too long.
        """
        if pause.until is not None and pause.until <= pause.since:
            raise ValueError("the pause would end before it begins")
        if len(pause.reason) > PAUSE_REASON_CHARACTERS:
            raise ValueError(f"the reason has more than {PAUSE_REASON_CHARACTERS} characters")
        connection.execute(delete(PAUSES).where(PAUSES.c.until <= pause.since))
        values = {"mode": pause.mode.value, "reason": pause.reason, "since": pause.since, "until": pause.until}
        same = PAUSES.c.bank == pause.bank, PAUSES.c.account_id == (pause.account_id or "")
        if not connection.execute(update(PAUSES).where(*same).values(values)).rowcount:
            whose = {"bank": pause.bank, "account_id": pause.account_id or ""}
            connection.execute(insert(PAUSES).values({**whose, **values}))
        _note(connection, Action.PAUSE_BEGUN, pause.bank, pause.account_id)

    @transaction
    def end(
        self, connection: Connection, *, bank: str | None = None, account_id: str | None = None, now: datetime
    ) -> bool:
        """End the pause of a bank, or of an account; give whether there was one in force."""
        own = PAUSES.c.account_id == account_id
        scope = own if account_id is not None else (PAUSES.c.bank == bank) & (PAUSES.c.account_id == "")
        ended = connection.execute(delete(PAUSES).where(scope, _in_force(now)))
        if ended.rowcount == 0:
            return False
        _note(connection, Action.PAUSE_ENDED, bank or "", account_id)
        return True

    async def all(self, now: datetime) -> list[Pause]:
        """All pauses in force, by bank, those of whole banks first."""
        return await self._read(now, order=True)

    async def of_banks(self, now: datetime) -> list[Pause]:
        """The pauses in force of whole banks."""
        return await self._read(now, PAUSES.c.account_id == "")

    async def of_accounts(self, records: Iterable[AccountRecord], now: datetime) -> list[Pause]:
        """The pauses in force of these accounts and of their banks."""
        wanted = list(records)
        banks, ids = {record.bank for record in wanted}, {record.id for record in wanted}
        mine = PAUSES.c.bank.in_(banks) & or_(PAUSES.c.account_id == "", PAUSES.c.account_id.in_(ids))
        return await self._read(now, mine)

    @reading
    def _read(
        self, connection: Connection, now: datetime, *where: ColumnElement[bool], order: bool = False
    ) -> list[Pause]:
        query = select(PAUSES).where(_in_force(now), *where)
        if order:
            query = query.order_by(PAUSES.c.bank, PAUSES.c.account_id)
        return [pause_of(row) for row in connection.execute(query)]


def _note(connection: Connection, action: Action, bank: str, account_id: str | None) -> None:
    what = about("bank", bank) if account_id is None else about("account", account_id)
    note_action(connection, tenant_of_account(connection, account_id), action, what)


def of_account(now: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    """Joins accounts with the pauses that apply at that instant: at most two each, their own and their bank's."""
    whose = or_(PAUSES.c.account_id == "", PAUSES.c.account_id == ACCOUNTS.c.id)
    return (PAUSES.c.bank == ACCOUNTS.c.bank) & whose & _in_force(now)


def _in_force(now: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    return or_(PAUSES.c.until.is_(None), PAUSES.c.until > now)


def pause_of(row: Row[Any]) -> Pause:
    """A row as a struct."""
    return struct_of(Pause, row, account_id=row.account_id or None, mode=Mode(row.mode))
