"""Webhooks through HTTP: made, listed, tested, given another secret, removed; and what is told to them."""

import asyncio
from typing import Any

import httpx
import pytest
from litestar import Litestar

from gateway.errors import BankFailure
from gateway.events import EventType
from gateway.limits import WEBHOOKS_PER_TENANT
from tests.clocks import FixedClock
from tests.gateway.support import FakeInter, credentials, enabled

pytestmark = pytest.mark.anyio

Client = httpx.AsyncClient
URL = "https://hooks.example.com/CANARY-path"


async def made(client: Client, **body: Any) -> dict[str, Any]:
    """A new webhook."""
    answer = await client.post("/v1/webhooks", json={"url": URL, **body})
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == f"/v1/webhooks/{answer.json()['id']}"
    return answer.json()


async def told(client: Client, webhook: dict[str, Any]) -> list[str]:
    """The types of what is to be delivered about integrations, oldest first."""
    answer = await client.get(f"/v1/webhooks/{webhook['id']}/deliveries")
    assert answer.status_code == 200, answer.text
    types = [each["type"] for each in reversed(answer.json()["deliveries"])]
    return [each for each in types if each != "statement.changed"]


@pytest.fixture
async def unsent(app: Litestar) -> None:
    """Nothing is sent: no test calls a receiver outside."""

    async def nothing() -> int:
        return 0

    app.state["parts"].sender.begin = nothing


async def test_made_listed_read_removed(client: Client, unsent: None) -> None:
    """The secret is given once."""
    webhook = await made(client, events=["statement.ready"], description=" ERP ")
    assert webhook["secret"].startswith("whsec_")
    shown = webhook | {"secret": None}
    assert shown["description"] == "ERP"
    assert (await client.get("/v1/webhooks")).json() == {"webhooks": [shown]}
    assert (await client.get(f"/v1/webhooks/{webhook['id']}")).json() == shown
    renewed = (await client.post(f"/v1/webhooks/{webhook['id']}/secret")).json()
    assert renewed["secret"] != webhook["secret"]

    assert (await client.delete(f"/v1/webhooks/{webhook['id']}")).status_code == 204
    again = await client.delete(f"/v1/webhooks/{webhook['id']}")
    assert (again.status_code, again.json()["code"]) == (404, "unknown_webhook")
    assert (await client.get("/v1/webhooks")).json() == {"webhooks": []}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "url"),
        ({"url": "http://hooks.example.com"}, "url"),
        ({"url": "https://127.0.0.1/"}, "url"),
        ({"url": "https://[::ffff:169.254.169.254]/"}, "url"),
        ({"url": 1}, "url"),
        ({"url": URL, "events": ["statement.read"]}, "events"),
        ({"url": URL, "events": "statement.ready"}, "events"),
        ({"url": URL, "description": "x" * 201}, "description"),
        ({"url": URL, "secret": "whsec_mine"}, "secret"),
    ],
)
async def test_a_wrong_field_is_named(client: Client, body: dict[str, Any], field: str) -> None:
    """And nothing is made."""
    answer = await client.post("/v1/webhooks", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request"), answer.text
    assert answer.json()["field"].startswith(field)
    assert (await client.get("/v1/webhooks")).json() == {"webhooks": []}


async def test_a_tenant_has_so_many_at_most(client: Client, unsent: None) -> None:
    """One more is refused by name."""
    for _ in range(WEBHOOKS_PER_TENANT):
        await made(client)
    answer = await client.post("/v1/webhooks", json={"url": URL})
    assert (answer.status_code, answer.json()["code"]) == (409, "too_many_webhooks")


async def test_a_test_event_and_its_delivery(client: Client, unsent: None) -> None:
    """Whatever types are wanted; it can be sent again."""
    webhook = await made(client, events=["statement.ready"])
    answer = await client.post(f"/v1/webhooks/{webhook['id']}/test")
    assert (answer.status_code, answer.json()["type"], answer.json()["state"]) == (202, "webhook.test", "pending")
    at = f"/v1/webhooks/{webhook['id']}/deliveries"
    assert (await client.get(at)).json() == {"deliveries": [answer.json()], "next": None}
    assert (await client.get(at, params={"state": "dead"})).json()["deliveries"] == []
    # It is pending, and may be under way.
    refused = await client.post(f"{at}/{answer.json()['id']}/replay")
    assert (refused.status_code, "it is yet to be sent" in refused.json()["detail"]) == (404, True)
    for path in (
        f"{at}/msg_0/replay",
        "/v1/webhooks/none/test",
        "/v1/webhooks/none/secret",
    ):
        assert (await client.post(path)).status_code == 404
    for query in ("state=lost", "cursor=x", "cursor=1", f"cursor={'9' * 100}.a", "page=1"):
        assert (await client.get(f"{at}?{query}")).status_code == 422


async def test_of_the_tests_of_a_webhook_one_is_yet_to_be_sent(client: Client, unsent: None) -> None:
    """However many are asked for, and sent again: the newest; what else waits for the webhook goes on waiting."""
    webhook, other = await made(client), await made(client)
    await client.post(f"/v1/webhooks/{other['id']}/test")
    at = f"/v1/webhooks/{webhook['id']}"
    asked = await asyncio.gather(*(client.post(f"{at}/test") for _ in range(5)))
    assert {each.status_code for each in asked} == {202}

    async def listed(state: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await client.get(f"{at}/deliveries?state={state}")).json()["deliveries"]
        return found

    (pending,) = await listed("pending")
    dead = await listed("dead")
    assert {each["id"] for each in (pending, *dead)} == {each.json()["id"] for each in asked}
    assert {each["last_outcome"] for each in dead} == {"a later test has replaced it"}

    for each in dead:
        assert (await client.post(f"{at}/deliveries/{each['id']}/replay")).status_code == 202
        assert [other["id"] for other in await listed("pending")] == [each["id"]]
    assert len((await client.get(f"/v1/webhooks/{other['id']}/deliveries?state=pending")).json()["deliveries"]) == 1


async def test_the_list_of_deliveries_goes_on(client: Client, unsent: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is listed once, newest first."""
    monkeypatch.setattr("gateway.webhooks.registry.DELIVERIES_LISTED", 2)
    webhook = await made(client)
    sent = [(await client.post(f"/v1/webhooks/{webhook['id']}/test")).json()["id"] for _ in range(5)]
    listed, cursor = [], ""
    while cursor is not None:
        page = (await client.get(f"/v1/webhooks/{webhook['id']}/deliveries", params={"cursor": cursor})).json()
        listed += [each["id"] for each in page["deliveries"]]
        cursor = page["next"]
    assert sorted(listed) == sorted(sent)


async def test_enabled_stopped_and_recovered_are_told_once(
    client: Client, bank: FakeInter, clock: FixedClock, unsent: None
) -> None:
    """However often callers meet the same failure; nothing is told of what stays as it is."""
    webhook = await made(client)
    account = await enabled(client)
    assert await told(client, webhook) == [EventType.INTEGRATION_ACTIVE]
    period = f"/v1/accounts/{account}/statement?from=2026-03-09&to=2026-03-13"
    assert (await client.get(period)).status_code == 200
    bank.failure = BankFailure("integration_not_authorized", bank="inter", at="statement", detail="no")
    for _ in range(3):
        assert (await client.get(period)).status_code != 200
    kinds = await told(client, webhook)
    assert kinds[:1] == [EventType.INTEGRATION_ACTIVE]
    stopped = (await client.get(f"/v1/accounts/{account}/integration")).json()["state"] == "needs_action"
    assert kinds[1:] == ([EventType.INTEGRATION_NEEDS_ACTION] if stopped else [])

    bank.failure = None
    if stopped:
        body = {"credentials": credentials(client_secret="CANARY-another")}
        bank.accepted_secrets.add("CANARY-another")
        assert (await client.put(f"/v1/accounts/{account}/integration", json=body)).status_code == 200
    for _ in range(3):
        assert (await client.get(period)).status_code == 200
    assert (await told(client, webhook))[-1] in {EventType.INTEGRATION_RECOVERED, EventType.INTEGRATION_ACTIVE}


async def test_a_bank_that_gives_statements_again_is_told_once(client: Client, bank: FakeInter, unsent: None) -> None:
    """After failures of the bank."""
    account = await enabled(client)
    webhook = await made(client)
    period = f"/v1/accounts/{account}/statement?from=2026-03-09&to=2026-03-13"
    bank.failure = BankFailure("bank_server_error", bank="inter", at="statement", detail="no")
    assert (await client.get(period)).status_code == 502
    assert await told(client, webhook) == []
    bank.failure = None
    for _ in range(3):
        assert (await client.get(period)).status_code == 200
    assert await told(client, webhook) == [EventType.INTEGRATION_RECOVERED]


async def test_no_address_and_no_secret_stands_in_the_database(client: Client, app: Litestar, unsent: None) -> None:
    """Nor is one shown by a struct."""
    webhook = await made(client)
    with app.state["parts"].database.engine.connect() as connection:
        rows = str(connection.exec_driver_sql("SELECT * FROM webhooks").all())
    assert "CANARY" not in rows
    assert webhook["secret"] not in rows
    (found,) = await app.state["parts"].webhooks.all((await app.state["parts"].keys.all())[0].tenant_id)
    assert webhook["secret"] not in repr(found)
