"""Each management action through HTTP leaves its record, with the key and the request that did it."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from litestar import Litestar
from sqlalchemy import insert

from gateway.actions import Action
from gateway.api.requests import authenticated
from gateway.clock import SystemClock
from gateway.limits import AUDIT_KEPT
from gateway.settings import Settings
from gateway.storage.engine.database import Database
from gateway.storage.management import audit as storage
from gateway.storage.management.audit import AllActions
from gateway.storage.management.tables import ACTIONS
from tests.gateway.api.audit.support import CASES, Client, Situation, managed, prefix
from tests.gateway.audited import records, since
from tests.gateway.storage.support import inserts_fail, inserts_work
from tests.gateway.support import FakeInter, credentials, registration

pytestmark = pytest.mark.anyio

ELSEWHERE = {
    Action.CONSENT_BEGUN: "pages/consent/test_recorded",
    Action.CONSENT_FINISHED: "pages/consent/test_recorded",
    Action.CONSENT_FAILED: "pages/consent/test_recorded",
    Action.WEBHOOK_DISABLED: "webhooks/test_sender",
    Action.TENANT_REMOVED: "commands/test_auditing",
    Action.INTEGRATION_REVIVED: "commands/test_auditing",
    Action.PAUSE_BEGUN: "commands/test_auditing",
    Action.PAUSE_ENDED: "commands/test_auditing",
    Action.VAULT_ROTATED: "commands/test_auditing",
}
"""Actions of the command line, of the gateway itself and of browsers, and where they are tried."""


def test_every_route_that_manages_is_tried(app: Litestar) -> None:
    """One that is new needs a case here, and a call of `note_action` where it changes something."""
    routes = {
        (method, route.path)
        for route in app.routes
        for handler in getattr(route, "route_handlers", ())
        if authenticated in handler.resolve_guards()
        for method in handler.http_methods - {"GET", "HEAD", "OPTIONS"}
    }
    assert routes == {case.route for case in CASES.values()}


def test_every_action_is_tried() -> None:
    """Here, or where it is named to be."""
    here = {action for case in CASES.values() for action in case.leaves}
    assert here | ELSEWHERE.keys() == set(Action)
    assert not here & ELSEWHERE.keys()


@pytest.mark.parametrize("name", CASES)
async def test_each_action_and_its_one_record_are_one_transaction(
    situation: Situation, app: Litestar, database: Database, name: str
) -> None:
    """Nothing changes without it; it has the key, the request, and what it is about, and nothing of what was sent."""
    case, untouched, before = CASES[name], managed(database), records(database)
    inserts_fail(database, "audit_actions")
    # What leaves no record needs none.
    assert (await case.ask(situation)).is_error is bool(case.leaves)
    assert managed(database) == untouched
    inserts_work(database, "audit_actions")

    answer = await case.ask(situation)

    assert answer.is_success, answer.text
    left = since(database, before)
    assert sorted(each.action for each in left) == sorted(case.leaves)
    (tenant_id,) = {each.tenant_id for each in await app.state["parts"].keys.all()}
    assert all(each.actor == f"key:{prefix(situation.client)}" and each.tenant_id == tenant_id for each in left)
    assert all(each.request_id == answer.headers["x-request-id"] and each.outcome == "done" for each in left)
    things = {situation.account, situation.bare, situation.webhook, situation.key, tenant_id}
    if answer.status_code == 201 and name != "rotate a key":
        things = {answer.json()["prefix" if case.about == "key" else "id"]}
    assert all(each.about in {f"{case.about}:{thing}" for thing in things} for each in left)
    assert "CANARY" not in str(records(database))
    assert "hooks.example.com" not in str(records(database))


@pytest.mark.parametrize(
    ("table", "names"),
    [
        ("accounts", ["register", "register with credentials"]),
        ("integrations", ["register with credentials", "enable", "replace credentials"]),
        ("webhooks", ["add a webhook"]),
        ("webhook_deliveries", ["test it"]),
    ],
)
async def test_nothing_is_recorded_that_was_not_done(
    situation: Situation, database: Database, table: str, names: list[str]
) -> None:
    """A transaction that fails leaves no record."""
    before = managed(database)
    inserts_fail(database, table)

    answers = [await CASES[name].ask(situation) for name in names]

    assert all(answer.is_error for answer in answers)
    assert managed(database) == before


async def test_keys_that_act_at_once_are_told_apart(
    client: Client, app: Litestar, database: Database, new_key: Callable[[str], Awaitable[str]]
) -> None:
    """Transactions run in a thread that all share."""
    others = [await new_key(f"tenant-{each}") for each in range(4)]
    before = records(database)

    async def register(key: str, number: int) -> tuple[str, str]:
        headers = {"Authorization": f"Bearer {key}"}
        answer = await client.post("/v1/accounts", json=registration(number=f"{number}"), headers=headers)
        return key.split("_")[1], answer.json()["id"]

    done = await asyncio.gather(*(register(key, 1000 + number) for number in range(5) for key in others))

    assert {(each.actor, each.about) for each in since(database, before)} == {
        (f"key:{prefix}", f"account:{account}") for prefix, account in done
    }


async def test_a_caller_that_goes_away_half_way(
    situation: Situation, app: Litestar, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What has begun ends as a whole, with its record."""
    begun, may_end, note = threading.Event(), threading.Event(), storage.note_action

    def held(*given: Any) -> None:
        begun.set()
        assert may_end.wait(30)
        note(*given)

    monkeypatch.setattr("gateway.storage.webhooks.registry.note_action", held)
    before = records(database)
    removing = asyncio.create_task(situation.client.delete(situation.hook))
    await asyncio.to_thread(begun.wait, 30)

    removing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await removing
    may_end.set()
    # There is one thread for what writes: after this one the other has ended.
    await database.transact(lambda connection: None)

    assert managed(database)["webhooks"] == []
    assert [each.action for each in since(database, before)] == [Action.WEBHOOK_REMOVED]


async def test_a_caller_that_goes_away_before_anything_is_written(
    client: Client, app: Litestar, database: Database, bank: FakeInter
) -> None:
    """While its bank is asked: nothing is done, and nothing is recorded."""
    asked, answers, before = asyncio.Event(), asyncio.Event(), managed(database)
    send = bank.send

    async def slowly(*given: Any, **more: Any) -> httpx.Response:
        asked.set()
        await answers.wait()
        return await send(*given, **more)

    bank.send = slowly  # type: ignore[method-assign]
    registering = asyncio.create_task(client.post("/v1/accounts", json=registration(credentials=credentials())))
    await asked.wait()

    registering.cancel()
    with pytest.raises(asyncio.CancelledError):
        await registering
    # A token that has been asked for is kept, whoever still wants it.
    answers.set()
    await app.state["parts"].readings.aclose()
    await database.transact(lambda connection: None)

    assert managed(database) == before


async def test_old_records_are_purged_when_the_gateway_runs(
    app: Litestar, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the hourly round, the first of which begins with the gateway."""
    purged, purge = asyncio.Event(), AllActions.purge

    async def noted(self: AllActions, before: Any) -> None:
        await purge(self, before)
        purged.set()

    database = Database(settings.database_url)
    with database.engine.begin() as connection:
        for name, age in (("old", AUDIT_KEPT * 2), ("young", AUDIT_KEPT / 2)):
            at = SystemClock().now() - age
            row = {"id": name, "at": at, "actor": "operator", "action": "pause.begun", "about": "bank:inter"}
            connection.execute(insert(ACTIONS).values(outcome="done", **row))
    monkeypatch.setattr(AllActions, "purge", noted)

    async with app.lifespan():
        await asyncio.wait_for(purged.wait(), 30)

    assert [each.id for each in records(database)] == ["young"]
    await database.aclose()
