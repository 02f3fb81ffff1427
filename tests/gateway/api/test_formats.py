"""The choice of a statement's format by `?format=` and `Accept`."""

import json
import sys
import threading
from collections.abc import Iterator
from datetime import date
from typing import Any

import httpx
import pytest
from msgspec.structs import replace

from gateway.api import statements
from gateway.api.formats import filename
from gateway.model import Period, Statement
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
    assert answer.headers["vary"] == "Accept, Accept-Encoding"
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
        ("application/x-cnab240", "cnab240"),
        ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet, text/csv;q=0.5", "xlsx"),
        ("application/vnd.ms-excel, text/csv;q=0.5", "csv"),
        ("*/*;q=0.1, text/csv;q=0", "json"),
    ],
)
async def test_accept_chooses_the_format(client: httpx.AsyncClient, accept: str, name: str) -> None:
    """By weight, then by exactness, then in the order of the table."""
    answer = await asked(client, Accept=accept)

    assert answer.status_code == 200
    assert answer.headers["content-type"] == BY_NAME[name].content_type


@pytest.mark.parametrize(
    ("lines", "name"),
    [
        (("application/pdf", "text/csv"), "csv"),
        (("text/csv;q=0.5", "application/json"), "json"),
        (("text/csv", "application/json;q=0.5"), "csv"),
    ],
)
async def test_several_lines_of_accept_are_one_list(
    client: httpx.AsyncClient, lines: tuple[str, ...], name: str
) -> None:
    """As a proxy or a client that adds headers sends them."""
    account = await enabled(client)
    del client.headers["Accept"]

    answer = await client.get(
        f"/v1/accounts/{account}/statement?{PERIOD}", headers=[("Accept", line) for line in lines]
    )

    assert answer.status_code == 200
    assert answer.headers["content-type"] == BY_NAME[name].content_type


@pytest.mark.parametrize("accept", ["application/json;q=0", "text/html", "text/plain", "image/*", "", "*/*;q=0"])
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


async def test_what_a_format_cannot_hold_is_a_problem(client: httpx.AsyncClient, bank: FakeInter) -> None:
    """CNAB 240 cannot say that nothing may be posted; JSON can. The reason stands beside the field in Portuguese."""
    account = await enabled(client)

    def wrong(request: httpx.Request) -> httpx.Response | None:
        if request.extensions["operation"] != "statement":
            return None
        page = bank._page(request.url.params)
        rows = page["transacoes"]
        assert isinstance(rows, list)
        rows[0]["valor"] = "10.01"
        return httpx.Response(200, json=page)

    bank.answer = wrong
    refused, given = [
        await client.get(f"/v1/accounts/{account}/statement?from=2026-03-13&to=2026-03-13&format={name}")
        for name in ("cnab240", "json")
    ]

    problem = refused.json()
    assert (refused.status_code, problem["code"], problem["field"]) == (422, "format_unsuitable", "format")
    assert refused.headers["content-type"] == "application/problem+json"
    (error,) = problem["errors"]
    assert "nada deve ser lançado" in error["detail"]
    assert given.json()["proof"]["verdict"] == "disproved"


async def test_a_workbook_without_its_writer_is_a_problem(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The extra is named; all other formats go on."""
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)

    refused = await asked(client, "&format=xlsx")

    assert (refused.status_code, refused.json()["code"]) == (501, "format_not_installed")
    assert "extrato[xlsx]" in refused.json()["detail"]


@pytest.mark.parametrize(("form", "thread"), [("xlsx", "large-answers"), ("csv", "MainThread")])
async def test_a_workbook_is_not_made_on_the_event_loop(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, form: str, thread: str
) -> None:
    """It takes long, however few its entries are."""
    made_in: list[str] = []
    render = statements.format_of

    def noting(*arguments: Any) -> Format:
        chosen = render(*arguments)

        def noted(statement: Statement) -> Iterator[bytes]:
            made_in.append(threading.current_thread().name)
            return chosen.render(statement)

        return replace(chosen, render=noted)

    monkeypatch.setattr(statements, "format_of", noting)

    await asked(client, f"&format={form}")

    assert [name.rpartition("_")[0] or name for name in made_in] == [thread]


def test_a_file_has_a_name_that_every_system_takes() -> None:
    """Without a branch where there is none, and with letters, digits, hyphens and underscores only."""
    plain = statement("plain")
    account = replace(plain.account, branch="", number='1/2"; ../x')
    period = Period(date(2026, 10, 1), date(2026, 10, 1))

    name = filename(BY_NAME["csv"], replace(plain, account=account, period=period))

    assert name == "inter_1-2-x_2026-10-01_2026-10-01.csv"
