"""Callers that take a large statement slowly, or hang up."""

import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import httpx
import pytest
from litestar import Litestar

from gateway.api import statements
from gateway.statement.spool import Room
from tests.gateway.api.large_statements.busy import ENTRIES, BusyInter, Caller, Client

pytestmark = pytest.mark.anyio


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
