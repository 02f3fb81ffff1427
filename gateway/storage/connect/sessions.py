"""Sessions of the connect page. Secrets are stored as hashes, and what was typed is stored encrypted.

Long because each step of a session is one query that lets a single one of several callers take it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from msgspec import Struct
from sqlalchemy import Column, ColumnElement, Connection, Row, and_, delete, func, insert, or_, select, update

from gateway.actions import Action, about
from gateway.errors import CallerError
from gateway.storage.connect.tables import CONNECT_SESSIONS
from gateway.storage.engine.rows import struct_of
from gateway.storage.engine.stores import SealedStore
from gateway.storage.engine.transactions import reading, transaction
from gateway.storage.management.audit import note_action
from gateway.storage.management.tables import API_KEYS
from gateway.storage.management.tenants import lock_tenant

__all__ = [
    "ConnectSession",
    "ConnectSessionsTable",
    "Found",
    "Purpose",
    "Result",
    "Secret",
    "Stage",
    "end_connect_of_key",
    "purge_connect",
    "unknown_session",
]

PURPOSE = "connect session"


class Purpose(StrEnum):
    """What a session is for."""

    NEW = "new"
    """An account that is not registered yet."""
    ENABLE = "enable"
    """A registered account, whose integration is enabled with new credentials."""
    REPAIR = "repair"
    """An enabled account that needs mending."""


class Stage(StrEnum):
    """How far a session is."""

    OPEN = "open"
    """The person fills in."""
    CHECKING = "checking"
    """The credentials are tried at the bank."""
    CONSENT = "consent"
    """The person authorises on the bank's page."""
    READING = "reading"
    """The integration is enabled, and its last days are read to be shown."""
    DONE = "done"


class Result(StrEnum):
    """How a session has ended."""

    ENABLED = "enabled"
    CANCELLED = "cancelled"


class Secret(StrEnum):
    """Which of a session's secrets somebody has brought."""

    TOKEN = "token"  # noqa: S105 - a name
    """The token that an address may bring now."""
    USED = "used"
    """The token of the first address, which was used before."""
    PAGE = "page"
    """The secret of the page's forms."""
    CONSENT = "consent"
    """The state of its consent flow."""


class ConnectSession(Struct, frozen=True, kw_only=True):
    """One use of the connect page. Its text shows nothing that was typed."""

    id: str
    tenant_id: str
    created_by: str
    purpose: Purpose
    account_id: str | None
    content: dict[str, Any]
    """What was typed and what is to be shown; its form is known to `gateway.accounts.connect.content`."""
    stage: Stage = Stage.OPEN
    result: Result | None = None
    failure: str | None = None
    attempts: int = 0
    claimed_at: datetime | None = None
    created_at: datetime
    expires_at: datetime
    ended_at: datetime | None = None

    def __repr__(self) -> str:
        return f"ConnectSession({self.id}, {self.stage})"


class Found(Struct, frozen=True):
    """A session, and by which of its secrets it was found."""

    session: ConnectSession
    by: Secret


class ConnectSessionsTable(SealedStore):
    """The table of sessions."""

    @transaction
    def add(self, connection: Connection, tenant_id: str, made: ConnectSession, token_hash: str, most: int) -> bool:
        """Add a session of the tenant; False where so many of its sessions are open already.

        Raises:
            CallerError: `unauthenticated`: the key that makes it was revoked meanwhile.
        """
        # Of two that are added at once one waits, so that both are counted.
        lock_tenant(connection, tenant_id)
        # Locked, so that a revocation of the key comes before this, or comes after it and ends the session.
        key = API_KEYS.c.tenant_id == tenant_id, API_KEYS.c.prefix == made.created_by
        revoked = connection.execute(select(API_KEYS.c.revoked_at).where(*key).with_for_update()).one_or_none()
        if revoked is None or revoked.revoked_at is not None:
            raise CallerError("unauthenticated", "the request needs a valid API key in its Authorization header")
        living = CONNECT_SESSIONS.c.expires_at > made.created_at, CONNECT_SESSIONS.c.ended_at.is_(None)
        number = connection.scalar(select(func.count()).where(CONNECT_SESSIONS.c.tenant_id == tenant_id, *living))
        if (number or 0) >= most:
            return False
        connection.execute(
            insert(CONNECT_SESSIONS).values(
                id=made.id,
                tenant_id=tenant_id,
                created_by=made.created_by,
                purpose=made.purpose.value,
                account_id=made.account_id,
                stage=made.stage.value,
                first_hash=token_hash,
                token_hash=token_hash,
                sealed=self._sealed(made.id, made.content),
                attempts=0,
                created_at=made.created_at,
                expires_at=made.expires_at,
            )
        )
        note_action(connection, tenant_id, Action.CONNECT_SESSION_CREATED, about("connect", made.id))
        return True

    @reading
    def one(self, connection: Connection, tenant_id: str, session_id: str) -> ConnectSession:
        """One session of the tenant.

        Raises:
            CallerError: `not_found`.
            VaultError: what was typed cannot be decrypted.
        """
        row = connection.execute(select(CONNECT_SESSIONS).where(*_mine(tenant_id, session_id))).first()
        if row is None:
            raise unknown_session()
        return self._session(row)

    @reading
    def owner_of(self, connection: Connection, secret_hash: str) -> Found | None:
        """The session of a secret, which also names the tenant: a browser brings nothing else.

        Raises:
            VaultError: what was typed cannot be decrypted.
        """
        row = connection.execute(
            select(CONNECT_SESSIONS).where(or_(*(column == secret_hash for column in SECRETS)))
        ).first()
        if row is None:
            return None
        by = next(kind for column, kind in SECRETS.items() if getattr(row, column.key) == secret_hash)
        return Found(self._session(row), by)

    @transaction
    def exchange(
        self, connection: Connection, tenant_id: str, session_id: str, token_hash: str, page_hash: str
    ) -> bool:
        """Use a token up, and let the page have a secret in its place; False where the token was used before."""
        # Of two browsers with the same token only one finds it.
        mine = *_mine(tenant_id, session_id), CONNECT_SESSIONS.c.token_hash == token_hash
        return _changed(connection, mine, token_hash=None, page_hash=page_hash)

    @transaction
    def give(
        self, connection: Connection, tenant_id: str, session_id: str, column: str, secret_hash: str | None
    ) -> None:
        """Replace one of the secrets `token_hash`, `back_hash` and `consent_hash`."""
        _changed(connection, _mine(tenant_id, session_id), **{column: secret_hash})

    @transaction
    def claim(
        self, connection: Connection, tenant_id: str, session_id: str, now: datetime, stale: datetime, attempts: int
    ) -> bool:
        """Begin work at the bank, unless some is under way that is not stale; it counts as one of so many attempts.

        They are counted here, because each process knows only the number that it has read before.
        """
        free = or_(CONNECT_SESSIONS.c.claimed_at.is_(None), CONNECT_SESSIONS.c.claimed_at < stale)
        values = {"claimed_at": now, "stage": Stage.CHECKING.value, "attempts": CONNECT_SESSIONS.c.attempts + 1}
        # The end of an earlier consent flow, in a window that was left open, does not concern what begins now.
        values["consent_hash"] = None
        left = CONNECT_SESSIONS.c.attempts < attempts
        return _changed(
            connection, (*_mine(tenant_id, session_id), free, left, CONNECT_SESSIONS.c.ended_at.is_(None)), **values
        )

    @transaction
    def begin_reading(
        self,
        connection: Connection,
        tenant_id: str,
        session_id: str,
        account_id: str,
        content: dict[str, Any],
        now: datetime,
        stale: datetime,
    ) -> bool:
        """Begin to read the account of a session whose integration is enabled; False where that is under way or done.

        The session waits for a consent, or for a reading that began before `stale` and whose process has ended.
        """
        row = CONNECT_SESSIONS.c
        waits = or_(row.stage == Stage.CONSENT.value, and_(row.stage == Stage.READING.value, row.claimed_at < stale))
        values = {"stage": Stage.READING.value, "claimed_at": now, "failure": None, "account_id": account_id}
        mine = *_mine(tenant_id, session_id), row.ended_at.is_(None), waits
        return _changed(connection, mine, sealed=self._sealed(session_id, content), **values)

    @transaction
    def save(
        self,
        connection: Connection,
        tenant_id: str,
        session_id: str,
        content: dict[str, Any],
        values: Mapping[str, Any],
    ) -> None:
        """Store what was typed and is to be shown, with other columns; never of a session that has ended."""
        mine = *_mine(tenant_id, session_id), CONNECT_SESSIONS.c.ended_at.is_(None)
        _changed(connection, mine, sealed=self._sealed(session_id, content), **values)

    @transaction
    def end(self, connection: Connection, tenant_id: str, session_id: str, result: Result, now: datetime) -> None:
        """End a session, unless it has ended; its page can still be shown until it expires."""
        mine = *_mine(tenant_id, session_id), CONNECT_SESSIONS.c.ended_at.is_(None)
        _changed(connection, mine, consent_hash=None, **_ended(result, now))

    def _sealed(self, session_id: str, content: dict[str, Any]) -> str:
        return self._vault.encrypt(session_id, PURPOSE, content)

    def _session(self, row: Row[Any]) -> ConnectSession:
        content = self._vault.decrypt(row.id, PURPOSE, row.sealed) if row.sealed else {}
        return struct_of(
            ConnectSession,
            row,
            purpose=Purpose(row.purpose),
            content=content,
            stage=Stage(row.stage),
            result=Result(row.result) if row.result is not None else None,
        )


SECRETS: dict[Column[Any], Secret] = {
    CONNECT_SESSIONS.c.token_hash: Secret.TOKEN,
    CONNECT_SESSIONS.c.page_hash: Secret.PAGE,
    CONNECT_SESSIONS.c.back_hash: Secret.PAGE,
    CONNECT_SESSIONS.c.consent_hash: Secret.CONSENT,
    CONNECT_SESSIONS.c.first_hash: Secret.USED,
}
"""Columns by which a session is found; the first token is found in two of them until it is used."""


def end_connect_of_key(connection: Connection, tenant_id: str, prefix: str, now: datetime) -> None:
    """Within a transaction: cancel all open sessions that a key has made, since the key is revoked.

    The state of a consent flow stays known, so that the person who comes back with it gets an explanation; nothing is
    enabled.
    """
    row = CONNECT_SESSIONS.c
    mine = row.tenant_id == tenant_id, row.created_by == prefix, row.ended_at.is_(None)
    cancelling = update(CONNECT_SESSIONS).where(*mine).values(_ended(Result.CANCELLED, now))
    connection.execute(cancelling)


def purge_connect(connection: Connection, now: datetime, before: datetime) -> None:
    """Within a transaction: erase what was typed in sessions that have expired, and delete those of long ago.

    Args:
        before: sessions that expired before are deleted.
    """
    held = dict.fromkeys(("token_hash", "page_hash", "back_hash", "consent_hash"))
    expired = (
        update(CONNECT_SESSIONS)
        .where(CONNECT_SESSIONS.c.expires_at <= now, CONNECT_SESSIONS.c.sealed != "")
        .values(sealed="", **held)
    )
    for statement in (expired, delete(CONNECT_SESSIONS).where(CONNECT_SESSIONS.c.expires_at < before)):
        connection.execute(statement)


def unknown_session() -> CallerError:
    """The error about a session that the tenant does not have, whether or not another tenant has it."""
    return CallerError("not_found", "there is no connect session of that id")


def _ended(result: Result, now: datetime) -> dict[str, Any]:
    return {"result": result.value, "ended_at": now, "claimed_at": None, "stage": Stage.DONE.value}


def _mine(tenant_id: str, session_id: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return CONNECT_SESSIONS.c.tenant_id == tenant_id, CONNECT_SESSIONS.c.id == session_id


def _changed(connection: Connection, where: Sequence[ColumnElement[bool]], **values: Any) -> bool:
    changing = update(CONNECT_SESSIONS).where(*where).values(values).returning(CONNECT_SESSIONS.c.id)
    return connection.scalar(changing) is not None
