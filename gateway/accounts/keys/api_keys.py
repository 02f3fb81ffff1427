"""API keys: generated at random, shown once, stored as a hash.

A key is `ext_<prefix>_<secret>`. The secret has 256 random bits, so a plain SHA-256 of the key is enough; the prefix
finds the row, and the hash is compared in constant time.
"""

import asyncio
import hmac
import re
import secrets
from datetime import datetime

import structlog

from gateway.accounts.hashing import hash_of
from gateway.concurrency.single_flight import SingleFlight
from gateway.limits import API_KEYS_SEEN, KEY_USE_NOTED_EVERY, TENANT_NAME_CHARACTERS
from gateway.storage.management.api_keys import DEFAULT_SCOPES, ApiKey, ApiKeys, LivingKey, Scope
from gateway.texts.controls import has_control

__all__ = ["Keys", "checked_names", "new_key", "prefix_of"]

log = structlog.get_logger("gateway.keys")

_KEY = re.compile(r"ext_([0-9a-f]{12})_[A-Za-z0-9_-]{43}", re.ASCII)
HASH_OF_NO_KEY = hash_of("no such key")
"""Compared where a prefix has no row, so that the time of the answer does not show whether there is one."""


def checked_names(tenant: str, name: str) -> tuple[str, str]:
    """The names of a tenant and of its key, without blanks around them; that of the key may be empty.

    Raises:
        ValueError: one is too long or has control characters, or the tenant's is empty.
    """
    tenant, name, most = tenant.strip(), name.strip(), TENANT_NAME_CHARACTERS
    if not 0 < len(tenant) <= most or has_control(tenant):
        raise ValueError(f"a tenant's name has 1 to {most} characters, and none is a control character")
    if len(name) > most or has_control(name):
        raise ValueError(f"a key's name has at most {most} characters, and none is a control character")
    return tenant, name


class Keys:
    """Creates and recognises API keys."""

    def __init__(self, api_keys: ApiKeys) -> None:
        self._api_keys = api_keys
        self._lookups: SingleFlight[str, LivingKey | None] = SingleFlight()
        self._seen: dict[str, str] = {}
        self._noting: dict[str, asyncio.Task[None]] = {}
        """Notes of uses that are being written, by the key's prefix."""

    async def create(
        self,
        tenant: str,
        now: datetime,
        *,
        name: str = "",
        scopes: frozenset[Scope] = DEFAULT_SCOPES,
        expires_at: datetime | None = None,
    ) -> str:
        """A new key for the tenant of that name, who is created when there is none. The key is returned only here.

        Args:
            tenant: the tenant's name.
            name: by which people tell the tenant's keys apart; may be empty.
            scopes: what the key is for.
            expires_at: the instant from which it is refused; None for never.

        Raises:
            ValueError: a name is too long or has control characters, the tenant's is empty, there is no scope, or the
                key would have expired already.
        """
        tenant, name = checked_names(tenant, name)
        if not scopes:
            raise ValueError("a key needs at least one scope")
        if expires_at is not None and expires_at <= now:
            raise ValueError("the key would have expired already")
        key, prefix, key_hash = new_key()
        await self._api_keys.create(tenant, prefix, key_hash, now, name=name, scopes=scopes, expires_at=expires_at)
        return key

    async def living(self, presented: str, now: datetime) -> LivingKey | None:
        """The key, whose use is noted; None when it is unknown, revoked, expired, or no key at all.

        Concurrent callers with the same key share one query.
        """
        return await self.still_living(prefix_of(presented), hash_of(presented), now)

    async def still_living(self, prefix: str, hashed: str, now: datetime) -> LivingKey | None:
        """The key of that prefix and hash, as `living` gives it: for one that was presented before.

        Args:
            prefix: of the key; empty for none.
            hashed: the hash of the whole key.
        """
        key = await self._lookups.result(hashed, lambda: self._look_up(prefix, hashed))
        if key is None or (key.expires_at is not None and key.expires_at <= now):
            # Callers with a revoked key take no more turns of its tenant.
            self._seen.pop(hashed, None)
            return None
        if len(self._seen) >= API_KEYS_SEEN:
            self._seen.clear()
        self._seen[hashed] = key.tenant_id
        if key.last_used_at is None or key.last_used_at <= now - KEY_USE_NOTED_EVERY:
            self._note(key.prefix, now)
        return key

    async def aclose(self) -> None:
        """Wait until the uses that are being noted are written."""
        while self._noting:
            await asyncio.wait(self._noting.values())

    def seen(self, presented: str) -> str:
        """The id of the tenant whose key this was when last looked up; empty when it never was.

        Use it only before the key is looked up, for serving tenants in turn and for refusing what exceeds the key's
        share: the key may have been revoked since.
        """
        return self._seen.get(hash_of(presented), "")

    def _note(self, prefix: str, now: datetime) -> None:
        """Begin to note a use, unless that is being done: no caller waits for it."""
        if prefix not in self._noting:
            self._noting[prefix] = task = asyncio.create_task(self._api_keys.note_use(prefix, now))
            task.add_done_callback(lambda done: self._noted(prefix, done))

    def _noted(self, prefix: str, done: asyncio.Task[None]) -> None:
        del self._noting[prefix]
        if not done.cancelled() and (error := done.exception()) is not None:
            # The next use is noted in its place.
            log.warning("key_use_not_noted", prefix=prefix, reason=type(error).__name__)

    async def _look_up(self, prefix: str, hashed: str) -> LivingKey | None:
        living = await self._api_keys.owner_of(prefix)
        same = hmac.compare_digest(hashed, living.key_hash if living is not None else HASH_OF_NO_KEY)
        return living if same else None

    async def all(self) -> list[ApiKey]:
        """All keys of all tenants, oldest first, for the operator."""
        return await self._api_keys.all()

    async def revoke(self, prefix: str, now: datetime) -> bool:
        """Revoke a key at once; False when there is no living key of that prefix."""
        return await self._api_keys.revoke(prefix.removeprefix("ext_"), now)


def prefix_of(presented: str) -> str:
    """The prefix by which a key is found; empty for what is no key."""
    found = _KEY.fullmatch(presented)
    return found[1] if found else ""


def new_key() -> tuple[str, str, str]:
    """A key that nobody has yet, its prefix, and its hash."""
    prefix = secrets.token_hex(6)
    key = f"ext_{prefix}_{secrets.token_urlsafe(32)}"
    return key, prefix, hash_of(key)
