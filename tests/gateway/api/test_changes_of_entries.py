"""What has changed in an account's entries, at the address of its statements."""

import json
from operator import itemgetter

import httpx
import pytest

from gateway.render.formats import FORMATS
from tests.gateway.api.test_restated import Restating
from tests.gateway.support import FakeInter, credentials, enabled

pytestmark = pytest.mark.anyio

Client = httpx.AsyncClient
by_day = itemgetter("date")


async def read(client: Client, account: str, first: str = "2026-03-09", last: str = "2026-03-13") -> list[dict]:
    """The entries of a statement."""
    answer = await client.get(f"/v1/accounts/{account}/statement", params={"from": first, "to": last})
    assert answer.status_code == 200, answer.text
    return answer.json()["entries"]


async def changes(client: Client, account: str, after: str = "") -> dict:
    """What has changed."""
    answer = await client.get(f"/v1/accounts/{account}/statement", params={"after": after})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    return answer.json()


async def test_changes_are_those_of_the_statements_that_were_read(client: Client, bank: FakeInter) -> None:
    """Equal to the statement's entries, told once, and without a call to the bank."""
    account = await enabled(client)
    nothing = await changes(client, account)
    assert nothing["period"] is nothing["fetched_at"] is None
    assert (nothing["added"], nothing["next"], nothing["more"]) == ([], "", False)

    entries = await read(client, account)
    bank.requests.clear()
    first = await changes(client, account)
    second = await changes(client, account, first["next"])

    assert sorted(first["added"], key=by_day) == entries
    assert first["period"] == {"from": "2026-03-09", "to": "2026-03-13"}
    assert first["fetched_at"] == "2026-03-16T10:00:00-03:00"
    assert first["account"]["id"] == account
    assert (second["added"], second["changed"], second["removed"], second["next"]) == ([], [], [], first["next"])
    assert bank.requests == []


async def test_a_restated_day_is_told_exactly(client: Client, bank: FakeInter) -> None:
    """The entry that the bank no longer has is named, and comes back when the bank has it again."""
    account = await enabled(client)
    entries = await read(client, account)
    cursor = (await changes(client, account))["next"]
    (gone,) = (entry for entry in entries if entry["date"] == "2026-03-11")

    bank.answer = Restating(bank, "2026-03-11")
    await read(client, account)
    told = await changes(client, account, cursor)
    assert (told["added"], told["changed"], told["removed"]) == ([], [], [gone["id"]])

    bank.answer = lambda request: None
    await read(client, account)
    assert (await changes(client, account, told["next"]))["added"] == [gone]


async def test_today_and_disproved_statements_are_not_among_them(client: Client, bank: FakeInter) -> None:
    """Only what is settled and proved not to be wrong."""
    account = await enabled(client)
    await read(client, account, "2026-03-15", "2026-03-16")
    told = await changes(client, account)
    assert told["period"] == {"from": "2026-03-15", "to": "2026-03-15"}
    assert [entry["date"] for entry in told["added"]] == ["2026-03-15"]

    bank.answer = lambda request: (
        httpx.Response(200, json={"disponivel": 1.0}) if request.extensions["operation"] == "balance" else None
    )
    answer = await client.get(f"/v1/accounts/{account}/statement", params={"from": "2026-03-12", "to": "2026-03-15"})
    assert answer.json()["proof"]["verdict"] == "disproved"
    assert await changes(client, account) == told


async def test_as_lines(client: Client) -> None:
    """The same, one record in each line, and their number at the end."""
    account = await enabled(client)
    entries = await read(client, account)
    answer = await client.get(f"/v1/accounts/{account}/statement?after=", headers={"Accept": "application/x-ndjson"})

    assert answer.headers["content-type"].startswith("application/x-ndjson")
    head, *records, end = map(json.loads, answer.text.splitlines())
    assert head["record"] == "changes"
    assert head["next"] == (await changes(client, account))["next"]
    assert sorted(records, key=by_day) == [{"record": "added", **entry} for entry in entries]
    assert end == {"record": "end", "changes": len(entries)}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("after=x", "after"),
        ("after=MS8wMDAwMDAwMDAwMDAwMDAwLzEv%00", "after"),
        ("after=" + "A" * 5000, "after"),
        ("after=é", "after"),
        ("after=&from=2026-03-09", "from"),
        ("after=&to=2026-03-09", "to"),
        ("after=&after=", "after"),
        *((f"after=&format={each.name}", "format") for each in FORMATS if each.name not in {"json", "ndjson"}),
        ("after=&since=x", "since"),
    ],
)
async def test_a_wrong_question_names_its_field(client: Client, query: str, field: str) -> None:
    """Never an internal error, whatever the cursor is."""
    account = await enabled(client)
    answer = await client.get(f"/v1/accounts/{account}/statement?{query}")

    assert answer.status_code == 422, answer.text
    assert answer.json()["code"] == "invalid_request"
    assert answer.json()["errors"][0]["field"] == field


async def test_a_cursor_of_another_time_or_account_is_too_old(client: Client) -> None:
    """The problem says how to begin anew."""
    account = await enabled(client)
    await read(client, account)
    cursor = (await changes(client, account))["next"]
    body = {"credentials": credentials()}
    assert (await client.delete(f"/v1/accounts/{account}/integration")).status_code == 204
    disabled = await client.get(f"/v1/accounts/{account}/statement", params={"after": cursor})
    assert (disabled.status_code, disabled.json()["code"]) == (409, "integration_inactive")

    assert (await client.put(f"/v1/accounts/{account}/integration", json=body)).status_code == 200
    for begun in (False, True):
        if begun:
            await read(client, account)
        refused = await client.get(f"/v1/accounts/{account}/statement", params={"after": cursor})
        assert (refused.status_code, refused.json()["code"]) == (410, "cursor_too_old")
        assert "begin anew" in refused.json()["detail"]
    assert len((await changes(client, account))["added"]) == 5


async def test_an_unknown_account(client: Client) -> None:
    """Nothing is told about whether another tenant has it."""
    answer = await client.get("/v1/accounts/00000000-0000-0000-0000-000000000000/statement?after=")
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_account")
