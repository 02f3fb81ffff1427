"""The table of tokens. Every change is one statement that names the version it was decided on, so it cannot overwrite
a change by another process.

A row's version begins at a random number: a row that was deleted and created anew is never mistaken for the old one.
"""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

import msgspec
from sqlalchemy import ColumnElement, CursorResult, and_, delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.flow import Token
from gateway.limits import TOKEN_CLAIM_STALE
from gateway.model import Credentials
from gateway.storage.database import Database
from gateway.storage.remembered import RememberedFailure
from gateway.storage.tables import TokenRow
from gateway.storage.vault import Vault, VaultError

__all__ = [
    "ACTIVE",
    "StoredToken",
    "TokenRows",
    "delete_tokens",
    "digest",
    "promote_tokens",
    "reencrypt_tokens",
    "unbury_tokens",
]

ACTIVE = "active"
"""The slot of the token that belongs to an enabled integration."""
PURPOSE = "token"


class _Content(msgspec.Struct, frozen=True):
    """The encrypted part of a row."""

    credentials: str
    """Digest of the credentials the token was obtained with; safe only because it is encrypted."""
    token: Token | None
    obtained_at: datetime | None = None
    """When the token was requested, by the clock by which tokens expire; None in rows of earlier versions."""


class StoredToken(msgspec.Struct, frozen=True, kw_only=True):
    """One row, decrypted."""

    version: int
    digest: str
    token: Token | None
    obtained_at: datetime | None
    """When the token was requested, by the clock by which tokens expire; None when that is not known."""
    renewing_since: datetime | None
    dead: RememberedFailure | None


def digest(credentials: Credentials) -> str:
    """64 hexadecimal digits that are equal for equal credentials. Not to be stored in the clear."""
    return hashlib.sha256(msgspec.json.encode(credentials.values, order="deterministic")).hexdigest()


class TokenRows:
    """Reads and changes rows.

    Args:
        database: holds the table.
        vault: encrypts the tokens.
    """

    def __init__(self, database: Database, vault: Vault) -> None:
        self._sessions = database.sessions
        self._vault = vault

    def trial_slot(self, account_id: str, credentials: Credentials) -> str:
        """The slot of credentials that are not enabled yet: the same for the same credentials."""
        return self._vault.fingerprint(account_id, credentials.values)

    async def load(self, account_id: str, slot: str) -> StoredToken | None:
        """The row, or None.

        Raises:
            VaultError: it cannot be decrypted.
        """
        async with self._sessions() as session:
            row = await session.get(TokenRow, (account_id, slot))
        if row is None:
            return None
        content = msgspec.convert(self._vault.decrypt(account_id, PURPOSE, row.sealed), _Content)
        return StoredToken(
            version=row.version,
            digest=content.credentials,
            token=content.token,
            obtained_at=content.obtained_at,
            renewing_since=row.renewing_since,
            dead=RememberedFailure.read(row.dead) if row.dead is not None else None,
        )

    async def create(self, account_id: str, slot: str, credentials: str, now: datetime) -> None:
        """Create an empty row, unless there is one already."""
        row = {
            "account_id": account_id,
            "slot": slot,
            "version": secrets.randbits(48),
            "sealed": self._encrypted(account_id, credentials, None),
            "touched_at": now,
        }
        async with self._sessions() as session:
            try:
                await session.execute(insert(TokenRow).values(row))
                await session.commit()
            except IntegrityError:
                # Another process has created the row.
                await session.rollback()

    async def mark(self, account_id: str, slot: str, version: int, now: datetime) -> bool:
        """Claim the renewal of this version durably; False when another process has it, or the row changed."""
        free = or_(TokenRow.renewing_since.is_(None), TokenRow.renewing_since < now - TOKEN_CLAIM_STALE)
        return await self._change(
            account_id, slot, version, and_(free, TokenRow.dead.is_(None)), renewing_since=now, touched_at=now
        )

    async def extend(self, account_id: str, slot: str, version: int, now: datetime) -> bool:
        """Keep a claimed renewal from becoming stale while its conversation is still going on."""
        return await self._change(account_id, slot, version, renewing_since=now, touched_at=now)

    async def unmark(self, account_id: str, slot: str, version: int) -> bool:
        """Release the claim, when it is certain that nothing was sent."""
        return await self._change(account_id, slot, version, renewing_since=None)

    async def bury(self, account_id: str, slot: str, version: int, failure: RememberedFailure) -> bool:
        """Store the bank's final refusal of this version's refresh token."""
        return await self._change(account_id, slot, version, renewing_since=None, dead=failure.to_json())

    async def put(
        self,
        account_id: str,
        slot: str,
        version: int,
        credentials: str,
        token: Token,
        obtained_at: datetime,
        now: datetime,
    ) -> bool:
        """Store the successor of this version and clear the claim; False when the row has changed or was deleted."""
        # `dead` is cleared too: a new token proves more than a refusal of another process.
        return await self._change(
            account_id,
            slot,
            version,
            version=version + 1,
            sealed=self._encrypted(account_id, credentials, token, obtained_at),
            renewing_since=None,
            dead=None,
            touched_at=now,
        )

    async def delete(self, account_id: str, slot: str) -> None:
        """Remove one row."""
        async with self._sessions.begin() as session:
            await session.execute(delete(TokenRow).where(TokenRow.account_id == account_id, TokenRow.slot == slot))

    async def purge_trials(self, before: datetime) -> None:
        """Remove rows of credentials that were never enabled and not touched since."""
        async with self._sessions.begin() as session:
            await session.execute(delete(TokenRow).where(TokenRow.slot != ACTIVE, TokenRow.touched_at < before))

    async def _change(
        self, account_id: str, slot: str, at_version: int, *conditions: ColumnElement[bool], **values: Any
    ) -> bool:
        statement = (
            update(TokenRow)
            .where(TokenRow.account_id == account_id, TokenRow.slot == slot, TokenRow.version == at_version)
            .where(*conditions)
            .values(values)
            .execution_options(synchronize_session=False)
        )
        async with self._sessions.begin() as session:
            result = cast("CursorResult[Any]", await session.execute(statement))
            changed = result.rowcount
        return changed == 1

    def _encrypted(
        self, account_id: str, credentials: str, token: Token | None, obtained_at: datetime | None = None
    ) -> str:
        return self._vault.encrypt(account_id, PURPOSE, msgspec.to_builtins(_Content(credentials, token, obtained_at)))


async def promote_tokens(session: AsyncSession, account_id: str, slot: str) -> None:
    """Within a transaction: make the token of a trial slot the active one, in the place of the former."""
    await session.execute(delete(TokenRow).where(TokenRow.account_id == account_id, TokenRow.slot == ACTIVE))
    await session.execute(
        update(TokenRow).where(TokenRow.account_id == account_id, TokenRow.slot == slot).values(slot=ACTIVE)
    )


async def unbury_tokens(session: AsyncSession, account_id: str) -> None:
    """Within a transaction: allow a refused refresh token of an enabled integration to be sent once more."""
    # Only where one was refused: a renewal that is under way must find its version.
    mine = (TokenRow.account_id == account_id, TokenRow.slot == ACTIVE, TokenRow.dead.is_not(None))
    await session.execute(update(TokenRow).where(*mine).values(dead=None, version=TokenRow.version + 1))


async def delete_tokens(session: AsyncSession, account_id: str) -> None:
    """Within a transaction: delete every token of an account."""
    await session.execute(delete(TokenRow).where(TokenRow.account_id == account_id))


async def reencrypt_tokens(session: AsyncSession, vault: Vault) -> tuple[int, list[str]]:
    """Within a transaction: encrypt every token anew with the newest key; give their number and the damaged ones."""
    rows: Sequence[TokenRow] = (await session.scalars(select(TokenRow))).all()
    damaged = []
    for row in rows:
        try:
            row.sealed = vault.rotate(row.sealed)
        except VaultError:
            damaged.append(f"token of account {row.account_id}")
    return len(rows) - len(damaged), damaged
