"""The choice of a statement's format by `?format=` and `Accept`."""

import json
from datetime import date

import httpx
import pytest
from msgspec.structs import replace

from gateway.api.formats import filename
from gateway.model import Period
from gateway.render.formats import FORMATS, Format
from tests.gateway.render.cases import statement
from tests.gateway.support import FakeInter, enabled

pytestmark = pytest.mark.anyio

PERIOD = "from=2026-03-09&to=2026-03-13"
BY_NAME = {form.name: form for form in FORMATS}


async def asked(client: httpx.AsyncClient, query: str = "", **headers: str) -> httpx.Response:
    """The answer to a request of a statement."""
    account = await enabled(client)
    return await client.get(f"/v1/accounts/{account}/statement?{PERIOD}{query}", headers=headers)


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)
async def test_a_name_chooses_the_format(client: httpx.AsyncClient, form: Format) -> None:
    """Whatever `Accept` says; the answer has the format's content type, and a file's name where it is a file."""
    answer = await asked(client, f"&format={form.name}", Accept="application/json")

    assert answer.status_code == 200
    assert answer.headers["content-type"] == form.content_type
    assert answer.headers["vary"] == "Accept"
    disposition = f'attachment; filename="inter_0001_12345678_2026-03-09_2026-03-13.{form.extension}"'
    assert answer.headers.get("content-disposition") == (disposition if form.download else None)
    assert answer.content


async def test_the_entries_are_the_same(client: httpx.AsyncClient) -> None:
    """One reading, two formats."""
    account = await enabled(client)

    as_json, as_lines = [
        await client.get(f"/v1/accounts/{account}/statement?{PERIOD}&format={name}") for name in ("json", "ndjson")
    ]

    lines = [json.loads(line) for line in as_lines.text.splitlines()]
    assert [line["id"] for line in lines[1:-1]] == [entry["id"] for entry in as_json.json()["entries"]]
    assert len(lines) == 7


@pytest.mark.parametrize("name", ["", "JSON", "xml", "json,csv"])
async def test_another_name_is_refused(client: httpx.AsyncClient, bank: FakeInter, name: str) -> None:
    """By name, before the bank is asked."""
    account = await enabled(client)
    before = len(bank.requests)

    answer = await client.get(f"/v1/accounts/{account}/statement?{PERIOD}&format={name}")

    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, "invalid_request", "format")
    assert len(bank.requests) == before


@pytest.mark.parametrize(
    ("accept", "name"),
    [
        ("*/*", "json"),
        ("application/json", "json"),
        ("application/*;q=0.5", "json"),
        ("application/json, text/plain, */*", "json"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "json"),
        ("text/csv", "csv"),
        ("text/*", "csv"),
        ("TEXT/CSV; header=present", "csv"),
        ("text/csv, application/json;q=0.1", "csv"),
        ("application/json;q=0.2, text/csv;q=0.1", "json"),
        ("text/csv, */*", "csv"),
        ("application/x-ndjson", "ndjson"),
        ("application/jsonl", "ndjson"),
        ("application/jsonl, application/json;q=0.1", "json"),
        ("application/json;q=0, */*", "ndjson"),
        ("application/x-ofx", "ofx"),
        ("application/ofx", "ofx"),
        ("text/xml", "camt053"),
        ("application/xml", "camt053"),
        ("*/*;q=0.1, text/csv;q=0", "json"),
    ],
)
async def test_accept_chooses_the_format(client: httpx.AsyncClient, accept: str, name: str) -> None:
    """By weight, then by exactness, then in the order of the table."""
    answer = await asked(client, Accept=accept)

    assert answer.status_code == 200
    assert answer.headers["content-type"] == BY_NAME[name].content_type


@pytest.mark.parametrize("accept", ["application/json;q=0", "text/html", "image/*", "", "*/*;q=0"])
async def test_a_caller_that_excludes_all_formats_gets_a_problem(client: httpx.AsyncClient, accept: str) -> None:
    """It names the media types that there are."""
    answer = await asked(client, Accept=accept)

    assert (answer.status_code, answer.json()["code"]) == (406, "not_acceptable")
    assert answer.headers["content-type"] == "application/problem+json"
    assert "text/csv" in answer.json()["detail"]


async def test_no_accept_means_json(client: httpx.AsyncClient) -> None:
    """A caller without the header gets the default."""
    account = await enabled(client)
    del client.headers["Accept"]

    answer = await client.get(f"/v1/accounts/{account}/statement?{PERIOD}")

    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")


async def test_failures_are_problems_in_every_format(client: httpx.AsyncClient) -> None:
    """An ERP that asks for OFX need not read OFX to learn that the account is unknown."""
    answer = await client.get(f"/v1/accounts/unknown/statement?{PERIOD}&format=ofx")

    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


def test_a_file_has_a_name_that_every_system_takes() -> None:
    """Without a branch where there is none, and with letters, digits, hyphens and underscores only."""
    plain = statement("plain")
    account = replace(plain.account, branch="", number='1/2"; ../x')
    period = Period(date(2026, 10, 1), date(2026, 10, 1))

    name = filename(BY_NAME["csv"], replace(plain, account=account, period=period))

    assert name == "inter_1-2-x_2026-10-01_2026-10-01.csv"
