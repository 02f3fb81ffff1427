"""The operator's: API keys of tenants, kept as hashes. Of a caller's key only its owner can be looked up."""

import uuid
from datetime import datetime

from msgspec import Struct
from sqlalchemy import bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.storage.database import Database
from gateway.storage.tables import ApiKeyRow, TenantRow

__all__ = ["ApiKey", "ApiKeys", "LivingKey"]

LIVING = select(ApiKeyRow.key_hash, ApiKeyRow.tenant_id).where(
    ApiKeyRow.prefix == bindparam("prefix"), ApiKeyRow.revoked_at.is_(None)
)


class ApiKey(Struct, frozen=True, kw_only=True):
    """The parts of a key that may be shown."""

    prefix: str
    tenant_id: str
    tenant: str
    created_at: datetime
    revoked_at: datetime | None


class LivingKey(Struct, frozen=True):
    """A key that is not revoked."""

    key_hash: str
    tenant_id: str


class ApiKeys:
    """The table of keys.

    Args:
        database: holds the table.
    """

    def __init__(self, database: Database) -> None:
        self._sessions = database.sessions

    async def create(self, tenant: str, prefix: str, key_hash: str, now: datetime) -> None:
        """Add a key of the tenant of that name; the tenant is created when there is none."""
        async with self._sessions.begin() as session:
            tenant_id = await _tenant_named(session, tenant, now)
            session.add(
                ApiKeyRow(
                    id=str(uuid.uuid4()),
                    tenant_id=tenant_id,
                    prefix=prefix,
                    key_hash=key_hash,
                    created_at=now,
                    revoked_at=None,
                )
            )

    async def owner_of(self, prefix: str) -> LivingKey | None:
        """The living key of that prefix."""
        async with self._sessions() as session:
            row = (await session.execute(LIVING, {"prefix": prefix})).one_or_none()
        return LivingKey(row.key_hash, row.tenant_id) if row is not None else None

    async def all(self) -> list[ApiKey]:
        """All keys of all tenants, oldest first."""
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
        """Revoke a key at once; False when there is no living key of that prefix."""
        statement = (
            update(ApiKeyRow)
            .where(ApiKeyRow.prefix == prefix, ApiKeyRow.revoked_at.is_(None))
            .values(revoked_at=now)
            .returning(ApiKeyRow.id)
        )
        async with self._sessions.begin() as session:
            return (await session.scalar(statement)) is not None


async def _tenant_named(session: AsyncSession, name: str, now: datetime) -> str:
    """Within a transaction: the id of the tenant of that name, who is created when there is none."""
    tenant_id = await session.scalar(select(TenantRow.id).where(TenantRow.name == name))
    if tenant_id is None:
        tenant_id = str(uuid.uuid4())
        session.add(TenantRow(id=tenant_id, name=name, created_at=now))
        await session.flush()
    return tenant_id
