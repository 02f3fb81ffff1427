"""What caches between the gateway and an ERP may keep."""

import httpx
import pytest

from tests.gateway.support import enabled

pytestmark = pytest.mark.anyio


async def test_no_cache_keeps_answers_about_a_tenant(client: httpx.AsyncClient) -> None:
    """Accounts, secrets and changes are answered anew each time, and so are problems, which a cache might keep."""
    account = await enabled(client)
    at = f"/v1/accounts/{account}"

    answers = [
        *[await client.get(path) for path in ("/v1/accounts", "/v1/holders", "/v1/keys", "/v1/audit", "/v1/banks")],
        *[await client.get(path) for path in (at, f"{at}/integration", f"{at}/statement?after=")],
        await client.post("/v1/webhooks", json={"url": "https://erp.example/hook"}),
        await client.post("/v1/connect-sessions", json={}),
        await client.get("/v1/accounts/unknown"),
        await client.get("/v1/nothing"),
        await client.get(f"{at}/statement?after=x"),
        await client.get("/v1/accounts", headers={"Authorization": "Bearer x"}),
    ]

    assert {answer.status_code for answer in answers} == {200, 201, 401, 404, 422}
    for answer in answers:
        assert answer.headers.get("cache-control") == "no-store", answer.url


@pytest.mark.parametrize(
    "path",
    [
        *("//v1/accounts", "/%2fv1/accounts", "/v1//accounts", "/v1/./accounts", "/V1/accounts", "/v1%2faccounts"),
        *("/v1;x/accounts", "/", "/health/live", "/metrics", "/schema/openapi.json"),
    ],
)
async def test_no_cache_keeps_what_does_not_say_so(client: httpx.AsyncClient, path: str) -> None:
    """However an address is written that leads to a tenant's data: nothing is kept by chance."""
    answer = await client.send(client.build_request("GET", httpx.URL(f"http://testserver{path}")))

    assert answer.headers.get("cache-control") == "no-store"


async def test_a_statement_says_itself_what_may_be_kept(client: httpx.AsyncClient) -> None:
    """By its own header, and so does what is nobody's."""
    account = await enabled(client)

    statement = await client.get(f"/v1/accounts/{account}/statement?from=2026-03-09&to=2026-03-13")
    page = await client.get("/help/rate_limited")

    assert statement.headers["cache-control"] == "private, no-cache"
    assert page.headers["cache-control"] == "public, max-age=3600"
