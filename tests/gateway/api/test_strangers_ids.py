"""What belongs to another tenant is to a caller as if it were not there: in status, text, queries and effects."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from litestar import Litestar
from sqlalchemy import Engine, event

from gateway.accounts.recording.entry_changes import cursor_of, place_of
from gateway.storage.management.api_keys import Scope
from tests.gateway.support import NOW, FakeInter, credentials, enabled, registration

pytestmark = pytest.mark.anyio

Client = httpx.AsyncClient
IDS = ("account_id", "webhook_id", "delivery_id", "session_id", "prefix")
BODIES: dict[str, Any] = {
    "PATCH /v1/accounts/{account_id}": {"description": "taken", "default": True, "external_id": "taken"},
    "PUT /v1/accounts/{account_id}/integration": {"credentials": credentials()},
}
"""Bodies of the routes that name something of a tenant in their address."""
BY_BODY: dict[str, Callable[[str], dict[str, Any]]] = {
    "POST /v1/connect-sessions": lambda account_id: {"purpose": "repair", "account_id": account_id},
    "POST /v1/imports": lambda account_id: {"account_id": account_id},
}
"""Routes that name an account in their body."""
BY_QUERY = ("/v1/accounts?external_id={external_id}", "/v1/audit?account_id={account_id}")
BY_QUERY += ("/v1/imports/accounts?account_id={account_id}", "/v1/accounts?holder_tax_id={holder_tax_id}")
LISTS = ("/v1/accounts", "/v1/audit", "/v1/keys", "/v1/imports/accounts", "/v1/holders")


@pytest.fixture
async def operator(app: Litestar, client: Client) -> None:
    """The first tenant's key may do everything."""
    key = await app.state["parts"].keys.create("tenant-a", NOW, scopes=frozenset(Scope))
    client.headers["Authorization"] = f"Bearer {key}"


@pytest.fixture
async def everything(app: Litestar, client: Client) -> dict[str, str]:
    """Headers of another tenant whose key may do everything."""
    key = await app.state["parts"].keys.create("tenant-b", NOW, scopes=frozenset(Scope))
    return {"Authorization": f"Bearer {key}"}


@contextmanager
def queries() -> Iterator[list[str]]:
    """The statements that reach the database meanwhile."""
    seen: list[str] = []

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        if "SET last_used_at" not in statement:  # noted once in a while, whatever is asked
            seen.append(" ".join(statement.split()))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)


async def things_of(client: Client, app: Litestar) -> dict[str, str]:
    """The ids of one thing of each kind, which the client's tenant makes."""

    async def nothing() -> int:
        return 0

    app.state["parts"].sender.begin = nothing
    account = await enabled(client, external_id="erp-1")
    webhook = (await client.post("/v1/webhooks", json={"url": "https://hooks.example.com/a"})).json()["id"]
    session = (await client.post("/v1/connect-sessions", json={"purpose": "repair", "account_id": account})).json()
    key = (await client.post("/v1/keys", json={"name": "second"})).json()["prefix"]
    delivery = (await client.post(f"/v1/webhooks/{webhook}/test")).json()["id"]
    period = {"from": "2026-03-09", "to": "2026-03-13"}
    assert (await client.get(f"/v1/accounts/{account}/statement", params=period)).status_code == 200
    ids = (account, webhook, delivery, session["id"], key)
    return dict(zip(IDS, ids, strict=True))


def another(text: str) -> str:
    """An id of the same form that nothing has."""
    return text[:-1] + ("0" if text[-1] != "0" else "1")


def routes(app: Litestar) -> list[tuple[str, str]]:
    """Method and path of each route below `/v1` that names something of a tenant."""
    found = []
    for path, item in (app.openapi_schema.paths or {}).items():
        named = set(re.findall(r"{(\w+)}", path)) - {"slug"}
        assert named <= set(IDS) or not path.startswith("/v1"), path
        methods = [method for method in ("get", "post", "put", "patch", "delete") if getattr(item, method) is not None]
        found += [(method.upper(), path) for method in methods if named and path.startswith("/v1")]
    return found


async def told(client: Client, request: tuple[str, str, dict[str, Any]]) -> tuple[Any, list[str]]:
    """What an answer shows: status, body without its own id, and names of headers; and the queries made for it."""
    method, path, more = request
    with queries() as seen:
        answer = await client.request(method, path, **more)
    body = answer.json() if answer.content else {}
    shown = {name: value for name, value in body.items() if name not in {"request_id", "instance"}}
    return (answer.status_code, shown, set(answer.headers)), seen


async def difference(
    client: Client, one: tuple[str, str, dict[str, Any]], other: tuple[str, str, dict[str, Any]]
) -> Any:
    """In what the answers to two requests differ; None where nobody can tell them apart.

    What the application looks for by itself now and then comes between; a difference is there each time.
    """
    found = []
    for _ in range(4):
        found = [await told(client, each) for each in (one, other)]
        if found[0] == found[1]:
            return None
    return found


async def seen_by(client: Client, things: dict[str, str]) -> list[Any]:
    """All that a tenant sees of its own things."""
    places = ["/v1/accounts", "/v1/webhooks", "/v1/keys", "/v1/audit", "/v1/imports/accounts", "/v1/connect-settings"]
    places += [
        place.format(**things)
        for place in (
            "/v1/accounts/{account_id}/integration",
            "/v1/accounts/{account_id}/statement?after=",
            "/v1/webhooks/{webhook_id}/deliveries",
            "/v1/connect-sessions/{session_id}",
        )
    ]
    answers = [await client.get(place) for place in places]
    assert {each.status_code for each in answers} == {200}
    keys = ("last_used_at",)
    return [re.sub(rf'"{"|".join(keys)}":("[^"]*"|null)', "", each.text) for each in answers]


async def test_every_route_answers_as_if_it_were_not_there(
    client: Client, app: Litestar, operator: None, everything: dict[str, str], bank: FakeInter
) -> None:
    """Also where a tenant knows the id, and whatever the method: no difference tells that it is another's."""
    things = await things_of(client, app)
    mine = (await client.post("/v1/webhooks", json={"url": "https://hooks.example.com/b"}, headers=everything)).json()
    before, asked = await seen_by(client, things), list(bank.requests)
    tried = 0
    for method, path in routes(app):
        body = BODIES.get(f"{method} {path}")
        given = {"json": body} if body is not None else {}
        query = "?from=2026-03-09&to=2026-03-13" if path.endswith("/statement") else ""
        ways = [things] + [{**things, "webhook_id": mine["id"]}] * ("delivery_id" in path)
        for way in ways:
            nothing = {name: another(value) for name, value in things.items()} | ({} if way is things else way)
            nothing |= {"delivery_id": another(things["delivery_id"])}
            more = {"headers": everything, **given}
            here, away = ((method, path.format(**each) + query, more) for each in (way, nothing))
            assert (await told(client, here))[0][0] == 404, (method, path)
            assert await difference(client, here, away) is None, (method, path)
            tried += 1
    assert tried >= len(routes(app)) > 10
    assert await seen_by(client, things) == before
    assert bank.requests == asked


async def test_a_name_in_a_body_or_a_query_is_as_if_it_were_not_there(
    client: Client, app: Litestar, operator: None, everything: dict[str, str]
) -> None:
    """Filters and bodies name things too."""
    things = await things_of(client, app)
    before = await seen_by(client, things)
    for place, body in BY_BODY.items():
        method, _, path = place.partition(" ")
        ids = things["account_id"], another(things["account_id"])
        here, away = ((method, path, {"headers": everything, "json": body(each)}) for each in ids)
        assert (await told(client, here))[0][0] == 404, place
        assert await difference(client, here, away) is None, place
    known = {**things, "external_id": "erp-1", "holder_tax_id": "11222333000181"}
    for query in BY_QUERY:
        both = known, {name: another(value) for name, value in known.items()} | {"holder_tax_id": "11444777000161"}
        here, away = (("GET", query.format(**each), {"headers": everything}) for each in both)
        assert things["account_id"] not in str((await told(client, here))[0]), query
        assert await difference(client, here, away) is None, query
    assert await seen_by(client, things) == before


async def test_what_another_has_hinders_nobody_and_is_not_told(
    client: Client, app: Litestar, operator: None, everything: dict[str, str]
) -> None:
    """The same account at the bank, the same own id and the same name of a key can be another tenant's too."""
    things = await things_of(client, app)
    before = await seen_by(client, things)
    wrong = registration(credentials=credentials(client_secret="a-wrong-secret-000"), external_id="erp-1")
    refused = await client.post("/v1/accounts", json=wrong, headers=everything)
    assert refused.json()["code"] == "invalid_credentials"
    right = registration(credentials=credentials(), external_id="erp-1")
    made = await client.post("/v1/accounts", json=right, headers=everything)
    assert made.status_code == 201
    assert made.json()["id"] != things["account_id"]
    assert (await client.post("/v1/keys", json={"name": "second"}, headers=everything)).status_code == 201
    removed = await client.delete(f"/v1/accounts/{made.json()['id']}", headers=everything)
    assert removed.status_code == 204
    assert await seen_by(client, things) == before
    period = {"from": "2026-03-09", "to": "2026-03-13"}
    assert (await client.get(f"/v1/accounts/{things['account_id']}/statement", params=period)).status_code == 200


def mutated(cursor: str) -> list[str]:
    """Cursors that no list has given, made of one that a list has."""
    found = [cursor[:-1], cursor + "A", cursor * 2, cursor + "=", cursor[::-1], cursor.lower(), f" {cursor}"]
    found += [cursor[:at] + chr(ord(cursor[at]) ^ 1) + cursor[at + 1 :] for at in range(len(cursor))]
    found += ["1", ".", "1.", "0.x", "9" * 19, f"{'9' * 18}.x", "-1.x", "²." + cursor, "1.'--", "MS8wLw", "a" * 3000]
    return [each for each in found if each.isprintable()]


@pytest.mark.parametrize(
    "place", [*LISTS, "/v1/webhooks/{webhook_id}/deliveries", "/v1/accounts/{account_id}/statement"]
)
async def test_a_cursor_of_another_or_a_forged_one_shows_nothing(
    client: Client, app: Litestar, operator: None, everything: dict[str, str], place: str
) -> None:
    """It is a place in an order and no right: whoever brings it sees its own things, or is refused."""
    things = await things_of(client, app)
    own = await things_of(_as(client, everything), app)
    await enabled(client, number="7654321-0")
    name = "after" if place.endswith("/statement") else "cursor"
    limit = {"limit": "1"} if place in LISTS else {}
    given = (await client.get(place.format(**things), params={name: "", **limit})).json()
    cursor = given.get("next") or given.get("next_cursor") or "1772000000000000.x"
    forged = [cursor, *mutated(cursor)]
    if name == "after":
        found = place_of(cursor)
        forged += [cursor_of(type(found)(found.generation, number, "")) for number in (0, 1, 10**17)]
    for each in forged:
        answer = await client.get(place.format(**own), params={name: each}, headers=everything)
        assert answer.status_code in {200, 400, 409, 410, 422}, (each, answer.text)
        assert not any(value in answer.text for value in things.values()), each


def _as(client: Client, headers: dict[str, str]) -> Client:
    """The same application, asked by somebody else."""
    other = Client(transport=client._transport, base_url=client.base_url)
    other.headers.update(headers)
    return other
