"""What a key is for, and what it is refused."""

import re
from datetime import timedelta

import httpx
import pytest
from litestar import Litestar

from gateway.api.requests import SCOPE, authenticated
from gateway.storage.management.api_keys import Scope
from tests.clocks import FixedClock
from tests.gateway.support import NOW, enabled, registration

pytestmark = pytest.mark.anyio

ABOUT_MANAGING = ("/v1/webhooks", "/v1/keys", "/v1/audit", "/v1/connect-")
"""What is read there is not for a key that only reads statements: where events go, who has access, who did what."""


def test_every_route_that_needs_a_key_declares_its_scope(app: Litestar) -> None:
    """What only reads needs `read`; what changes something needs `manage`.

    `operate` sees states without statements, and has imports for itself.
    """
    declared = {
        (method, route.path): handler.opt.get(SCOPE)
        for route in app.routes
        for handler in getattr(route, "route_handlers", ())
        if authenticated in handler.resolve_guards()
        for method in handler.http_methods - {"OPTIONS"}
    }
    assert len(declared) > 5
    for (method, path), scope in declared.items():
        reads = method == "GET" and not path.startswith(ABOUT_MANAGING)
        needed = {Scope.READ} if reads else {Scope.MANAGE}
        if path.startswith("/v1/imports"):
            needed = {Scope.OPERATE}
        elif reads and not path.endswith("/statement"):
            needed = {Scope.READ, Scope.OPERATE}
        assert set(scope) == needed, (method, path)


async def test_every_address_tells_its_methods(client: httpx.AsyncClient, app: Litestar) -> None:
    """By `OPTIONS`, to whoever has a key where one is needed, whatever it is for: no route declares a scope for it."""
    offered: dict[str, set[str]] = {}
    for route in app.routes:
        for handler in getattr(route, "route_handlers", ()):
            offered.setdefault(route.path, set()).update(handler.http_methods)
    assert len(offered) > 20
    for path, methods in offered.items():
        answer = await client.options(re.sub(r"\{[^}]*\}", "x", path))

        assert answer.status_code == 204, path
        assert set(answer.headers["allow"].split(", ")) == methods, path
    assert (await client.options("/v1/accounts", headers={"Authorization": "Bearer x"})).status_code == 401


async def answers(client: httpx.AsyncClient, account: str, key: str) -> dict[str, httpx.Response]:
    """The answers to one request of each kind."""
    headers, at = {"Authorization": f"Bearer {key}"}, f"/v1/accounts/{account}"
    return {
        "list": await client.get("/v1/accounts", headers=headers),
        "account": await client.get(at, headers=headers),
        "integration": await client.get(f"{at}/integration", headers=headers),
        "banks": await client.get("/v1/banks", headers=headers),
        "imports": await client.get("/v1/imports", headers=headers),
        "imports of accounts": await client.get("/v1/imports/accounts", headers=headers),
        "import": await client.post("/v1/imports", headers=headers),
        "statement": await client.get(f"{at}/statement?from=2026-03-09&to=2026-03-13", headers=headers),
        "change": await client.patch(at, json={"description": "changed"}, headers=headers),
        "register": await client.post("/v1/accounts", json=registration(), headers=headers),
        "remove": await client.delete(at, headers=headers),
    }


NEEDED = {
    "statement": {Scope.READ},
    **dict.fromkeys(("list", "account", "integration", "banks"), frozenset({Scope.READ, Scope.OPERATE})),
    **dict.fromkeys(("imports", "imports of accounts", "import"), frozenset({Scope.OPERATE})),
    **dict.fromkeys(("change", "register", "remove"), frozenset({Scope.MANAGE})),
}


@pytest.mark.parametrize("scope", Scope)
async def test_a_key_does_what_it_is_for_and_nothing_else(
    client: httpx.AsyncClient, app: Litestar, scope: Scope
) -> None:
    """The refusal names the scope, comes before anything is done, and differs from that of an unknown key."""
    account, keys = await enabled(client), app.state["parts"].keys
    key = await keys.create((await keys.all())[0].tenant, NOW, scopes=frozenset({scope}))

    got = await answers(client, account, key)

    for name, answer in got.items():
        if scope in NEEDED[name]:
            assert answer.status_code != 403, name
        else:
            assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing"), name
            assert all(f"`{needed}`" in answer.json()["detail"] for needed in NEEDED[name])
    assert got.keys() == NEEDED.keys()
    assert (await client.get(f"/v1/accounts/{account}")).status_code == (404 if scope is Scope.MANAGE else 200)


async def test_a_key_from_before_does_what_it_could(client: httpx.AsyncClient, app: Litestar) -> None:
    """Its scopes are stored as they were; it has not become one for operating."""
    with app.state["parts"].database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE api_keys SET scopes = 'read manage'")
    account = await enabled(client)

    got = await answers(client, account, client.headers["Authorization"].removeprefix("Bearer "))

    refused = {name for name, answer in got.items() if answer.status_code == 403}
    assert refused == {"imports", "imports of accounts", "import"}
    with app.state["parts"].database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE api_keys SET scopes = 'read later'")
    assert (await client.get("/v1/accounts")).status_code == 200
    assert (await client.post("/v1/accounts", json=registration())).status_code == 403


async def test_an_expired_key_gets_the_answer_of_an_unknown_one(
    client: httpx.AsyncClient, app: Litestar, clock: FixedClock
) -> None:
    """A stranger cannot see that there was such a key."""
    key = await app.state["parts"].keys.create("acme", NOW - timedelta(days=1), expires_at=NOW)

    async def refused(presented: str) -> dict[str, object]:
        answer = await client.get("/v1/accounts", headers={"Authorization": f"Bearer {presented}"})
        assert answer.status_code == 401
        return {**answer.json(), "request_id": ""}

    assert await refused(key) == await refused("ext_" + "0" * 12 + "_" + "a" * 43)
