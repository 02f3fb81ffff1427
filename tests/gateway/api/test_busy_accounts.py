"""A statement without the days that moved while they were read: what each of its readers is told."""

import httpx
import pytest

from tests.gateway.support import NOW, FakeInter, enabled

pytestmark = pytest.mark.anyio

TODAY, SUNDAY = "2026-03-16", "2026-03-15"
WEEK = f"from=2026-03-09&to={TODAY}"


def never_coherent_today(request: httpx.Request) -> httpx.Response | None:
    """Every list that reaches today announces another number of entries than it has."""
    if request.extensions["operation"] == "statement" and request.url.params["dataFim"] == TODAY:
        return httpx.Response(200, json=FakeInter._page(request.url.params) | {"totalElementos": 99})
    return None


@pytest.fixture
async def path(client: httpx.AsyncClient, bank: FakeInter) -> str:
    """Where the statement of an account stands that never stands still today."""
    account = await enabled(client)
    bank.answer = never_coherent_today
    return f"/v1/accounts/{account}/statement"


async def test_the_statement_ends_before_the_days_that_moved(client: httpx.AsyncClient, path: str) -> None:
    """It is the statement of a shorter period, and a warning names the days that it lacks."""
    assert NOW.date().isoformat() == TODAY

    found = (await client.get(f"{path}?{WEEK}")).json()

    assert found["period"] == {"from": "2026-03-09", "to": SUNDAY}
    assert found["complete_through"] == SUNDAY
    assert found["proof"]["verdict"] == "proved"
    assert found["closing_balance"] == "9990.00"
    assert [entry["date"] for entry in found["entries"]][-1] == SUNDAY
    assert {entry["stability"] for entry in found["entries"]} == {"final"}
    (warned,) = found["warnings"]
    assert (warned["code"], warned["days"]) == ("statement_not_ready", [TODAY])


async def test_files_are_those_of_the_days_that_came(client: httpx.AsyncClient, path: str) -> None:
    """No importer takes today for a day without entries."""
    ofx = (await client.get(f"{path}?{WEEK}&format=ofx")).text
    camt = (await client.get(f"{path}?{WEEK}&format=camt053")).text

    assert "<DTEND>20260315" in ofx
    assert "20260316" not in ofx.partition("<BANKTRANLIST>")[2]
    assert f"<ToDtTm>{SUNDAY}T23:59:59" in camt


async def test_what_is_stored_answers_for_the_days_that_came(
    client: httpx.AsyncClient, path: str, bank: FakeInter
) -> None:
    """Asked for today again, the bank is asked again; the shorter period comes from the store."""
    first = (await client.get(f"{path}?{WEEK}")).json()
    fresh = {"Cache-Control": "max-age=60"}
    bank.requests.clear()

    stored = await client.get(f"{path}?from=2026-03-09&to={SUNDAY}", headers=fresh)
    assert bank.requests == []
    assert stored.json()["entries"] == first["entries"]

    bank.answer = lambda request: None
    whole = (await client.get(f"{path}?{WEEK}", headers=fresh)).json()
    assert whole["period"]["to"] == TODAY
    assert whole["entries"][:-1] == first["entries"]


async def test_changes_take_nothing_back(client: httpx.AsyncClient, path: str, bank: FakeInter) -> None:
    """Days that a statement lacks have not lost their entries, and the settled ones are told once."""
    bank.answer = lambda request: None
    await client.get(f"{path}?{WEEK}")
    told = (await client.get(f"{path}?after=")).json()
    assert max(entry["date"] for entry in told["added"]) == SUNDAY
    bank.answer = never_coherent_today

    await client.get(f"{path}?{WEEK}")
    more = (await client.get(f"{path}?after={told['next']}")).json()

    assert (more["added"], more["changed"], more["removed"]) == ([], [], [])


async def test_an_account_without_settled_days_in_the_period_fails(client: httpx.AsyncClient, path: str) -> None:
    """Of today alone nothing is left to give, so that it looks in no way like a day without entries."""
    found = await client.get(f"{path}?from={TODAY}&to={TODAY}")

    assert (found.status_code, found.json()["code"]) == (502, "unexpected_bank_response")
    assert found.json()["retryable"]
