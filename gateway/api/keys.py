"""A tenant's API keys, managed with one of them."""

from datetime import datetime, timedelta
from typing import Annotated, Any

import msgspec
from litestar import Controller, Request, Response, delete, get, post
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta, Struct

from gateway.accounts.keys.management import MadeKey
from gateway.api.bodies import local, local_or_none
from gateway.api.documented import BodilessOperation, Doing, problems
from gateway.api.parameters import CursorText, next_of, place_of
from gateway.api.parts import parts_of
from gateway.api.requests import MANAGES, key_of, tenant_of
from gateway.limits import (
    KEY_LONGEST_OVERLAP_SECONDS,
    KEY_OVERLAP_SECONDS,
    LISTED_AT_ONCE,
    TENANT_NAME_CHARACTERS,
)
from gateway.storage.management.api_keys import DEFAULT_SCOPES, Scope
from gateway.storage.management.tenant_keys import TenantKey

__all__ = ["KeyController"]

MAKING = problems(Doing.TAKES_BODY, Doing.NAMES_KEY)
NAMING = problems(Doing.NAMES_KEY)

Scopes = Annotated[list[Scope], Meta(min_length=1, max_length=len(Scope))]


class KeyRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A key to make. It can have neither more scopes nor a later end than the key that makes it."""

    name: Annotated[str, Meta(max_length=TENANT_NAME_CHARACTERS, description="Tells people what it is for.")] = ""
    scopes: Annotated[Scopes, Meta(description="What the key is for; `read` and `manage` unless they are given.")] = (
        msgspec.field(default_factory=lambda: [scope for scope in Scope if scope in DEFAULT_SCOPES])
    )
    expires_at: Annotated[
        Annotated[datetime, Meta(tz=True)] | None, Meta(description="From then on it is refused; never, without one.")
    ] = None


class RotationRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a key is replaced."""

    overlap_seconds: Annotated[
        int, Meta(ge=0, le=KEY_LONGEST_OVERLAP_SECONDS, description="Time for which the present key goes on.")
    ] = KEY_OVERLAP_SECONDS


AS_USUAL = RotationRequest()
"""How a key is replaced where the request has no body."""


class KeyBody(Struct, frozen=True, kw_only=True):
    """An API key."""

    prefix: str
    """The key begins with `ext_`, the prefix, and `_`."""
    name: str
    """Your own name for it."""
    scopes: list[Scope]
    """What it is for."""
    created_at: datetime
    """When it was made."""
    expires_at: datetime | None
    """Null where it does not end."""
    last_used_at: datetime | None
    """To the hour."""
    revoked_at: datetime | None
    """Null while it is good."""
    replaced_by: str | None
    """The prefix of the key that a rotation has put in its place."""
    own: bool
    """Whether it is the key of this request."""
    key: str | None
    """The key itself. Given only when it is made."""

    def __repr__(self) -> str:
        return f"KeyBody({self.prefix!r})"


class KeyList(Struct, frozen=True, kw_only=True):
    """A part of the tenant's keys, oldest first."""

    keys: list[KeyBody]
    """Oldest first."""
    next: str | None
    """The cursor of the following part; null at the end of the list."""


class KeyController(Controller):
    """Who may use the interface. Reading them needs `manage` too: the list tells who has access to what."""

    path = "/keys"
    tags = ("Keys",)

    @post(responses=MAKING, opt=MANAGES, summary="Make a key")
    async def make(self, request: Request[Any, Any, Any], data: JSONBody[KeyRequest]) -> Response[KeyBody]:
        """Make a key for the same tenant. The answer has the key, which is given only here."""
        made = await parts_of(request).key_management.create(
            tenant_of(request),
            key_of(request).prefix,
            name=data.name,
            scopes=frozenset(data.scopes),
            expires_at=data.expires_at,
        )
        return _given(request, made)

    @get(responses=problems(), opt=MANAGES, summary="List keys")
    async def list(
        self,
        request: Request[Any, Any, Any],
        limit: Annotated[int, QueryParameter(ge=1, le=LISTED_AT_ONCE, description="Most keys to answer.")] = 100,
        cursor: CursorText = "",
    ) -> KeyList:
        """The tenant's keys, oldest first, and the last ones that have ended; by prefix, never the keys themselves."""
        listed, following = await parts_of(request).key_management.page(
            tenant_of(request), limit, place_of(cursor, "keys")
        )
        return KeyList(keys=[_body(request, each) for each in listed], next=next_of(following, "keys"))

    @get("/{prefix:str}", responses=NAMING, opt=MANAGES, summary="Read a key")
    async def read(self, request: Request[Any, Any, Any], prefix: FromPath[str]) -> KeyBody:
        """One key, without the key itself."""
        return _body(request, await parts_of(request).key_management.one(tenant_of(request), prefix))

    @delete("/{prefix:str}", responses=NAMING, opt=MANAGES, summary="Revoke a key")
    async def revoke(
        self,
        request: Request[Any, Any, Any],
        prefix: FromPath[str],
        *,
        even_last: Annotated[
            bool, QueryParameter(description="Revoke it although no other living key of the tenant manages.")
        ] = False,
    ) -> None:
        """Revoke a key, perhaps the one of this request, at once.

        The last living key with `manage` is kept unless `even_last` is true: without one, the tenant can make no keys
        and change no accounts any more, and only the operator of the gateway can help.
        """
        management = parts_of(request).key_management
        await management.revoke(tenant_of(request), key_of(request).prefix, prefix, even_last=even_last)

    @post(
        "/{prefix:str}/rotate",
        responses=MAKING,
        opt=MANAGES,
        operation_class=BodilessOperation,
        summary="Rotate a key",
    )
    async def rotate(
        self,
        request: Request[Any, Any, Any],
        prefix: FromPath[str],
        data: JSONBody[RotationRequest] = AS_USUAL,
    ) -> Response[KeyBody]:
        """Make another key with the same name, scopes and end; the present one goes on until the overlap ends.

        It never goes on beyond its own end. The answer has the new key, which is given only here: if it was lost,
        rotate the present key once more, and the new key that nobody has used is revoked.
        """
        overlap = timedelta(seconds=data.overlap_seconds)
        made = await parts_of(request).key_management.rotate(
            tenant_of(request), key_of(request).prefix, prefix, overlap
        )
        return _given(request, made)


def _given(request: Request[Any, Any, Any], made: MadeKey) -> Response[KeyBody]:
    """The answer that has a new key in it."""
    headers = {"Location": f"/v1/keys/{made.key.prefix}"}
    return Response(_body(request, made.key, value=made.value), status_code=201, headers=headers)


def _body(request: Request[Any, Any, Any], key: TenantKey, *, value: str | None = None) -> KeyBody:
    return KeyBody(
        prefix=key.prefix,
        name=key.name,
        scopes=[scope for scope in Scope if scope in key.scopes],
        created_at=local(key.created_at),
        expires_at=local_or_none(key.expires_at),
        last_used_at=local_or_none(key.last_used_at),
        revoked_at=local_or_none(key.revoked_at),
        replaced_by=key.replaced_by,
        own=key.prefix == key_of(request).prefix,
        key=value,
    )
