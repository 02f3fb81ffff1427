"""What a key may do with the keys of its tenant: pure functions of these keys.

Rules.
1. The managing key must be alive. The operator has no key, so rules 2 and 3 do not apply to the operator.
2. A new key has no scope that the managing key lacks, and does not end later than it. The same holds for a key that is
   rotated, because the answer holds a new secret; a key may always rotate itself.
3. A tenant has a bounded number of living keys.
4. A rotation gives another key with the same name, scopes and end. The former one ends when the overlap does, or at its
   own end if that comes before: its life never becomes longer.
5. A rotation may be repeated until its new key is used, because the answer may have been lost. The unused key is
   revoked then.
6. The last managing key is revoked only on explicit request: without one, only the operator can make keys.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from gateway.errors import CallerError
from gateway.limits import ENDED_KEYS_KEPT, KEYS_PER_TENANT
from gateway.storage.management.api_keys import Scope
from gateway.storage.management.tenant_keys import Alteration, NewKey, TenantKey, unknown_key

__all__ = ["created", "revoked", "rotated"]


def created(keys: Sequence[TenantKey], by: str | None, new: NewKey) -> Alteration:
    """What becomes of a tenant's keys when one is made.

    Args:
        by: prefix of the managing key; None for the operator.
        new: the key to make.

    Raises:
        CallerError: `unauthenticated` when the managing key has ended meanwhile, `scope_missing`, `invalid_request`
            for its end, or `too_many_keys`.
    """
    now, end = new.key.created_at, new.key.expires_at
    if end is not None and end <= now:
        raise CallerError(
            "invalid_request",
            "`expires_at` is not in the future",
            field="expires_at",
            portuguese="Deve ser um instante no futuro.",
        )
    manager = _manager(keys, by, now)
    if manager is not None:
        _check_scopes(manager, new.key, "scopes")
        if _outlives(end, manager.expires_at):
            detail = "`expires_at` is after the end of the key that makes this one, or missing"
            portuguese = "Informe um fim que não venha depois do da chave que cria esta."
            raise CallerError("invalid_request", detail, field="expires_at", portuguese=portuguese)
    if sum(key.lives(now) and key.replaced_by is None for key in keys) >= KEYS_PER_TENANT:
        raise CallerError("too_many_keys", f"a tenant has at most {KEYS_PER_TENANT} living keys")
    return Alteration(added=[new], erased=_forgotten(keys, now))


def revoked(
    keys: Sequence[TenantKey], by: str | None, prefix: str, now: datetime, *, even_last: bool = False
) -> Alteration:
    """What becomes of a tenant's keys when one is revoked; nothing where that was done before.

    Args:
        by: prefix of the managing key; None for the operator.
        prefix: of the key to revoke.
        even_last: whether it may be the last one that manages.

    Raises:
        CallerError: `unauthenticated` when the managing key has ended meanwhile, `not_found`, or `last_managing_key`.
    """
    _manager(keys, by, now)
    key = _named(keys, prefix)
    if key.revoked_at is not None:
        return Alteration()
    others = [each for each in keys if each.prefix != prefix and _manages(each, now)]
    if _manages(key, now) and not others and not even_last:
        detail = "without this key nobody of the tenant can manage anything; `even_last=true` revokes it all the same"
        raise CallerError("last_managing_key", detail)
    return Alteration(revoked={prefix: now})


def rotated(
    keys: Sequence[TenantKey],
    by: str | None,
    prefix: str,
    new_prefix: str,
    key_hash: str,
    now: datetime,
    overlap: timedelta,
) -> Alteration:
    """What becomes of a tenant's keys when one is rotated.

    Args:
        by: prefix of the managing key; None for the operator.
        prefix: of the key to rotate.
        new_prefix: of the key that takes its place.
        key_hash: the hash of that one.
        overlap: time for which the former key goes on.

    Raises:
        CallerError: `unauthenticated` when the managing key has ended meanwhile, `not_found` when the other one has,
            `key_replaced`, `scope_missing`, `invalid_request` where it outlives the managing one, or `too_many_keys`.
    """
    manager = _manager(keys, by, now)
    key = _named(keys, prefix)
    if not key.lives(now):
        raise CallerError("not_found", "there is no living key of that prefix")
    lost = _lost(keys, key, now)
    end = lost.expires_at if lost is not None else key.expires_at
    if manager is not None and manager.prefix != prefix:
        _check_scopes(manager, key, "prefix")
        if _outlives(end, manager.expires_at):
            detail = "the key has a later end than the one that rotates it"
            portuguese = "Esta chave vale por mais tempo do que a que a troca."
            raise CallerError("invalid_request", detail, field="prefix", portuguese=portuguese)
    overlapping = sum(each.lives(now) and each.replaced_by is not None for each in keys)
    if lost is None and overlap and overlapping >= KEYS_PER_TENANT:
        raise CallerError("too_many_keys", f"at most {KEYS_PER_TENANT} replaced keys live at once")
    ends_at = now + overlap
    if key.expires_at is not None:
        ends_at = min(ends_at, key.expires_at)
    successor = TenantKey(prefix=new_prefix, name=key.name, scopes=key.scopes, created_at=now, expires_at=end)
    return Alteration(
        added=[NewKey(successor, key_hash)],
        revoked={lost.prefix: now} if lost is not None else {},
        replaced=replace(key, expires_at=ends_at, replaced_by=new_prefix),
        erased=_forgotten(keys, now),
    )


def _manager(keys: Sequence[TenantKey], by: str | None, now: datetime) -> TenantKey | None:
    """The managing key as it is now; it may have been revoked after its request was let in."""
    if by is None:
        return None
    manager = next((key for key in keys if key.prefix == by), None)
    if manager is None or not manager.lives(now):
        raise CallerError("unauthenticated", "the request needs a valid API key in its Authorization header")
    return manager


def _named(keys: Sequence[TenantKey], prefix: str) -> TenantKey:
    key = next((each for each in keys if each.prefix == prefix), None)
    if key is None:
        raise unknown_key()
    return key


def _check_scopes(manager: TenantKey, key: TenantKey, field: str) -> None:
    missing = [scope for scope in Scope if scope in key.scopes - manager.scopes]
    if missing:
        names = " and ".join(f"`{scope}`" for scope in missing)
        detail = f"a key cannot give {names} without having it itself"
        portuguese = f"Uma chave só dá os escopos que tem; faltam a ela: {', '.join(missing)}."
        raise CallerError("scope_missing", detail, field=field, portuguese=portuguese)


def _outlives(end: datetime | None, other: datetime | None) -> bool:
    return other is not None and (end is None or end > other)


def _manages(key: TenantKey, now: datetime) -> bool:
    """Whether a key manages others, and goes on doing so: one that was replaced ends soon."""
    return key.lives(now) and key.replaced_by is None and Scope.MANAGE in key.scopes


def _lost(keys: Sequence[TenantKey], key: TenantKey, now: datetime) -> TenantKey | None:
    """The unused key that a rotation has put in the place of this one; None where this one was not replaced.

    Raises:
        CallerError: `key_replaced`: the new key has been used, or has ended.
    """
    if key.replaced_by is None:
        return None
    successor = next((each for each in keys if each.prefix == key.replaced_by), None)
    if successor is None or not successor.lives(now) or successor.last_used_at or successor.replaced_by:
        raise CallerError("key_replaced", "another key has taken the place of this one, and was used or has ended")
    return successor


def _forgotten(keys: Sequence[TenantKey], now: datetime) -> list[str]:
    """Keys that ended before the last ones that are kept for the list."""
    never = datetime.max.replace(tzinfo=UTC)
    ended = sorted(
        (min(key.revoked_at or never, key.expires_at or never), key.prefix) for key in keys if not key.lives(now)
    )
    return [prefix for _, prefix in ended[: max(0, len(ended) - ENDED_KEYS_KEPT)]]
