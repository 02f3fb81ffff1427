"""What caches between the gateway and an ERP may keep."""

import httpx
import pytest

from gateway.render.formats import FORMATS
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


async def test_no_browser_takes_an_answer_for_something_else(client: httpx.AsyncClient) -> None:
    """Statements hold texts of banks, and problems the address that was asked."""
    at = f"/v1/accounts/{await enabled(client)}"
    statement = f"{at}/statement?from=2026-03-09&to=2026-03-13&format="
    pages = ["/metrics", "/schema", "/help/", "/painel", "/painel/entrar", "/connect/x"]
    for path in [at, "/v1/<script>", "/<script>", *pages, *(f"{statement}{each.name}" for each in FORMATS)]:
        answer = await client.get(path)
        assert answer.headers.get_list("x-content-type-options") == ["nosniff"], path


@pytest.mark.parametrize(
    "path", ["//v1/accounts", "/%2fv1/accounts", "///v1/accounts", "/v1//accounts", "/%76%31/accounts", "/v1/accounts/"]
)
async def test_another_spelling_of_an_address_is_judged_alike(client: httpx.AsyncClient, path: str) -> None:
    """By key, share and caches; there may as well be nothing at it."""
    asked = httpx.URL(str(client.base_url)).copy_with(raw_path=path.encode())
    answer = await client.get(asked)
    strange = await client.get(asked, headers={"Authorization": "Bearer x"})
    assert (answer.status_code, strange.status_code) in {(200, 401), (404, 404)}
    assert answer.status_code == 404 or {"ratelimit", "ratelimit-policy"} <= set(answer.headers)
    for each in (answer, strange):
        assert each.headers.get("cache-control") == "no-store"


@pytest.mark.parametrize(
    "path", ["/V1/accounts", "/v1/%2e/accounts", "/x/%2e%2e/v1/accounts", "/v1/accounts%00", "/v1"]
)
async def test_there_is_nothing_at_what_only_resembles_an_address(client: httpx.AsyncClient, path: str) -> None:
    """No part of an address is resolved or read in another case."""
    answer = await client.get(httpx.URL(str(client.base_url)).copy_with(raw_path=path.encode()))
    assert (answer.status_code, answer.headers.get("cache-control")) == (404, "no-store")


async def test_a_statement_says_itself_what_may_be_kept(client: httpx.AsyncClient) -> None:
    """By its own header, and so does what is nobody's."""
    account = await enabled(client)

    statement = await client.get(f"/v1/accounts/{account}/statement?from=2026-03-09&to=2026-03-13")
    page = await client.get("/help/rate_limited")

    assert statement.headers["cache-control"] == "private, no-cache"
    assert page.headers["cache-control"] == "public, max-age=3600"
