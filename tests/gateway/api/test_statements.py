"""The one endpoint an ERP reads."""

import io
from datetime import date, timedelta

import httpx
import pytest
from litestar import Litestar
from sqlalchemy import text

from gateway.errors import BankFailure
from tests.gateway.support import FakeInter, enabled

pytestmark = pytest.mark.anyio


async def test_a_statement_is_read(client: httpx.AsyncClient) -> None:
    """Entries, balances and proof of the whole period, as JSON."""
    account = await enabled(client)

    answer = await client.get(f"/v1/accounts/{account}/statement?from=2026-03-09&to=2026-03-13")

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    assert body["account"] == {
        "id": account,
        "bank": "inter",
        "compe": "077",
        "branch": "0001",
        "number": "12345678",
        "kind": "PJ",
    }
    assert body["period"] == {"from": "2026-03-09", "to": "2026-03-13"}
    assert [entry["amount"] for entry in body["entries"]] == ["10.00"] * 5
    assert [entry["date"] for entry in body["entries"]] == sorted(entry["date"] for entry in body["entries"])
    assert body["proof"] == {"verdict": "proved", "difference": "0.00", "reason": None}
    assert body["fetched_at"] == "2026-03-16T10:00:00-03:00"


async def test_both_days_are_looked_at_before_the_answer(client: httpx.AsyncClient) -> None:
    """The errors of both are reported at once."""
    answer = await client.get("/v1/accounts/any/statement?to=13/03/2026")

    assert [each["field"] for each in answer.json()["errors"]] == ["from", "to"]


async def test_a_long_period_is_split_and_joined(client: httpx.AsyncClient, bank: FakeInter) -> None:
    """The caller does not see the bank's limit of 90 days."""
    account = await enabled(client)
    bank.requests.clear()

    answer = await client.get(f"/v1/accounts/{account}/statement?from=2025-09-01&to=2026-03-13")

    days = (date(2026, 3, 13) - date(2025, 9, 1)) // timedelta(days=1) + 1
    assert len(answer.json()["entries"]) == days
    assert bank.requests.count("statement") == 3
    assert bank.requests.count("token") == 0


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("", "from"),
        ("from=2026-03-09", "to"),
        ("to=2026-03-09", "from"),
        ("from=&to=2026-03-09", "from"),
        ("from=09/03/2026&to=2026-03-13", "from"),
        ("from=2026-03-09&to=2026-02-30", "to"),
        ("from=2026-03-09T00:00:00&to=2026-03-13", "from"),
        ("from=20260309&to=2026-03-13", "from"),
        ("from=2026-W11-1&to=2026-03-13", "from"),
        ("from=2026-03-13&to=2026-03-09", "from"),
        ("from=2026-03-09&to=2026-03-13&form=csv", "form"),
        ("from=2026-03-09&from=2026-03-10&to=2026-03-13", "from"),
        ("from=2026-03-09&to=2026-03-13&CANARY%20x=1", "?"),
    ],
)
async def test_the_query_is_strict(client: httpx.AsyncClient, bank: FakeInter, query: str, field: str) -> None:
    """Missing, misspelt, repeated, unreadable and inverted parameters are refused by name; the bank is not asked."""
    account = await enabled(client)
    asked = len(bank.requests)

    answer = await client.get(f"/v1/accounts/{account}/statement?{query}")

    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, "invalid_request", field)
    assert "CANARY" not in answer.text
    assert len(bank.requests) == asked


async def test_the_first_wrong_parameter_is_named(client: httpx.AsyncClient) -> None:
    """Every process names the same one. A parameter that another address takes is wrong too."""
    wrong = [f"wrong{number}" for number in range(20)]
    for path in ("/v1/banks", "/v1/accounts", "/v1/accounts/a/statement"):
        answer = await client.get(path, params={**dict.fromkeys(wrong, "1"), "even_last": "1"})
        assert answer.json()["field"] == wrong[0]
        alone = await client.get(path, params={"even_last": "1"})
        assert (alone.status_code, alone.json()["field"]) == (422, "even_last")


async def test_the_future_is_out_of_range(client: httpx.AsyncClient) -> None:
    """A period that ends after today is the caller's mistake."""
    account = await enabled(client)

    answer = await client.get(f"/v1/accounts/{account}/statement?from=2026-03-09&to=2026-03-17")

    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, "period_out_of_range", "to")


async def test_an_outcome_that_cannot_be_recorded_is_answered_nevertheless(
    app: Litestar, client: httpx.AsyncClient, bank: FakeInter, logged: io.StringIO
) -> None:
    """The disk is full: the caller gets the bank's statement, or the bank's failure; the log has a line."""
    account = await enabled(client)
    full = "CREATE TRIGGER full BEFORE UPDATE ON integrations BEGIN SELECT RAISE(ABORT, 'disk is full'); END"
    with app.state["parts"].database.engine.begin() as connection:
        connection.execute(text(full))
    path = f"/v1/accounts/{account}/statement?from=2026-03-09&to=2026-03-13"

    whole = await client.get(path)
    bank.failure = BankFailure("bank_unavailable", bank="inter", at="statement", detail="no answer")
    failed = await client.get(path)

    assert (whole.status_code, len(whole.json()["entries"])) == (200, 5)
    assert (failed.status_code, failed.json()["code"]) == (503, "bank_unavailable")
    assert logged.getvalue().count("outcome_not_noted") == 2
