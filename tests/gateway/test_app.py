"""The application as a whole: health, metrics, OpenAPI, logs, clock, opening and closing."""

import io
import json
from typing import Any

import httpx
import msgspec
import pytest
from litestar import Litestar

from gateway.accounts.connect import sessions
from gateway.app import create_app
from gateway.clock import RemoteClock
from gateway.pages.accounts import signing
from gateway.parts.opening import opened
from gateway.settings import Settings
from tests.clocks import FixedClock
from tests.gateway.support import FakeInter, credentials, enabled, registration

pytestmark = pytest.mark.anyio


async def test_health_and_metrics_need_no_key(client: httpx.AsyncClient) -> None:
    """They are for the machine that runs the gateway."""
    del client.headers["Authorization"]

    assert (await client.get("/health/live")).json() == {"status": "live"}
    assert (await client.get("/health/ready")).json() == {"status": "ready"}
    metrics = await client.get("/metrics")
    assert metrics.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert 'gateway_http_requests_total{method="GET",route="/health/live",status="200"}' in metrics.text


async def test_metrics_are_answered_without_the_database(client: httpx.AsyncClient, app: Litestar) -> None:
    """When it is the database that fails, they are wanted most."""
    with app.state["parts"].database.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE pauses")

    metrics = await client.get("/metrics")

    assert metrics.status_code == 200
    assert "gateway_http_requests_in_flight" in metrics.text


async def test_metrics_hold_templates_and_codes_only(client: httpx.AsyncClient) -> None:
    """Whatever callers write in addresses and methods, the labels stay few."""
    for n in range(3):
        await client.request(f"M{n}", f"/v1/CANARY-{n}/{n}")
        await client.get(f"/v1/accounts/CANARY-{n}")

    text = (await client.get("/metrics")).text

    assert "CANARY" not in text
    assert 'method="other"' in text
    assert 'code="unknown_account"' in text


async def test_one_line_is_logged_for_each_request(client: httpx.AsyncClient, logged: io.StringIO) -> None:
    """Method, route, status, duration, request id, tenant; failures with their code."""
    answer = await client.get("/v1/accounts/CANARY", headers={"X-Request-Id": "mine"})

    (line,) = [json.loads(text) for text in logged.getvalue().splitlines()]
    assert (line["event"], line["method"], line["route"]) == ("request", "GET", "/v1/accounts/{account_id}")
    assert (line["status"], line["request_id"], line["code"]) == (404, "mine", "unknown_account")
    assert line["tenant"]
    assert line["account"] is None
    assert line["seconds"] >= 0
    assert answer.status_code == 404


async def test_the_line_of_a_request_about_one_bank_names_it(client: httpx.AsyncClient, logged: io.StringIO) -> None:
    """Of successes as well as of failures; a list is about no bank."""
    account = (await client.post("/v1/accounts", json=registration())).json()["id"]
    of_it = f"/v1/accounts/{account}"
    await client.put(f"{of_it}/integration", json={"credentials": credentials()})
    await client.get(f"{of_it}/statement?from=2026-03-09&to=2026-03-13")
    await client.get(of_it)
    await client.patch(of_it, json={"description": "Nova"})
    await client.get(f"{of_it}/integration")
    await client.delete(f"{of_it}/integration")
    await client.get(f"{of_it}/statement?from=2026-03-09&to=2026-03-13")
    await client.delete(of_it)
    await client.get("/v1/banks/inter")
    await client.get("/v1/accounts")

    lines = [json.loads(text) for text in logged.getvalue().splitlines()]
    requests = [(line["method"], line["status"], line["bank"]) for line in lines if line["event"] == "request"]
    assert requests == [
        ("POST", 201, "inter"),
        ("PUT", 200, "inter"),
        ("GET", 200, "inter"),
        ("GET", 200, "inter"),
        ("PATCH", 200, "inter"),
        ("GET", 200, "inter"),
        ("DELETE", 204, "inter"),
        ("GET", 409, None),
        ("DELETE", 204, "inter"),
        ("GET", 200, "inter"),
        ("GET", 200, None),
    ]
    named = [line["account"] for line in lines if line["event"] == "request"]
    assert named == [None, *[account] * 8, None, None]


async def test_the_openapi_document_describes_every_operation(client: httpx.AsyncClient, app: Litestar) -> None:
    """Summary, description, problem answers and security; served without a key."""
    del client.headers["Authorization"]

    document: dict[str, Any] = msgspec.json.decode((await client.get("/schema/openapi.json")).content)

    assert document["openapi"].startswith("3.1")
    assert document["components"]["securitySchemes"]["apiKey"]["scheme"] == "bearer"
    # Pages are for people.
    others = ("/schema", sessions.PATH, signing.PATH)
    routes = {route.path_format for route in app.routes if not route.path.startswith(others)}
    assert set(document["paths"]) == routes
    for path, item in document["paths"].items():
        for operation in item.values():
            assert operation["summary"]
            assert operation["description"]
            failures = {status: r for status, r in operation["responses"].items() if int(status) >= 400}
            assert failures
            for response in failures.values():
                schema = response["content"]["application/problem+json"]["schema"]
                assert schema["$ref"].endswith("Problem")
            if path == "/v1/authorizations/callback":
                # The account holder's browser comes there, which has no key.
                assert operation["security"] == [{}]
            elif path.startswith("/v1"):
                assert operation["security"] == [{"apiKey": []}]
    problem = next(s for name, s in document["components"]["schemas"].items() if name.endswith("Problem"))
    assert set(problem["properties"]) >= {"type", "code", "remedy", "bank_error", "scenario", "request_id", "field"}
    read = document["paths"]["/v1/accounts/{account_id}/statement"]["get"]
    assert {parameter["name"] for parameter in read["parameters"]} == {"account_id", "from", "to", "after", "format"}
    body = document["paths"]["/v1/accounts"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert body["$ref"].endswith("AccountRequest")


async def test_a_restart_keeps_accounts_and_tokens(settings: Settings, bank: FakeInter, clock: FixedClock) -> None:
    """A second process goes on with the token of the first."""
    first = create_app(settings, line=bank, clock=clock)
    async with first.lifespan():
        key = await first.state["parts"].keys.create("a", clock.now())
        async with _client(first, key) as client:
            account = await enabled(client)
    second = create_app(settings, line=bank, clock=clock)

    async with second.lifespan(), _client(second, key) as client:
        answer = await client.get(f"/v1/accounts/{account}/statement?from=2026-03-09&to=2026-03-13")

    assert answer.status_code == 200
    assert bank.token_requests == 1
    assert not bank.closed


async def test_the_gateway_opens_and_closes_its_own_line(
    settings: Settings, clock: FixedClock, bank: FakeInter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a given line the real one is opened, and closed in the end."""
    monkeypatch.setattr("gateway.line.open_line", lambda *_: bank)

    async with opened(settings, clock=clock):
        assert not bank.closed

    assert bank.closed


async def test_the_simulators_clock_is_asked_before_each_request(
    settings: Settings, bank: FakeInter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Gateway and banks live in the same simulated time."""
    refreshes = 0

    async def refresh(clock: RemoteClock) -> None:
        nonlocal refreshes
        refreshes += 1

    monkeypatch.setattr(RemoteClock, "refresh", refresh)
    simulated = msgspec.structs.replace(
        settings, connect_to=("127.0.0.1", 9443), clock_url="http://127.0.0.1:9000/_sim/clock"
    )
    app = create_app(simulated, line=bank)

    async with app.lifespan():
        key = await app.state["parts"].keys.create("a", app.state["parts"].clock.now())
        async with _client(app, key) as client:
            at_start = refreshes
            await client.get("/v1/banks")
            await client.get("/health/live")

    assert (at_start, refreshes) == (1, 2)


def _client(app: Litestar, key: str) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)  # type: ignore[arg-type]
    return httpx.AsyncClient(
        transport=transport, base_url="http://gateway.test", headers={"Authorization": f"Bearer {key}"}
    )
