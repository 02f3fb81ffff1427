"""Conversations and their two drivers."""

import asyncio
import threading
from datetime import UTC, datetime

import httpx
import pytest

from gateway.errors import BankFailure
from gateway.flow import OPTIONAL, Page, Token, TokenNeeded, converse, drive
from gateway.limits import MUCH_BYTES

NOW = datetime(2026, 3, 18, tzinfo=UTC)
TOKEN = Token(access="canary", expires_at=NOW, renew_at=NOW)


class Numbered(Page, frozen=True):
    """A page with its number."""

    number: int


def conversation(closed):
    """Ask for a token, then for two pages; tell when it is closed."""
    try:
        token = yield TokenNeeded()
        for number in (1, 2):
            response = yield httpx.Request("GET", f"https://bank/{token.access}/{number}")
            yield Numbered(int(response.text))
        return "done"
    finally:
        closed.append(True)


def answer(request):
    return httpx.Response(200, text=request.url.path[-1])


def test_converse_gives_pages_and_result():
    """A flow driven against a function gives its pages and its result, and is closed."""
    closed = []

    pages, result = converse(conversation(closed), answer, lambda _: TOKEN)

    assert (pages, result, closed) == ([Numbered(1), Numbered(2)], "done", [True])


def test_converse_without_tokens():
    """A flow that wants a token where none can be had is a mistake of the caller."""
    closed = []
    with pytest.raises(TypeError, match="no source of tokens"):
        converse(conversation(closed), answer)
    assert closed == [True]


async def _drive(closed, send):
    pages = []

    async def token(_):
        return TOKEN

    return await drive(conversation(closed), send, token, pages.append), pages


def with_one_more():
    """A page, and then something that the conversation can do without."""
    response = yield httpx.Request("GET", "https://bank/1")
    yield Numbered(int(response.text))
    more = yield httpx.Request("GET", "https://bank/2", extensions={OPTIONAL: True})
    return more.text if more is not None else "nothing"


@pytest.mark.parametrize("error", [httpx.ReadTimeout("slow"), BankFailure("rate_limited", bank="b", at="c", detail="")])
@pytest.mark.parametrize(("failing", "result"), [("/2", "nothing"), ("/none", "2")])
def test_what_a_conversation_can_do_without_does_not_end_it(error, failing, result):
    """It is told that there is no answer; by the other driver the sender says so."""

    def given(request):
        if request.url.path == failing:
            raise error
        return answer(request)

    async def send(request):
        try:
            return given(request)
        except type(error):
            return None

    async def driven():
        return await drive(with_one_more(), send, None, lambda _: None)

    assert converse(with_one_more(), given) == ([Numbered(1)], result)
    assert asyncio.run(driven()) == result


def test_what_a_conversation_needs_ends_it():
    """An error in place of any other answer is raised."""

    def silent(_):
        raise httpx.ReadTimeout("slow")

    with pytest.raises(httpx.ReadTimeout):
        converse(with_one_more(), silent)


def test_drive_is_the_same_conversation():
    """The gateway's loop gives the same as the loop of the tests."""
    closed = []

    async def send(request):
        return answer(request)

    assert asyncio.run(_drive(closed, send)) == ("done", [Numbered(1), Numbered(2)])
    assert closed == [True]


def test_cancelling_closes_the_conversation():
    """A cancelled request leaves no conversation half open."""
    closed = []

    async def cancelled():
        waiting = asyncio.Event()

        async def send(_):
            waiting.set()
            await asyncio.Event().wait()

        task = asyncio.create_task(_drive(closed, send))
        await waiting.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(cancelled())

    assert closed == [True]


def test_a_token_never_shows_itself():
    """The text of a token has no value in it."""
    assert "canary" not in f"{TOKEN} {TOKEN!r} {[TOKEN]}"


def _reading(where, size):
    """Ask three times; note in which thread each answer was looked at."""
    for number in range(3):
        yield httpx.Request("GET", f"https://bank/{number}")
        where.append(threading.current_thread() is threading.main_thread())
        yield Numbered(number)
    return size


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
@pytest.mark.parametrize(
    ("size", "here"),
    [(10, [True] * 3), (MUCH_BYTES // 2 + 1, [True, False, False]), (MUCH_BYTES + 1, [False] * 3)],
)
async def test_much_is_looked_at_elsewhere(size, here, anyio_backend):
    """As soon as a conversation has brought much, the event loop is left alone with it; nothing else changes."""
    where, pages, handed = [], [], []

    def hand_over(page):
        handed.append(threading.current_thread() is threading.main_thread())
        pages.append(page.number)

    async def send(_):
        return httpx.Response(200, content=b"x" * size)

    assert await drive(_reading(where, size), send, None, hand_over) == size
    assert (where, handed, pages) == (here, here, [0, 1, 2])


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_an_error_over_much_is_the_same(anyio_backend):
    """An error of a flow reaches its driver, whichever thread it was raised in."""

    def failing():
        yield httpx.Request("GET", "https://bank/")
        raise ValueError("an entry cannot be read")

    async def send(_):
        return httpx.Response(200, content=b"x" * (MUCH_BYTES + 1))

    with pytest.raises(ValueError, match="an entry cannot be read"):
        await drive(failing(), send, None, print)


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_caller_that_leaves_over_much_closes_the_flow(anyio_backend):
    """After the step that is under way, and without an error of its own."""
    loop, begun, go, closed = asyncio.get_running_loop(), asyncio.Event(), threading.Event(), []

    def slow():
        try:
            yield httpx.Request("GET", "https://bank/")
            loop.call_soon_threadsafe(begun.set)
            go.wait(5)
            yield httpx.Request("GET", "https://bank/")
        finally:
            closed.append(True)

    async def send(_):
        return httpx.Response(200, content=b"x" * (MUCH_BYTES + 1))

    driving = asyncio.create_task(drive(slow(), send, None, print))
    await begun.wait()
    driving.cancel()
    go.set()
    with pytest.raises(asyncio.CancelledError):
        await driving
    assert closed == [True]
