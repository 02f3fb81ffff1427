"""API keys: made of chance, shown once, kept as a hash.

A key is `ext_<prefix>_<secret>`. The secret has 256 bits of chance, so a plain SHA-256 of the key is enough; the
prefix finds the row and tells keys apart, and the hash is compared in constant time.
"""

import hashlib
import hmac
import re
import secrets
import uuid
from datetime import datetime

from msgspec import Struct
from sqlalchemy import bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.concurrency.single_flight import SingleFlight
from gateway.controls import has_control
from gateway.limits import API_KEYS_SEEN
from gateway.storage.database import Database
from gateway.storage.tables import ApiKeyRow, TenantRow

__all__ = ["ApiKey", "Keys", "tenant_named"]

_KEY = re.compile(r"ext_([0-9a-f]{12})_[A-Za-z0-9_-]{43}", re.ASCII)
LIVING = select(ApiKeyRow.key_hash, ApiKeyRow.tenant_id).where(
    ApiKeyRow.prefix == bindparam("prefix"), ApiKeyRow.revoked_at.is_(None)
)
NOBODY = hashlib.sha256(b"no such key").hexdigest()


class ApiKey(Struct, frozen=True, kw_only=True):
    """What may be shown of a key."""

    prefix: str
    tenant_id: str
    tenant: str
    created_at: datetime
    revoked_at: datetime | None


class Keys:
    """Makes and recognises API keys.

    Args:
        database: where the hashes are.
    """

    def __init__(self, database: Database) -> None:
        self._sessions = database.sessions
        self._lookups: SingleFlight[str, str | None] = SingleFlight()
        self._seen: dict[str, str] = {}

    async def create(self, tenant: str, now: datetime) -> str:
        """A new key for the tenant of that name, who is made when there is none. The key is given only here.

        Raises:
            ValueError: the name is empty or longer than 200 characters.
        """
        key, prefix = _new_key()
        async with self._sessions.begin() as session:
            tenant_id = await tenant_named(session, tenant, now)
            session.add(
                ApiKeyRow(
                    id=str(uuid.uuid4()),
                    tenant_id=tenant_id,
                    prefix=prefix,
                    key_hash=_hash(key),
                    created_at=now,
                    revoked_at=None,
                )
            )
        return key

    async def tenant_of(self, presented: str) -> str | None:
        """The id of the tenant whose key this is, or None: unknown, revoked, or no key at all.

        Callers with the same key at the same time share one look into the table, so that a crowd costs what one does.
        """
        hashed = _hash(presented)
        tenant_id = await self._lookups.result(hashed, lambda: self._look_up(presented, hashed))
        if tenant_id is not None:
            if len(self._seen) >= API_KEYS_SEEN:
                self._seen.clear()
            self._seen[hashed] = tenant_id
        return tenant_id

    def seen(self, presented: str) -> str:
        """The id of the tenant whose key this once was; empty when it has not been seen here.

        For taking turns only, before anything is looked up: the key may have been revoked since.
        """
        return self._seen.get(_hash(presented), "")

    async def _look_up(self, presented: str, hashed: str) -> str | None:
        found = _KEY.fullmatch(presented)
        prefix = found[1] if found else ""
        async with self._sessions() as session:
            row = (await session.execute(LIVING, {"prefix": prefix})).one_or_none()
        # Without a row the comparison is made all the same, so that its time tells nothing.
        same = hmac.compare_digest(hashed, row.key_hash if row is not None else NOBODY)
        return row.tenant_id if same and row is not None else None

    async def all(self) -> list[ApiKey]:
        """All keys of all tenants, oldest first, for the operator."""
        query = select(ApiKeyRow, TenantRow.name).join(TenantRow).order_by(ApiKeyRow.created_at, ApiKeyRow.prefix)
        async with self._sessions() as session:
            rows = (await session.execute(query)).all()
        return [
            ApiKey(
                prefix=row.prefix,
                tenant_id=row.tenant_id,
                tenant=name,
                created_at=row.created_at,
                revoked_at=row.revoked_at,
            )
            for row, name in rows
        ]

    async def revoke(self, prefix: str, now: datetime) -> bool:
        """End a key's life at once; False when there is no living key of that prefix."""
        plain = prefix.removeprefix("ext_")
        statement = (
            update(ApiKeyRow)
            .where(ApiKeyRow.prefix == plain, ApiKeyRow.revoked_at.is_(None))
            .values(revoked_at=now)
            .returning(ApiKeyRow.id)
        )
        async with self._sessions.begin() as session:
            return (await session.scalar(statement)) is not None


async def tenant_named(session: AsyncSession, name: str, now: datetime) -> str:
    """Within a transaction: the id of the tenant of that name, made when there is none.

    Raises:
        ValueError: the name is empty or longer than 200 characters.
    """
    name = name.strip()
    if not 0 < len(name) <= 200 or has_control(name):
        raise ValueError("a tenant's name has 1 to 200 characters, and none is a control character")
    tenant_id = await session.scalar(select(TenantRow.id).where(TenantRow.name == name))
    if tenant_id is None:
        tenant_id = str(uuid.uuid4())
        session.add(TenantRow(id=tenant_id, name=name, created_at=now))
        await session.flush()
    return tenant_id


def _new_key() -> tuple[str, str]:
    prefix = secrets.token_hex(6)
    return f"ext_{prefix}_{secrets.token_urlsafe(32)}", prefix


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()
