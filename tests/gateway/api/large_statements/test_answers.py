"""Statements of so many entries that they are spooled and streamed: they are like any other."""

import asyncio
import io

import openpyxl
import pytest

from gateway.statement.spool import Room
from tests.gateway.api.large_statements.busy import DAYS, ENTRIES, PER_DAY, BusyInter, Client, ask
from tests.gateway.api.test_codings import unpacked

pytestmark = pytest.mark.anyio


async def test_a_large_statement_is_like_any_other(client: Client, account: str, room: Room) -> None:
    """It is whole, in order and proved; its length is not known beforehand, and no file is left."""
    answer = await ask(client, account)

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert "content-length" not in answer.headers
    body = answer.json()
    assert body["proof"]["verdict"] == "proved"
    entries = body["entries"]
    assert [entry["bank_id"] for entry in entries] == [
        f"tx-2026-03-{day:02d}-{number}" for day in range(9, 14) for number in range(PER_DAY)
    ]
    assert len({entry["id"] for entry in entries}) == ENTRIES
    assert {entry["stability"] for entry in entries} == {"final"}
    assert room.taken == 0


async def test_one_day_of_it_is_the_same(client: Client, account: str, room: Room) -> None:
    """Few enough entries of that day are held in memory: ids and everything else are the same."""
    whole = (await ask(client, account)).json()["entries"]
    one = await ask(client, account, **{"from": "2026-03-10", "to": "2026-03-10"})

    assert "content-length" in one.headers
    assert one.json()["entries"] == whole[PER_DAY : 2 * PER_DAY]


@pytest.mark.parametrize("form", ["ndjson", "csv", "ofx", "cnab240"])
async def test_other_formats_are_streamed_too(client: Client, account: str, room: Room, form: str) -> None:
    """With the headers of their own."""
    answer = await ask(client, account, format=form)

    assert answer.status_code == 200
    assert "content-length" not in answer.headers
    assert not answer.headers["content-type"].startswith("application/json")
    assert answer.content.count(b"000000001000C" if form == "cnab240" else b"10.00") >= ENTRIES
    assert room.taken == 0


async def test_a_workbook_is_streamed_too(client: Client, account: str, room: Room) -> None:
    """Its rows are read back by a spreadsheet's reader."""
    answer = await ask(client, account, format="xlsx")

    assert "content-length" not in answer.headers
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content), read_only=True).worksheets[0]
    rows = [row[3] for row in sheet.iter_rows(min_row=2, values_only=True)]
    assert rows == [10.0] * ENTRIES
    assert room.taken == 0


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
async def test_a_streamed_answer_is_compressed_as_it_is_made(
    client: Client, account: str, room: Room, coding: str
) -> None:
    """It is the same after it is unpacked, and smaller before."""
    plain = await ask(client, account, format="csv")
    async with client.stream(
        "GET",
        f"/v1/accounts/{account}/statement",
        params=DAYS | {"format": "csv"},
        headers={"Accept-Encoding": coding},
    ) as answer:
        packed = b"".join([part async for part in answer.aiter_raw()])

    assert answer.headers["content-encoding"] == coding
    assert "content-length" not in answer.headers
    assert unpacked(coding, packed) == plain.content
    assert 5 * len(packed) < len(plain.content)
    assert room.taken == 0


async def test_callers_that_share_a_reading_each_get_all(
    client: Client, account: str, bank: BusyInter, room: Room
) -> None:
    """They read the same file, each from its beginning."""
    bank.pages = 0

    answers = await asyncio.gather(*(ask(client, account) for _ in range(3)))

    assert bank.pages == 10
    assert len({answer.content for answer in answers}) == 1
    assert len(answers[0].json()["entries"]) == ENTRIES
    assert room.taken == 0
