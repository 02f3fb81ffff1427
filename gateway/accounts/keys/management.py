"""A tenant's keys, managed with one of them, or by the operator: listed, made, revoked, rotated."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

from msgspec import Struct

from gateway.accounts.keys import rules
from gateway.accounts.keys.api_keys import new_key
from gateway.clock import Clock
from gateway.errors import CallerError
from gateway.storage.engine.listing import Cursor
from gateway.storage.management.api_keys import Scope
from gateway.storage.management.tenant_keys import Alteration, NewKey, TenantKey, TenantKeys

__all__ = ["KeyManagement", "MadeKey"]


class MadeKey(Struct, frozen=True):
    """A key that was just made. Its text does not show it."""

    value: str
    """The key itself, which is given only here."""
    key: TenantKey
    """What may be shown of it."""

    def __repr__(self) -> str:
        return f"MadeKey({self.key.prefix!r})"


@dataclass(eq=False, repr=False)
class KeyManagement:
    """The keys of all tenants, of one at a time."""

    table: TenantKeys
    clock: Clock

    async def page(
        self, tenant_id: str, limit: int, after: Cursor | None = None
    ) -> tuple[list[TenantKey], Cursor | None]:
        """A part of the tenant's keys, oldest first, those that have ended too, and the next cursor."""
        return await self.table.page(tenant_id, limit, after)

    async def one(self, tenant_id: str, prefix: str) -> TenantKey:
        """One key, with the prefix as it is listed or as the key begins.

        Raises:
            CallerError: `not_found`.
        """
        return await self.table.one(tenant_id, _bare(prefix))

    async def create(
        self, tenant_id: str, by: str | None, *, name: str, scopes: frozenset[Scope], expires_at: datetime | None
    ) -> MadeKey:
        """Make a key.

        Args:
            by: prefix of the managing key; None for the operator.
            name: by which people tell the tenant's keys apart; may be empty.
            scopes: what the key is for; at least one.
            expires_at: the instant from which it is refused; None for never.

        Raises:
            CallerError: as `rules.created` does.
        """
        if expires_at is not None:
            try:
                expires_at = expires_at.astimezone(UTC)
            except OverflowError as error:
                detail, portuguese = "`expires_at` is too late", "Esta data fica longe demais."
                raise CallerError("invalid_request", detail, field="expires_at", portuguese=portuguese) from error
        value, prefix, key_hash = new_key()
        key = TenantKey(
            prefix=prefix, name=name.strip(), scopes=scopes, created_at=self.clock.now(), expires_at=expires_at
        )
        return await self._made(tenant_id, value, partial(rules.created, by=by, new=NewKey(key, key_hash)))

    async def revoke(self, tenant_id: str, by: str | None, prefix: str, *, even_last: bool = False) -> None:
        """Revoke a key at once; nothing happens where that was done before.

        Args:
            by: prefix of the managing key; None for the operator.
            prefix: of the key.
            even_last: whether it may be the last one that manages.

        Raises:
            CallerError: as `rules.revoked` does.
        """
        rule = partial(rules.revoked, by=by, prefix=_bare(prefix), now=self.clock.now(), even_last=even_last)
        await self.table.alter(tenant_id, rule)

    async def rotate(self, tenant_id: str, by: str | None, prefix: str, overlap: timedelta) -> MadeKey:
        """Make another key in the place of one, which goes on until the overlap ends.

        Args:
            by: prefix of the managing key; None for the operator.
            prefix: of the key that is replaced.
            overlap: time for which that one goes on.

        Raises:
            CallerError: as `rules.rotated` does.
        """
        value, new_prefix, key_hash = new_key()
        rule = partial(
            rules.rotated,
            by=by,
            prefix=_bare(prefix),
            new_prefix=new_prefix,
            key_hash=key_hash,
            now=self.clock.now(),
            overlap=overlap,
        )
        return await self._made(tenant_id, value, rule)

    async def _made(self, tenant_id: str, value: str, decide: Callable[[Sequence[TenantKey]], Alteration]) -> MadeKey:
        (key,) = await self.table.alter(tenant_id, decide)
        return MadeKey(value, key)


def _bare(prefix: str) -> str:
    return prefix.removeprefix("ext_")
