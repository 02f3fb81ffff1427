"""The banks as an ASGI application: what becomes of requests that are not ordinary."""

import errno

import httpx
import pytest

from simulators.serving.server import application, serve
from simulators.worlds.registry import Worlds

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


async def test_what_hinders_the_start_is_all_that_is_said(tmp_path, caplog):
    """Such as a disk that is full when the addresses are told: the server ends in order, without a trace of its own."""

    def announce(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        await serve("127.0.0.1", 0, 0, 1, tmp_path, announce)
    assert not caplog.records


@pytest.mark.parametrize("host", ["CDPJ.partners.bancointer.com.br", "cdpj.partners.bancointer.com.br:443"])
async def test_a_host_is_the_same_in_every_spelling(host):
    """With capitals and with a port: the bank is found, which takes no connection without a certificate."""
    app = application(Worlds())
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="https://127.0.0.1") as client:
        with pytest.raises(httpx.ConnectError):
            await client.post("/oauth/v2/token", headers={"host": host})


async def test_a_host_of_other_letters_is_no_bank():
    """Bytes that are no ASCII name nobody."""
    transport = httpx.ASGITransport(application(Worlds()))
    async with httpx.AsyncClient(transport=transport, base_url="https://127.0.0.1") as client:
        answer = await client.get("/oauth/v2/token", headers={b"host": "ção".encode("latin-1")})
    assert answer.status_code == 421
