"""Keys of a tenant through HTTP: made, listed, revoked, rotated, and what one key may not do with another."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from litestar import Litestar

from gateway.clock import FixedClock
from gateway.limits import KEY_LONGEST_OVERLAP_SECONDS
from gateway.storage.api_keys import Scope
from tests.gateway.databases import settings as settings
from tests.gateway.databases import database_url as database_url
from tests.gateway.support import NOW

pytestmark = pytest.mark.anyio

Client = httpx.AsyncClient
DAY = timedelta(days=1)
NEW_KEY = Callable[..., Awaitable[str]]


def bearer(key: str) -> dict[str, str]:
    """Headers with that key."""
    return {"Authorization": f"Bearer {key}"}


def prefix_of(key: str) -> str:
    """The prefix of a key."""
    return key.split("_")[1]


def own(client: Client) -> str:
    """The prefix of the client's own key."""
    return prefix_of(client.headers["Authorization"])


async def made(client: Client, key: str | None = None, **body: Any) -> dict[str, Any]:
    """A new key."""
    answer = await client.post("/v1/keys", json=body, headers=bearer(key) if key else None)
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == f"/v1/keys/{answer.json()['prefix']}"
    assert answer.headers["cache-control"] == "no-store"
    return dict(answer.json())


async def listed(client: Client) -> list[dict[str, Any]]:
    """All keys of the tenant."""
    answer = await client.get("/v1/keys")
    assert answer.status_code == 200, answer.text
    assert answer.json()["next"] is None
    return list(answer.json()["keys"])


async def works(client: Client, key: str) -> bool:
    """Whether a key is accepted."""
    answer = await client.get("/v1/banks", headers=bearer(key))
    assert answer.status_code in {200, 401, 403}, answer.text
    return answer.status_code != 401


async def test_x(client: Client) -> None:
    k = await made(client, name=" ERP ", scopes=["read"], expires_at="2027-01-01T00:00:00-03:00")
    print(k)
    print(await listed(client))
    r = await client.post(f"/v1/keys/{k['prefix']}/rotate")
    print(r.status_code, r.text)
    r = await client.post(f"/v1/keys/{k['prefix']}/rotate", json={})
    print(r.status_code, r.text)
    r = await client.post("/v1/keys", json={"expires_at": "2027-01-01T00:00:00"})
    print(r.status_code, r.text)
    r = await client.post("/v1/keys")
    print(r.status_code, r.text)
    r = await client.delete(f"/v1/keys/{own(client)}?even_last=maybe")
    print(r.status_code, r.text)
    r = await client.delete(f"/v1/keys/{own(client)}?even_last=true")
    print(r.status_code, r.text)
