"""What one tenant does changes nothing of another's."""

from collections.abc import Awaitable, Callable

import httpx
import pytest

from tests.gateway.support import enabled, registration

pytestmark = pytest.mark.anyio


@pytest.fixture
async def theirs(new_key: Callable[[str], Awaitable[str]]) -> dict[str, str]:
    """Headers of another tenant."""
    return {"Authorization": f"Bearer {await new_key('tenant-b')}"}


async def test_each_tenant_has_a_default_account_of_its_own(client: httpx.AsyncClient, theirs: dict[str, str]) -> None:
    """Another tenant's new default takes nothing from it, whether it is registered or changed."""
    mine = (await client.post("/v1/accounts", json=registration(default=True))).json()["id"]
    other = (await client.post("/v1/accounts", json=registration(default=True), headers=theirs)).json()["id"]
    assert (await client.get(f"/v1/accounts/{mine}")).json()["default"] is True

    await client.patch(f"/v1/accounts/{other}", json={"default": True}, headers=theirs)

    assert (await client.get(f"/v1/accounts/{mine}")).json()["default"] is True


async def test_a_statement_needs_the_tenant_of_the_account(client: httpx.AsyncClient, theirs: dict[str, str]) -> None:
    """Also when it has just been read by its own tenant, and lies in memory."""
    place = f"/v1/accounts/{await enabled(client)}/statement?from=2026-03-09&to=2026-03-13"
    assert (await client.get(place)).status_code == 200

    answer = await client.get(place, headers=theirs)

    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_account")
