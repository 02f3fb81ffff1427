"""The table of tokens. Every change is one statement that names the version it was decided on, so it cannot overwrite
a change by another process.

A row's version begins at a random number: a row that was deleted and created anew is never mistaken for the old one.
"""

import hashlib
import secrets
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Update, bindparam, delete, insert, or_, select, update

from gateway.flow import Token
from gateway.limits import TOKEN_CLAIM_STALE
from gateway.model import Credentials
from gateway.storage.accounts.remembered import RememberedFailure
from gateway.storage.accounts.tables import INTEGRATIONS
from gateway.storage.engine.stores import SealedStore
from gateway.storage.engine.transactions import reading, transaction
from gateway.storage.shared.tables import TOKENS

__all__ = [
    "ACTIVE",
    "StoredToken",
    "TokenClaimed",
    "TokenRows",
    "delete_tokens",
    "digest",
    "promote_tokens",
    "unbury_tokens",
]

ACTIVE = "active"
"""The slot of the token that belongs to an enabled integration."""
PURPOSE = "token"

OF_SLOT = TOKENS.c.account_id == bindparam("of_account"), TOKENS.c.slot == bindparam("of_slot")
LOAD = select(TOKENS.c.version, TOKENS.c.sealed, TOKENS.c.renewing_since, TOKENS.c.dead).where(*OF_SLOT)
CREATE = insert(TOKENS)
CHANGE = update(TOKENS).where(*OF_SLOT, TOKENS.c.version == bindparam("at_version"))
HELD = TOKENS.c.renewing_since == bindparam("claimed_at")
OF_CLAIM = CHANGE.where(HELD)
OF_NO_OTHER_CLAIM = CHANGE.where(or_(TOKENS.c.renewing_since.is_(None), HELD))
CLAIM = CHANGE.where(
    or_(TOKENS.c.renewing_since.is_(None), TOKENS.c.renewing_since < bindparam("stale_before")),
    TOKENS.c.dead.is_(None),
)


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


class TokenClaimed(msgspec.Struct, frozen=True):
    """Of which row and version the renewal was claimed, and when the claim was made or last renewed: that names it."""

    account_id: str
    slot: str
    version: int
    at: datetime


def digest(credentials: Credentials) -> str:
    """64 hexadecimal digits that are equal for equal credentials. Not to be stored in the clear."""
    return hashlib.sha256(msgspec.json.encode(credentials.values, order="deterministic")).hexdigest()


class TokenRows(SealedStore):
    """Reads and changes rows."""

    def trial_slot(self, account_id: str, credentials: Credentials) -> str:
        """The slot of credentials that are not enabled yet: the same for the same credentials."""
        return self._vault.fingerprint(account_id, credentials.values)

    @reading
    def load(self, connection: Connection, account_id: str, slot: str) -> StoredToken | None:
        """The row, or None.

        Raises:
            VaultError: it cannot be decrypted.
        """
        row = connection.execute(LOAD, {"of_account": account_id, "of_slot": slot}).one_or_none()
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

    @transaction
    def create(self, connection: Connection, account_id: str, slot: str, credentials: str, now: datetime) -> None:
        """Create an empty row, unless there is one already."""
        if connection.execute(LOAD, {"of_account": account_id, "of_slot": slot}).one_or_none() is not None:
            return
        row = {
            "account_id": account_id,
            "slot": slot,
            "version": secrets.randbits(48),
            "sealed": self._encrypted(account_id, credentials, None),
            "touched_at": now,
        }
        connection.execute(CREATE, row)

    async def mark(self, account_id: str, slot: str, version: int, now: datetime) -> TokenClaimed | None:
        """Claim the renewal of this version durably; None when another process has it, or the row changed."""
        claimed, stale_before = TokenClaimed(account_id, slot, version, now), now - TOKEN_CLAIM_STALE
        marked = await self._change(
            account_id, slot, version, CLAIM, stale_before=stale_before, renewing_since=now, touched_at=now
        )
        return claimed if marked else None

    async def extend(self, claimed: TokenClaimed, now: datetime) -> TokenClaimed | None:
        """Keep a claim from becoming stale; give it as it is then, or None where it is lost."""
        kept = await self._change_claimed(claimed, OF_CLAIM, renewing_since=now, touched_at=now)
        return msgspec.structs.replace(claimed, at=now) if kept else None

    async def unmark(self, claimed: TokenClaimed) -> bool:
        """Release a claim, when it is certain that nothing was spent; False where it is lost."""
        return await self._change_claimed(claimed, OF_CLAIM, renewing_since=None)

    async def bury(self, claimed: TokenClaimed, failure: RememberedFailure) -> bool:
        """Store the bank's final refusal of this version's refresh token; False where another process has the claim."""
        return await self._change_claimed(claimed, OF_NO_OTHER_CLAIM, renewing_since=None, dead=failure.to_json())

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

    @transaction
    def delete(self, connection: Connection, account_id: str, slot: str) -> None:
        """Remove one row."""
        connection.execute(delete(TOKENS).where(TOKENS.c.account_id == account_id, TOKENS.c.slot == slot))

    @transaction
    def purge_unused(self, connection: Connection, before: datetime) -> None:
        """Remove rows of credentials that were never enabled and not touched since, and of those that no longer are.

        A reading that had begun when its account was removed, or its integration disabled, may have stored another one
        since.
        """
        enabled = select(INTEGRATIONS.c.account_id).where(INTEGRATIONS.c.sealed.is_not(None))
        trial = (TOKENS.c.slot != ACTIVE) & (TOKENS.c.touched_at < before)
        left_behind = (TOKENS.c.slot == ACTIVE) & TOKENS.c.account_id.not_in(enabled)
        connection.execute(delete(TOKENS).where(trial | left_behind))

    async def _change_claimed(self, claimed: TokenClaimed, statement: Update, **values: Any) -> bool:
        where = claimed.account_id, claimed.slot, claimed.version
        return await self._change(*where, statement, claimed_at=claimed.at, **values)

    @transaction
    def _change(
        self,
        connection: Connection,
        /,
        account_id: str,
        slot: str,
        at_version: int,
        statement: Update = CHANGE,
        **values: Any,
    ) -> bool:
        which = {"of_account": account_id, "of_slot": slot, "at_version": at_version}
        return connection.execute(statement, {**which, **values}).rowcount == 1

    def _encrypted(
        self, account_id: str, credentials: str, token: Token | None, obtained_at: datetime | None = None
    ) -> str:
        return self._vault.encrypt(account_id, PURPOSE, msgspec.to_builtins(_Content(credentials, token, obtained_at)))


def promote_tokens(connection: Connection, account_id: str, slot: str) -> None:
    """Within a transaction: make the token of a trial slot the active one, in the place of the former."""
    connection.execute(delete(TOKENS).where(TOKENS.c.account_id == account_id, TOKENS.c.slot == ACTIVE))
    connection.execute(
        update(TOKENS).where(TOKENS.c.account_id == account_id, TOKENS.c.slot == slot).values(slot=ACTIVE)
    )


def unbury_tokens(connection: Connection, account_id: str) -> None:
    """Within a transaction: allow a refused refresh token of an enabled integration to be sent once more."""
    # Only where one was refused: a renewal that is under way must find its version.
    mine = (TOKENS.c.account_id == account_id, TOKENS.c.slot == ACTIVE, TOKENS.c.dead.is_not(None))
    connection.execute(update(TOKENS).where(*mine).values(dead=None, version=TOKENS.c.version + 1))


def delete_tokens(connection: Connection, account_id: str) -> None:
    """Within a transaction: delete every token of an account."""
    connection.execute(delete(TOKENS).where(TOKENS.c.account_id == account_id))
