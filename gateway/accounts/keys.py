"""API keys: generated at random, shown once, stored as a hash.

A key is `ext_<prefix>_<secret>`. The secret has 256 random bits, so a plain SHA-256 of the key is enough; the prefix
finds the row, and the hash is compared in constant time.
"""

import hashlib
import hmac
import re
import secrets
from datetime import datetime

from gateway.concurrency.single_flight import SingleFlight
from gateway.controls import has_control
from gateway.limits import API_KEYS_SEEN, TENANT_NAME_CHARACTERS
from gateway.storage.api_keys import ApiKey, ApiKeys

__all__ = ["Keys"]

_KEY = re.compile(r"ext_([0-9a-f]{12})_[A-Za-z0-9_-]{43}", re.ASCII)
HASH_OF_NO_KEY = hashlib.sha256(b"no such key").hexdigest()
"""Compared where a prefix has no row, so that the time of the answer does not show whether there is one."""


class Keys:
    """Creates and recognises API keys.

    Args:
        api_keys: the table of hashes.
    """

    def __init__(self, api_keys: ApiKeys) -> None:
        self._api_keys = api_keys
        self._lookups: SingleFlight[str, str | None] = SingleFlight()
        self._seen: dict[str, str] = {}

    async def create(self, tenant: str, now: datetime) -> str:
        """A new key for the tenant of that name, who is created when there is none. The key is returned only here.

        Raises:
            ValueError: the name is empty or longer than 200 characters.
        """
        tenant = tenant.strip()
        if not 0 < len(tenant) <= TENANT_NAME_CHARACTERS or has_control(tenant):
            raise ValueError("a tenant's name has 1 to 200 characters, and none is a control character")
        key, prefix = _new_key()
        await self._api_keys.create(tenant, prefix, _hash(key), now)
        return key

    async def tenant_of(self, presented: str) -> str | None:
        """The id of the tenant whose key this is; None when it is unknown, revoked, or no key at all.

        Concurrent callers with the same key share one query.
        """
        hashed = _hash(presented)
        tenant_id = await self._lookups.result(hashed, lambda: self._look_up(presented, hashed))
        if tenant_id is None:
            # Callers with a revoked key take no more turns of its tenant.
            self._seen.pop(hashed, None)
        else:
            if len(self._seen) >= API_KEYS_SEEN:
                self._seen.clear()
            self._seen[hashed] = tenant_id
        return tenant_id

    def seen(self, presented: str) -> str:
        """The id of the tenant whose key this was when last looked up; empty when it never was.

        Use it only for serving tenants in turn, before the key is looked up: it may have been revoked since.
        """
        return self._seen.get(_hash(presented), "")

    async def _look_up(self, presented: str, hashed: str) -> str | None:
        found = _KEY.fullmatch(presented)
        prefix = found[1] if found else ""
        living = await self._api_keys.owner_of(prefix)
        same = hmac.compare_digest(hashed, living.key_hash if living is not None else HASH_OF_NO_KEY)
        return living.tenant_id if same and living is not None else None

    async def all(self) -> list[ApiKey]:
        """All keys of all tenants, oldest first, for the operator."""
        return await self._api_keys.all()

    async def revoke(self, prefix: str, now: datetime) -> bool:
        """Revoke a key at once; False when there is no living key of that prefix."""
        return await self._api_keys.revoke(prefix.removeprefix("ext_"), now)


def _new_key() -> tuple[str, str]:
    prefix = secrets.token_hex(6)
    return f"ext_{prefix}_{secrets.token_urlsafe(32)}", prefix


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()
