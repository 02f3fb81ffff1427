"""The list of accounts, filtered, and the caller's own ids, through HTTP."""

from datetime import timedelta

import httpx
import pytest

from tests.clocks import FixedClock
from tests.gateway.support import FakeInter, credentials, enabled, registration

pytestmark = pytest.mark.anyio


async def test_an_own_id_is_registered_shown_changed_and_taken_away(client: httpx.AsyncClient) -> None:
    """Null takes it away; what is left out stays."""
    made = await client.post("/v1/accounts", json=registration(external_id=" erp-1 "))
    at = made.headers["Location"]

    assert (made.status_code, made.json()["external_id"]) == (201, "erp-1")
    for change, expected in (
        ({"description": "x"}, "erp-1"),
        ({"external_id": "é 2"}, "é 2"),
        ({"external_id": None}, None),
    ):
        assert (await client.patch(at, json=change)).json()["external_id"] == expected
        assert (await client.get(at)).json()["external_id"] == expected


@pytest.mark.parametrize("wrong", ["", "   ", "a" * 129, "a\u0000", 7])
async def test_what_is_no_own_id_is_refused(client: httpx.AsyncClient, wrong: object) -> None:
    """At registering and at changing, by the field's name."""
    at = (await client.post("/v1/accounts", json=registration())).headers["Location"]

    for answer in (
        await client.post("/v1/accounts", json=registration(number="1111111-1", external_id=wrong)),
        await client.patch(at, json={"external_id": wrong}),
    ):
        assert (answer.status_code, answer.json()["field"]) == (422, "external_id")


async def test_an_own_id_in_use_is_refused_before_the_bank_is_asked(client: httpx.AsyncClient, bank: FakeInter) -> None:
    """The detail names the account that has it."""
    first = (await client.post("/v1/accounts", json=registration(external_id="erp-1"))).json()["id"]
    asked = len(bank.requests)
    body = registration(number="7654321-0", external_id="erp-1", credentials=credentials())
    answer = await client.post("/v1/accounts", json=body)

    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (409, "account_exists", "external_id")
    assert first in answer.json()["detail"]
    assert len(bank.requests) == asked


async def test_who_needs_action_is_listed_with_reason_actor_and_remedy(
    client: httpx.AsyncClient, bank: FakeInter, clock: FixedClock
) -> None:
    """In one call; the others are not in it."""
    account = await enabled(client)
    assert (await client.get("/v1/accounts?state=needs_action")).json()["accounts"] == []
    bank.accepted_secrets = set()
    for _ in range(3):
        clock.moment += timedelta(hours=2)
        await client.get(f"/v1/accounts/{account}/statement?from=2026-03-09&to=2026-03-13")
    state = (await client.get(f"/v1/accounts/{account}")).json()["integration"]["state"]

    listed = (await client.get("/v1/accounts?state=needs_action")).json()

    assert (state, listed["total"]) == ("needs_action", 1)
    failure = listed["accounts"][0]["integration"]["last_failure"]
    assert listed["accounts"][0]["id"] == account
    assert all(failure[name] for name in ("code", "title", "actor", "remedy"))
    assert (await client.get("/v1/accounts?state=active")).json()["total"] == 0


@pytest.mark.parametrize("query", ["state=broken", "holder_tax_id=123", "state=active&state=paused", "banks=inter"])
async def test_a_filter_that_is_none_is_refused(client: httpx.AsyncClient, query: str) -> None:
    """It is not ignored."""
    answer = await client.get(f"/v1/accounts?{query}")

    assert (answer.status_code, answer.json()["field"]) == (422, query.partition("=")[0])


async def test_a_mistyped_bank_is_no_empty_list(client: httpx.AsyncClient) -> None:
    """A bank without accounts is one."""
    await enabled(client)

    assert (await client.get("/v1/accounts?bank=cora")).json()["accounts"] == []
    answer = await client.get("/v1/accounts?bank=intre")
    assert (answer.status_code, answer.json()["field"]) == (422, "bank")


async def test_the_accounts_of_a_bank_that_is_gone_can_be_chosen(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where none of them is in the state that is asked for."""
    await enabled(client)
    monkeypatch.setattr("gateway.connectors.banks", lambda: ("cora",))

    answer = await client.get("/v1/accounts?bank=inter&state=paused")

    assert (answer.status_code, answer.json()["accounts"]) == (200, [])
