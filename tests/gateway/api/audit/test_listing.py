"""The recorded actions of a tenant, as `GET /v1/audit` lists them."""

from collections.abc import Awaitable, Callable

import pytest
from litestar import Litestar
from sqlalchemy import update

from gateway.storage.engine.database import Database
from gateway.storage.management.tables import ACTIONS
from tests.gateway.api.audit.support import Client, Situation, listed, prefix
from tests.gateway.audited import records

pytestmark = pytest.mark.anyio


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


async def test_an_action_of_a_newer_version_is_listed_as_it_is(client: Client, database: Database) -> None:
    """While both share a database."""
    with database.engine.begin() as connection:
        connection.execute(update(ACTIONS).values(action="account.painted"))

    (found,) = (await listed(client))["actions"]

    assert found["action"] == "account.painted"
