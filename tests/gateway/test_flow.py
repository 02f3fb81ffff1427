"""Conversations and their two drivers."""

import asyncio
from datetime import UTC, datetime

import httpx
import pytest

from gateway.flow import Page, Token, TokenNeeded, converse, drive

NOW = datetime(2026, 3, 18, tzinfo=UTC)
TOKEN = Token(access="canary", expires_at=NOW, renew_at=NOW)


class Numbered(Page, frozen=True):
    """A page that says which one it is."""

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


def test_drive_is_the_same_conversation():
    """The loop of the gateway does what the loop of the tests does."""
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
