"""The banks as an ASGI application: what becomes of requests that are not ordinary."""

import pytest

from simulators.serve import application
from simulators.worlds import Worlds

pytestmark = pytest.mark.anyio


def scope(path="/itau/api/oauth/token", method="POST"):
    return {
        "type": "http",
        "scheme": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"host", b"127.0.0.1"), (b"content-type", b"application/x-www-form-urlencoded")],
        "state": {},
    }


async def ask(worlds, *messages):
    """What is sent to a caller whose connection gives these messages."""
    left, sent = list(messages), []

    async def receive():
        return left.pop(0) if left else {"type": "http.disconnect"}

    async def send(message):
        sent.append(message)

    await application(worlds)(scope(), receive, send)
    return sent


async def test_half_a_request_is_none():
    """Whoever is cut off in the middle of a request has asked nothing: there is no answer and no record."""
    worlds = Worlds()
    half = {"type": "http.request", "body": b"grant_type=client_cred", "more_body": True}

    assert await ask(worlds, half, {"type": "http.disconnect"}) == []
    assert not worlds.shared.world.journal.records

    whole = {"type": "http.request", "body": b"grant_type=client_credentials"}
    sent = await ask(worlds, whole)
    assert sent[0]["status"] >= 400
    assert [each.operation for each in worlds.shared.world.journal.records] == ["token"]
