"""Statements of so many entries that they are spooled and streamed."""

import asyncio
import io
import json
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import httpx
import openpyxl
import pytest
from litestar import Litestar

from gateway.api import statements
from gateway.errors import BankFailure, GatewayError
from gateway.limits import HELD_ENTRIES
from gateway.statement import spool
from gateway.statement.spool import Part, Room, Spool
from tests.gateway.api.test_codings import unpacked
from tests.gateway.support import NOW, FakeInter, enabled

pytestmark = pytest.mark.anyio

Client = httpx.AsyncClient
PER_DAY = HELD_ENTRIES // 3
DAYS = {"from": "2026-03-09", "to": "2026-03-13"}
ENTRIES = 5 * PER_DAY


class BusyInter(FakeInter):
    """Answers like Inter for one account with many Pix of 10.00 a day, newest first, a day in two pages."""

    def __init__(self) -> None:
        super().__init__()
        self.pages = 0
        self.answer = self._answer

    def _answer(self, request: httpx.Request) -> httpx.Response | None:
        if request.extensions["operation"] == "balance":
            day = request.url.params.get("dataSaldo", NOW.date().isoformat())
            days = (NOW.date().fromisoformat(day) - NOW.date()).days + 1000
            return httpx.Response(200, json={"disponivel": days * 10 * PER_DAY})
        if request.extensions["operation"] != "statement":
            return None
        self.pages += 1
        days = self._page(request.url.params)["transacoes"]
        assert isinstance(days, list)
        page = int(request.url.params["pagina"])
        day, half = days[page // 2], page % 2
        numbers = range(PER_DAY - 1, -1, -1)[half * PER_DAY // 2 : (half + 1) * PER_DAY // 2]
        rows = [day | {"idTransacao": f"{day['idTransacao']}-{number}"} for number in numbers]
        last = page + 1 == 2 * len(days)
        return httpx.Response(
            200, json={"totalElementos": len(days) * PER_DAY, "ultimaPagina": last, "transacoes": rows}
        )


@pytest.fixture
def bank() -> BusyInter:
    """The line, in the place of one with few entries."""
    return BusyInter()


@pytest.fixture(autouse=True)
def room(monkeypatch: pytest.MonkeyPatch) -> Room:
    """The room of this test's files."""
    room = Room(1 << 30)
    monkeypatch.setattr(spool, "ROOM", room)
    return room


@pytest.fixture
async def account(client: Client) -> str:
    """An enabled account."""
    return await enabled(client)


async def ask(client: Client, account: str, **more: str) -> httpx.Response:
    return await client.get(f"/v1/accounts/{account}/statement", params=DAYS | more)


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


async def test_a_bank_that_fails_late_leaves_nothing(client: Client, account: str, bank: BusyInter, room: Room) -> None:
    """The failure is reported as always, and no file is left."""
    taken = []

    def failing(request: httpx.Request) -> httpx.Response | None:
        if request.url.params.get("pagina") == "8":
            taken.append(room.taken)
            raise BankFailure("bank_server_error", bank="inter", at="statement", detail="no")
        return bank._answer(request)

    bank.answer = failing

    answer = await ask(client, account)

    assert (answer.status_code, answer.json()["code"]) == (502, "bank_server_error")
    assert taken[0] > 0
    assert room.taken == 0


async def test_a_disproved_statement_is_read_again_with_one_file_at_a_time(
    client: Client, account: str, bank: BusyInter, room: Room
) -> None:
    """The first file is gone before the second is written. Of what is given nothing is final."""
    taken = []

    def wrong(request: httpx.Request) -> httpx.Response | None:
        if request.url.params.get("pagina") == "9":
            taken.append(room.taken)
        if request.url.params.get("dataSaldo") == "2026-03-13":
            return httpx.Response(200, json={"disponivel": 1, "dataReferencia": "13/03/2026"})
        return bank._answer(request)

    bank.answer = wrong

    answer = await ask(client, account)

    assert answer.json()["proof"]["verdict"] == "disproved"
    assert {entry["stability"] for entry in answer.json()["entries"]} == {"provisional"}
    assert len(taken) == 2
    assert taken[0] == taken[1] > 0
    assert room.taken == 0


@pytest.mark.parametrize(("limit", "code"), [("ROOM", "gateway_busy"), ("SPOOL_FREE_BYTES", "storage_unavailable")])
async def test_without_room_it_is_a_named_failure(
    client: Client, account: str, monkeypatch: pytest.MonkeyPatch, limit: str, code: str
) -> None:
    """Few entries need no room."""
    monkeypatch.setattr(spool, limit, {"ROOM": Room(0), "SPOOL_FREE_BYTES": 1 << 70}[limit])

    answer = await ask(client, account)
    few = await ask(client, account, **{"from": "2026-03-10"}, to="2026-03-10")

    assert (answer.status_code, answer.json()["code"]) == (503, code)
    assert answer.headers["retry-after"]
    assert few.status_code == 200


class Caller:
    """Speaks ASGI itself: takes an answer part by part, and may hang up."""

    def __init__(self, app: Litestar, client: Client) -> None:
        self._app = app
        self._key = client.headers["Authorization"]
        self.messages: list[dict[str, Any]] = []
        self._hung_up = asyncio.Event()

    async def ask(self, account: str, taking: Callable[[dict[str, Any]], None]) -> None:
        """Ask for the large statement; `taking` is called with each message."""
        requests = iter([{"type": "http.request", "body": b"", "more_body": False}])

        async def receive() -> Any:
            for request in requests:
                return request
            await self._hung_up.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            self.messages.append(message)
            taking(message)
            await asyncio.sleep(0)

        path = f"/v1/accounts/{account}/statement"
        await self._app(
            {  # type: ignore[arg-type]
                "type": "http",
                "asgi": {"version": "3.0"},
                "http_version": "1.1",
                "method": "GET",
                "scheme": "http",
                "path": path,
                "raw_path": path.encode(),
                "query_string": httpx.QueryParams(DAYS).__str__().encode(),
                "root_path": "",
                "headers": [(b"authorization", self._key.encode())],
                "client": ("127.0.0.1", 1),
                "server": ("127.0.0.1", 2),
                "state": {},
            },
            receive,
            send,
        )

    def hang_up(self) -> None:
        """Hang up. A server says so too once an answer is complete."""
        self._hung_up.set()

    @property
    def status(self) -> int:
        """Status of the answer."""
        return int(self.messages[0]["status"])

    @property
    def body(self) -> bytes:
        """What was taken of it."""
        return b"".join(message.get("body", b"") for message in self.messages)

    @property
    def is_complete(self) -> bool:
        """Whether the whole answer was sent."""
        return not self.messages[-1].get("more_body", True)


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many parts have been made whenever one is made."""
    made: list[int] = []
    answered = statements._answered

    async def counted(parts: statements.Chunks, *arguments: Any) -> Any:
        def counting() -> Iterator[bytes]:
            with closing(parts):
                for number, part in enumerate(parts):
                    made.append(number)
                    yield part

        return await answered(counting(), *arguments)

    monkeypatch.setattr(statements, "_answered", counted)
    return made


async def test_no_part_is_made_before_the_one_before_it_is_taken(
    app: Litestar, client: Client, account: str, rendered: list[int], room: Room
) -> None:
    """A slow caller costs one part and not the answer."""
    caller = Caller(app, client)
    ahead: list[int] = []

    def taking(message: dict[str, Any]) -> None:
        if message.get("body"):
            ahead.append(len(rendered) - len(ahead))
        elif message["type"] == "http.response.body":
            caller.hang_up()

    await caller.ask(account, taking)

    assert (caller.status, caller.is_complete) == (200, True)
    assert len(json.loads(caller.body)["entries"]) == ENTRIES
    assert set(ahead) == {1}
    assert room.taken == 0


async def test_a_caller_that_hangs_up_ends_it(
    app: Litestar, client: Client, account: str, rendered: list[int], room: Room
) -> None:
    """No further parts are made for nobody, and the file is closed."""
    caller = Caller(app, client)

    def taking(message: dict[str, Any]) -> None:
        if message.get("body"):
            caller.hang_up()

    await caller.ask(account, taking)

    assert not caller.is_complete
    assert len(rendered) < ENTRIES // 500
    assert room.taken == 0


async def test_a_disk_that_fails_while_it_is_sent_cuts_the_answer_off(
    app: Litestar, client: Client, account: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The status has been sent; an answer without its end shows that it is not whole."""
    caller = Caller(app, client)
    read = Spool.read

    def failing(self: Spool, part: Part) -> bytes:
        if sum(len(message.get("body", b"")) for message in caller.messages) > 100_000:
            raise GatewayError("storage_unavailable", "no")
        return read(self, part)

    monkeypatch.setattr(Spool, "read", failing)

    await caller.ask(account, lambda message: None)

    assert (caller.status, caller.is_complete) == (200, False)
    with pytest.raises(json.JSONDecodeError):
        json.loads(caller.body)


async def test_a_disk_that_fails_before_is_a_named_failure(
    client: Client, account: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of the file is read once before the status is sent."""
    reads = []

    def failing(self: Spool, part: Part) -> bytes:
        reads.append(part)
        raise GatewayError("storage_unavailable", "no")

    monkeypatch.setattr(Spool, "read", failing)

    answer = await ask(client, account)

    assert (answer.status_code, answer.json()["code"]) == (503, "storage_unavailable")
    assert len(reads) == 1


async def test_a_caller_that_hangs_up_while_it_is_read_leaves_no_file(
    app: Litestar, client: Client, account: str, bank: BusyInter, room: Room
) -> None:
    """The reading ends, and its file with it."""
    caller = Caller(app, client)
    taken = []

    def hanging_up(request: httpx.Request) -> httpx.Response | None:
        if request.url.params.get("pagina") == "8":
            taken.append(room.taken)
            caller.hang_up()
        return bank._answer(request)

    bank.answer = hanging_up
    bank.pages = 0

    await caller.ask(account, lambda message: None)

    assert taken[0] > 0
    assert bank.pages < 11
    assert caller.status == 499
    await app.state["parts"].readings.aclose()
    assert room.taken == 0


async def test_the_reading_is_checked_before_the_status(client: Client, account: str, bank: BusyInter) -> None:
    """What is wrong on the last page of a large statement is a failure and no answer that begins well."""

    def twice(request: httpx.Request) -> httpx.Response | None:
        answer = bank._answer(request)
        if answer is not None and request.url.params.get("pagina") == "9":
            page = answer.json()
            page["transacoes"][-1]["idTransacao"] = "tx-2026-03-13-7"
            return httpx.Response(200, json=page)
        return answer

    bank.answer = twice

    answer = await ask(client, account)

    assert (answer.status_code, answer.json()["code"]) == (502, "unexpected_bank_response")
