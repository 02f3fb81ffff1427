"""Connections to the simulators, below TLS and HTTP's own meaning."""

import pytest
import uvicorn
from uvicorn.server import ServerState

from simulators.serving.connection import LARGEST_TARGET_BYTES, ConnectionProtocol
from tests.gateway.api.connections.server import Transport, settled

pytestmark = pytest.mark.anyio

H2C = "connection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\nhttp2-settings: AAEAAEAAAAIAAAAB\r\n"
WEBSOCKET = "connection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-key: eA==\r\nsec-websocket-version: 13\r\n"
BODIES = {
    "length": ("content-length: 4", b"body"),
    "chunks": ("transfer-encoding: chunked", b"2\r\nbo\r\n2\r\ndy\r\n0\r\n\r\n"),
    "none": ("content-length: 0", b""),
}


def post(path, offer, header):
    return f"POST {path} HTTP/1.1\r\nhost: a\r\n{offer}{header}\r\n\r\n".encode()


@pytest.mark.parametrize("offer", [H2C, WEBSOCKET, ""], ids=["h2c", "websocket", "none"])
@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize("size", [1, 7, 10_000])
async def test_a_request_that_offers_another_protocol_is_one_like_any_other(offer, name, size):
    """As the first one of Java's client does without TLS: it keeps its body, and so do those that come behind it."""
    bodies = {}

    async def application(scope, receive, send):
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        bodies[scope["path"]] = body
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})

    config = uvicorn.Config(application, http=ConnectionProtocol, log_config=None, interface="asgi3")
    config.load()
    protocol = ConnectionProtocol(config=config, server_state=ServerState(), app_state={})
    transport = Transport()
    protocol.connection_made(transport)
    header, body = BODIES[name]
    sent = post("/first", offer, header) + body + post("/second", offer, header) + body + post("/third", "", header)
    sent += body
    for begin in range(0, len(sent), size):
        protocol.data_received(sent[begin : begin + size])
        await settled()
    await settled()

    assert bodies == dict.fromkeys(("/first", "/second", "/third"), b"body" if body else b"")
    assert transport.sent.count(b"200 OK") == 3
    assert not transport.ended


@pytest.mark.parametrize(
    ("sent", "target", "why"),
    [
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "PRI *", "speaks HTTP/2"),
        (b"GET /saldo?nome=a b HTTP/1.1\r\nhost: a\r\n\r\n", "GET /saldo?nome=a", "written %20"),
        ("GET /saldo?nome=ção HTTP/1.1\r\nhost: a\r\n\r\n".encode(), "GET ", "percent-encoded"),
        (b"CONNECT a:443 HTTP/1.1\r\nhost: a\r\n\r\n", "CONNECT a:443", "asks for a proxy"),
        (b"GET /" + b"a" * LARGEST_TARGET_BYTES + b" HTTP/1.1\r\n\r\n", "GET /aaa", "too large"),
        (b"GET / HTTP/1.1\r\na: " + b"a" * 70_000, "GET /", "too large"),
        (b"GET /saldo HTTP/1.1\nhost: a\n\n", "GET /saldo", "no request of HTTP/1.1"),
    ],
)
async def test_a_request_that_cannot_be_read_is_told(sent, target, why):
    """To the client and to whoever keeps the journal: what was asked, as far as it was read, and what is wrong."""

    async def application(scope, receive, send):
        raise AssertionError("nothing is made of it")

    told = []
    config = uvicorn.Config(application, http=ConnectionProtocol, log_config=None, interface="asgi3")
    config.load()
    protocol = ConnectionProtocol(
        config=config, server_state=ServerState(), app_state={}, on_unread=lambda *unread: told.append(unread)
    )
    transport = Transport()
    protocol.connection_made(transport)
    protocol.data_received(sent)
    await settled()
    ((host, asked, words),) = told
    assert host == ""
    assert asked.startswith(target)
    assert why in words
    assert transport.sent.startswith(b"HTTP/1.1 400 Bad Request")
    assert why.encode() in transport.sent
    assert transport.ended
