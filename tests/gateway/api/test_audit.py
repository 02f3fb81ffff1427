"""Management actions through HTTP: each leaves its record, with the key and the request that did it."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from typing import Any

import httpx
import pytest
from litestar import Litestar
from msgspec import Struct
from sqlalchemy import select, update

import contracts
from gateway.actions import Action
from gateway.api.requests import authenticated
from gateway.clock import FixedClock, SystemClock
from gateway.errors import BankFailure
from gateway.importing.days import hour_of
from gateway.limits import AUDIT_KEPT
from gateway.settings import Settings
from gateway.storage import audit as storage
from gateway.storage.api_keys import ALL_SCOPES
from gateway.storage.audit import AllActions
from gateway.storage.audit_tables import ActionRow
from gateway.storage.connect_tables import ConnectSessionRow, ConnectSettingsRow
from gateway.storage.database import Database
from gateway.storage.tables import AccountRow, ApiKeyRow, IntegrationRow
from gateway.storage.webhook_tables import DeliveryRow, WebhookRow
from tests.gateway.audited import records, since
from tests.gateway.databases import database_url, settings
from tests.gateway.storage.support import inserts_fail, inserts_work
from tests.gateway.support import NOW, FakeInter, credentials, enabled, registration

__all__ = ["database_url", "settings"]

pytestmark = pytest.mark.anyio

Client = httpx.AsyncClient
URL = "https://hooks.example.com/CANARY-path"


class Situation(Struct, frozen=True):
    """What there is to manage."""

    client: Client
    account: str
    """Enabled."""
    bare: str
    """Registered, and never enabled."""
    webhook: str
    delivery: str
    """One that has ended."""
    key: str
    """The prefix of one that only reads."""

    def at(self, account: str | None = None) -> str:
        """The address of an account, the enabled one unless it is given."""
        return f"/v1/accounts/{account or self.account}"

    @property
    def hook(self) -> str:
        """The address of the webhook."""
        return f"/v1/webhooks/{self.webhook}"


class Case(Struct, frozen=True):
    """One request that manages something."""

    route: tuple[str, str]
    ask: Callable[[Situation], Awaitable[httpx.Response]]
    leaves: Sequence[Action]
    about: str
    """The kind of what it is about."""


def replaced(client_id: str = "CANARY-another") -> dict[str, Any]:
    """Credentials that the bank accepts, others than those of before."""
    return {"credentials": credentials(client_id=client_id)}


def third(**changed: object) -> dict[str, object]:
    """An account that is not registered yet."""
    return registration(number="3333333-3", description="CANARY", external_id="CANARY-3", **changed)


ACCOUNT, INTEGRATION = "/v1/accounts/{account_id:str}", "/v1/accounts/{account_id:str}/integration"
WEBHOOK = "/v1/webhooks/{webhook_id:str}"
CASES = {
    "register": Case(
        ("POST", "/v1/accounts"),
        lambda s: s.client.post("/v1/accounts", json=third()),
        [Action.ACCOUNT_REGISTERED],
        "account",
    ),
    "register with credentials": Case(
        ("POST", "/v1/accounts"),
        lambda s: s.client.post("/v1/accounts", json=third(credentials=credentials())),
        [Action.ACCOUNT_REGISTERED, Action.INTEGRATION_ENABLED],
        "account",
    ),
    "describe": Case(
        ("PATCH", ACCOUNT),
        lambda s: s.client.patch(s.at(), json={"description": "CANARY"}),
        [Action.ACCOUNT_CHANGED],
        "account",
    ),
    "make default": Case(
        ("PATCH", ACCOUNT),
        lambda s: s.client.patch(s.at(), json={"default": True, "description": "CANARY"}),
        [Action.ACCOUNT_CHANGED],
        "account",
    ),
    "give an id": Case(
        ("PATCH", ACCOUNT),
        lambda s: s.client.patch(s.at(), json={"external_id": "CANARY-id"}),
        [Action.ACCOUNT_EXTERNAL_ID_CHANGED],
        "account",
    ),
    "give an id and describe": Case(
        ("PATCH", ACCOUNT),
        lambda s: s.client.patch(s.at(), json={"external_id": "CANARY-id", "description": "CANARY"}),
        [Action.ACCOUNT_CHANGED, Action.ACCOUNT_EXTERNAL_ID_CHANGED],
        "account",
    ),
    "change nothing": Case(
        ("PATCH", ACCOUNT),
        lambda s: s.client.patch(s.at(), json={"default": False, "external_id": None}),
        [],
        "account",
    ),
    "remove": Case(("DELETE", ACCOUNT), lambda s: s.client.delete(s.at()), [Action.ACCOUNT_REMOVED], "account"),
    "enable": Case(
        ("PUT", INTEGRATION),
        lambda s: s.client.put(f"{s.at(s.bare)}/integration", json=replaced()),
        [Action.INTEGRATION_ENABLED],
        "account",
    ),
    "replace credentials": Case(
        ("PUT", INTEGRATION),
        lambda s: s.client.put(f"{s.at()}/integration", json=replaced()),
        [Action.INTEGRATION_CREDENTIALS_REPLACED],
        "account",
    ),
    "disable": Case(
        ("DELETE", INTEGRATION),
        lambda s: s.client.delete(f"{s.at()}/integration"),
        [Action.INTEGRATION_DISABLED],
        "account",
    ),
    "disable what is not enabled": Case(
        ("DELETE", INTEGRATION), lambda s: s.client.delete(f"{s.at(s.bare)}/integration"), [], "account"
    ),
    "add a webhook": Case(
        ("POST", "/v1/webhooks"),
        lambda s: s.client.post("/v1/webhooks", json={"url": URL, "description": "CANARY"}),
        [Action.WEBHOOK_ADDED],
        "webhook",
    ),
    "remove a webhook": Case(
        ("DELETE", WEBHOOK), lambda s: s.client.delete(s.hook), [Action.WEBHOOK_REMOVED], "webhook"
    ),
    "rotate its secret": Case(
        ("POST", f"{WEBHOOK}/secret"),
        lambda s: s.client.post(f"{s.hook}/secret"),
        [Action.WEBHOOK_SECRET_ROTATED],
        "webhook",
    ),
    "test it": Case(
        ("POST", f"{WEBHOOK}/test"), lambda s: s.client.post(f"{s.hook}/test"), [Action.WEBHOOK_TESTED], "webhook"
    ),
    "replay": Case(
        ("POST", f"{WEBHOOK}/deliveries/{{delivery_id:str}}/replay"),
        lambda s: s.client.post(f"{s.hook}/deliveries/{s.delivery}/replay"),
        [Action.WEBHOOK_REPLAYED],
        "webhook",
    ),
}
CASES |= {
    "ask for an import": Case(
        ("POST", "/v1/imports"),
        lambda s: s.client.post("/v1/imports", json={"account_id": s.account}),
        [Action.IMPORT_REQUESTED],
        "account",
    ),
    "make a session of the connect page": Case(
        ("POST", "/v1/connect-sessions"),
        lambda s: s.client.post("/v1/connect-sessions", json={"account": {"description": "CANARY"}}),
        [Action.CONNECT_SESSION_CREATED],
        "connect",
    ),
    "set the connect page": Case(
        ("PUT", "/v1/connect-settings"),
        lambda s: s.client.put("/v1/connect-settings", json={"return_addresses": ["https://erp.example.com/CANARY"]}),
        [Action.CONNECT_SETTINGS_CHANGED],
        "tenant",
    ),
    "make a key": Case(
        ("POST", "/v1/keys"),
        lambda s: s.client.post("/v1/keys", json={"name": "CANARY", "scopes": ["read"]}),
        [Action.KEY_CREATED],
        "key",
    ),
    "rotate a key": Case(
        ("POST", "/v1/keys/{prefix:str}/rotate"),
        lambda s: s.client.post(f"/v1/keys/{s.key}/rotate"),
        [Action.KEY_ROTATED],
        "key",
    ),
    "revoke a key": Case(
        ("DELETE", "/v1/keys/{prefix:str}"),
        lambda s: s.client.delete(f"/v1/keys/{s.key}"),
        [Action.KEY_REVOKED],
        "key",
    ),
}
ELSEWHERE = {
    Action.CONSENT_BEGUN: "test_audit_of_consents",
    Action.CONSENT_FINISHED: "test_audit_of_consents",
    Action.CONSENT_FAILED: "test_audit_of_consents",
    Action.WEBHOOK_DISABLED: "webhooks/test_sender",
    Action.TENANT_REMOVED: "test_audit_command",
    Action.INTEGRATION_REVIVED: "test_audit_command",
    Action.PAUSE_BEGUN: "test_audit_command",
    Action.PAUSE_ENDED: "test_audit_command",
    Action.VAULT_ROTATED: "test_audit_command",
}
"""Actions of the command line, of the gateway itself and of browsers, and where they are tried."""


@pytest.fixture
def database(app: Litestar, client: Client) -> Database:
    """The application's own."""
    found: Database = app.state["database"]
    return found


@pytest.fixture
async def situation(app: Litestar, client: Client, database: Database, clock: FixedClock) -> Situation:
    """Two accounts and a webhook, after the bank's hour. Nothing is sent; the key may do everything."""

    async def nothing() -> int:
        return 0

    app.state["sender"].begin = nothing
    clock.moment = hour_of(date(2026, 3, 16), contracts.load("inter").period)
    keys, former = app.state["keys"], prefix(client)
    client.headers["Authorization"] = f"Bearer {await keys.create('tenant-a', NOW, scopes=ALL_SCOPES)}"
    await keys.revoke(former, NOW)
    account = await enabled(client)
    bare = (await client.post("/v1/accounts", json=registration(number="2222222-2"))).json()["id"]
    webhook = (await client.post("/v1/webhooks", json={"url": URL})).json()["id"]
    delivery = (await client.post(f"/v1/webhooks/{webhook}/test")).json()["id"]
    with database.sessions.begin() as session:
        session.execute(update(DeliveryRow).values(state="dead", ended_at=NOW))
    key = (await client.post("/v1/keys", json={"scopes": ["read"]})).json()["prefix"]
    return Situation(client, account, bare, webhook, delivery, key)


def managed(database: Database) -> dict[str, list[str]]:
    """Everything that a tenant manages, as text."""
    tables = (AccountRow, IntegrationRow, WebhookRow, DeliveryRow, ApiKeyRow, ActionRow)
    tables += (ConnectSessionRow, ConnectSettingsRow)
    with database.sessions() as session:
        return {
            each.__tablename__: sorted(
                str(tuple(row))
                # That a key was used is noted beside the requests.
                for row in session.execute(select(*(c for c in each.__table__.columns if c.name != "last_used_at")))
            )
            for each in tables
        }


def prefix(client: Client) -> str:
    """Of the key of the client."""
    return client.headers["Authorization"].split("_")[1]


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
async def test_each_action_leaves_one_record(
    situation: Situation, app: Litestar, database: Database, name: str
) -> None:
    """With the key, the request, and what it is about; and nothing of what was sent."""
    case, before = CASES[name], records(database)

    answer = await case.ask(situation)

    assert answer.is_success, answer.text
    left = since(database, before)
    assert sorted(each.action for each in left) == sorted(case.leaves)
    (tenant_id,) = {each.tenant_id for each in await app.state["keys"].all()}
    assert all(each.actor == f"key:{prefix(situation.client)}" and each.tenant_id == tenant_id for each in left)
    assert all(each.request_id == answer.headers["x-request-id"] and each.outcome == "done" for each in left)
    things = {situation.account, situation.bare, situation.webhook, situation.key, tenant_id}
    if answer.status_code == 201 and name != "rotate a key":
        things = {answer.json()["prefix" if case.about == "key" else "id"]}
    assert all(each.about in {f"{case.about}:{thing}" for thing in things} for each in left)
    assert "CANARY" not in str(records(database))
    assert "hooks.example.com" not in str(records(database))


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.leaves])
async def test_nothing_changes_without_its_record(situation: Situation, database: Database, name: str) -> None:
    """Both are one transaction."""
    before = managed(database)
    inserts_fail(database, "audit_actions")

    answer = await CASES[name].ask(situation)

    assert answer.is_error
    assert managed(database) == before
    inserts_work(database, "audit_actions")
    assert (await CASES[name].ask(situation)).is_success


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


async def test_what_is_refused_is_not_recorded(situation: Situation, database: Database) -> None:
    """Wrong bodies, ids of nobody, what is there already, a key without the scope: they change nothing."""
    client, before = situation.client, records(database)
    (await client.patch(situation.at(), json={"external_id": "erp-1"})).raise_for_status()
    assert len(since(database, before)) == 1

    refused = [
        await client.post("/v1/accounts", json=registration()),
        await client.post("/v1/accounts", json=registration(bank="nobody")),
        await client.patch(situation.at(situation.bare), json={"external_id": "erp-1"}),
        await client.patch("/v1/accounts/nobody", json={"description": "CANARY"}),
        await client.put(f"{situation.at()}/integration", json={"credentials": {"client_id": "CANARY"}}),
        await client.delete("/v1/accounts/nobody"),
        await client.delete("/v1/accounts/nobody/integration"),
        await client.post("/v1/webhooks", json={"url": "http://CANARY"}),
        await client.delete("/v1/webhooks/nobody"),
        await client.post("/v1/webhooks/nobody/secret"),
        await client.post("/v1/webhooks/nobody/test"),
        await client.post(f"{situation.hook}/deliveries/nothing/replay"),
        await client.delete("/v1/keys/nobody"),
        await client.post("/v1/keys/nobody/rotate"),
        await client.delete(f"/v1/keys/{prefix(client)}"),
    ]

    assert {answer.status_code for answer in refused} <= {404, 409, 422}
    assert len(since(database, before)) == 1


async def test_credentials_that_the_bank_refuses_are_recorded(
    situation: Situation, database: Database, bank: FakeInter
) -> None:
    """With the code, whether or not something is enabled already; a bank that is away has refused nothing."""
    before, wrong = records(database), credentials(client_secret="CANARY-wrong")
    client, at = situation.client, f"/v1/accounts/{situation.account}/integration"

    answers = [
        await client.put(at, json={"credentials": wrong}),
        await client.put(f"{situation.at(situation.bare)}/integration", json={"credentials": wrong}),
        await client.post("/v1/accounts", json=third(credentials=wrong)),
    ]

    code = answers[0].json()["code"]
    left = {(each.action, each.outcome, each.request_id) for each in since(database, before)}
    assert left == {
        (action, f"refused:{code}", answer.headers["x-request-id"])
        for answer, action in zip(
            answers,
            [Action.INTEGRATION_CREDENTIALS_REPLACED, Action.INTEGRATION_ENABLED, Action.INTEGRATION_ENABLED],
            strict=True,
        )
    }
    assert "CANARY" not in str(records(database))
    bank.failure = BankFailure("bank_unavailable", bank="inter", at="token", detail="away")
    assert (await client.put(at, json=replaced())).status_code >= 500
    assert len(since(database, before)) == len(answers)


async def test_a_refusal_is_answered_though_it_cannot_be_recorded(situation: Situation, database: Database) -> None:
    """The caller learns what the bank has said."""
    inserts_fail(database, "audit_actions")
    body = {"credentials": credentials(client_secret="CANARY-wrong")}

    answer = await situation.client.put(f"{situation.at()}/integration", json=body)

    assert answer.json()["code"] != "storage_unavailable"
    assert answer.json()["actor"]


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

    monkeypatch.setattr("gateway.storage.webhooks.note_action", held)
    before = records(database)
    removing = asyncio.create_task(situation.client.delete(situation.hook))
    await asyncio.to_thread(begun.wait, 30)

    removing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await removing
    may_end.set()
    # There is one thread for what writes: after this one the other has ended.
    await database.transact(lambda session: None)

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
    await app.state["readings"].aclose()
    await database.transact(lambda session: None)

    assert managed(database) == before


async def listed(client: Client, **query: Any) -> dict[str, Any]:
    """The answer to `GET /v1/audit`."""
    answer = await client.get("/v1/audit", params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_the_list_tells_newest_first_what_was_done(
    situation: Situation, app: Litestar, database: Database
) -> None:
    """And it is chosen by account, by action and by time."""
    client = situation.client
    await client.delete(situation.at())
    found = await listed(client)
    assert found["next"] is None
    assert [each["at"] for each in found["actions"]] == sorted((each["at"] for each in found["actions"]), reverse=True)
    newest = found["actions"][0]
    assert newest == {
        "id": newest["id"],
        "at": newest["at"],
        "actor": f"key:{prefix(client)}",
        "action": "account.removed",
        "about": f"account:{situation.account}",
        "outcome": "done",
        "request_id": newest["request_id"],
    }
    of_account = [each["action"] for each in (await listed(client, account_id=situation.account))["actions"]]
    assert sorted(of_account) == ["account.registered", "account.removed", "integration.enabled"]
    registered = await listed(client, action="account.registered")
    assert {each["about"] for each in registered["actions"]} == {
        f"account:{situation.account}",
        f"account:{situation.bare}",
    }
    both = await listed(client, action="account.registered", account_id=situation.bare)
    assert [each["about"] for each in both["actions"]] == [f"account:{situation.bare}"]
    last = newest["at"]
    assert newest not in (await listed(client, to=last))["actions"]
    assert newest in (await listed(client, **{"from": last}))["actions"]
    assert (await listed(client, **{"from": last, "to": last}))["actions"] == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("from=2026-03-16", "from"),
        ("from=yesterday", "from"),
        ("to=0001-01-01T00:00:00%2B14:00", "to"),
        ("to=2026-03-16T10:00:00", "to"),
        (f"from={'1' * 65}", "from"),
        ("action=account.read", "action"),
        ("action=", "action"),
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("cursor=x", "cursor"),
        ("page=1", "page"),
        ("limit=1&limit=2", "limit"),
        (f"account_id={'a' * 65}", "account_id"),
    ],
)
async def test_a_wrong_parameter_is_named(client: Client, query: str, field: str) -> None:
    """None is ignored."""
    answer = await client.get(f"/v1/audit?{query}")

    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, "invalid_request", field)


async def test_each_action_is_listed_once_while_others_are_recorded(situation: Situation, database: Database) -> None:
    """Whatever the size of the parts."""
    client, before = situation.client, [each.id for each in records(database)]
    for limit in (1, 2, 1000):
        seen: list[str] = []
        cursor: str | None = ""
        while cursor is not None:
            part = await listed(client, limit=limit, cursor=cursor)
            assert len(part["actions"]) <= limit
            seen += [each["id"] for each in part["actions"]]
            cursor = part["next"]
            await client.patch(situation.at(), json={"description": f"{limit} {len(seen)}"})
        assert len(set(seen)) == len(seen)
        assert set(before) <= set(seen)


async def test_a_tenant_sees_its_own_actions_only(
    situation: Situation, database: Database, new_key: Callable[[str], Awaitable[str]]
) -> None:
    """By whatever is asked, also with a cursor or an account of another's."""
    other = {"Authorization": f"Bearer {await new_key('tenant-b')}"}
    client = situation.client
    cursor = (await listed(client, limit=1))["next"]

    own = (await client.get("/v1/audit", headers=other)).json()["actions"]

    assert [each["action"] for each in own] == ["key.created"]
    by_account = await client.get(f"/v1/audit?account_id={situation.account}", headers=other)
    assert by_account.json() == {"actions": [], "next": None}
    beyond = await client.get(f"/v1/audit?cursor={cursor}", headers=other)
    assert {each["about"] for each in beyond.json()["actions"]} <= {own[0]["about"]}
    assert own[0]["id"] not in {each["id"] for each in (await listed(client))["actions"]}


async def test_old_records_are_purged_when_the_gateway_runs(
    app: Litestar, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the hourly round, the first of which begins with the gateway."""
    purged, purge = asyncio.Event(), AllActions.purge

    async def noted(self: AllActions, before: Any) -> None:
        await purge(self, before)
        purged.set()

    database = Database(settings.database_url)
    with database.sessions.begin() as session:
        for name, age in (("old", AUDIT_KEPT * 2), ("young", AUDIT_KEPT / 2)):
            at = SystemClock().now() - age
            row = ActionRow(id=name, at=at, actor="operator", action="pause.begun", about="bank:inter", outcome="done")
            session.add(row)
    monkeypatch.setattr(AllActions, "purge", noted)

    async with app.lifespan():
        await asyncio.wait_for(purged.wait(), 30)

    assert [each.id for each in records(database)] == ["young"]
    await database.aclose()


async def test_an_action_of_a_newer_version_is_listed_as_it_is(client: Client, database: Database) -> None:
    """While both share a database."""
    with database.sessions.begin() as session:
        session.execute(update(ActionRow).values(action="account.painted"))

    (found,) = (await listed(client))["actions"]

    assert found["action"] == "account.painted"
