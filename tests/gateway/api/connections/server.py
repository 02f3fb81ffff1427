"""A server without a network, for tests of connections."""

import asyncio

import msgspec
from uvicorn import Config
from uvicorn.server import ServerState

from gateway.api.connections import Connections
from gateway.limits import (
    ConnectionLimits,
)

LIMITS = ConnectionLimits(connections=3, header_seconds=10, body_seconds=20, idle_seconds=30, answer_seconds=40)


class Transport(asyncio.Transport):
    """A transport that records the written bytes and its end; `unsent` are bytes that the caller has not taken."""

    def __init__(self):
        super().__init__()
        self.sent = b""
        self.unsent = 0
        self.ended = ""
        self.reading = True

    def write(self, data):
        self.sent += bytes(data)

    def close(self):
        self.ended = self.ended or "closed"

    def abort(self):
        self.ended = self.ended or "aborted"

    def is_closing(self):
        return bool(self.ended)

    def get_write_buffer_size(self):
        return self.unsent

    def pause_reading(self):
        self.reading = False

    def resume_reading(self):
        self.reading = True


class Server:
    """A server without a network: its application answers when it is let go."""

    def __init__(self, limits=LIMITS):
        self.go = asyncio.Event()
        self.gone = asyncio.Event()
        """Set when a request that attends to its caller was told that the caller has gone."""
        self.asked = []
        self.headers = []
        """The names of the headers of each request, as the application is given them when it has the body."""
        self.connections = Connections(limits)
        self.config = Config(self.answer, http=self.connections.protocol(), log_config=None, interface="asgi3")
        self.config.load()
        self.state = ServerState()
        self.began = asyncio.get_running_loop().time()

    async def answer(self, scope, receive, send):
        if scope["path"] == "/refused":
            await send({"type": "http.response.start", "status": 401, "headers": [(b"content-length", b"2")]})
            await send({"type": "http.response.body", "body": b"no"})
            return
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            more = message["more_body"]
        self.asked.append(scope["path"])
        self.headers.append({name.decode() for name, _ in scope["headers"]})
        if scope["path"] == "/slow":
            await self.go.wait()
        if scope["path"] == "/attending":
            assert (await receive())["type"] == "http.disconnect"
            self.gone.set()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})

    def connect(self, *data):
        protocol = self.config.http_protocol_class(config=self.config, server_state=self.state, app_state={})
        transport = Transport()
        protocol.connection_made(transport)
        for part in data:
            protocol.data_received(part)
        return protocol, transport

    async def check(self, seconds):
        """The look that many seconds after the beginning; transports that were ended are gone afterwards."""
        await self.connections.check(self.began + seconds)


async def settled():
    for _ in range(10):
        await asyncio.sleep(0)


def get(path="/", *headers):
    lines = (f"GET {path} HTTP/1.1", "host: a", *headers, "", "")
    return "\r\n".join(lines).encode()


def code_of(transport):
    """The code of a problem whose headers are those of any other, and end the connection."""
    head, _, body = transport.sent.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines)
    problem = msgspec.json.decode(body)
    assert first.split(" ")[1] == str(problem["status"])
    assert headers["content-type"] == "application/problem+json"
    assert headers["content-length"] == str(len(body))
    assert (headers["cache-control"], headers["x-content-type-options"]) == ("no-store", "nosniff")
    assert headers["x-request-id"] == problem["request_id"]
    assert headers.get("retry-after") == (problem["retry_after"] and str(problem["retry_after"]))
    assert headers["connection"] == "close"
    return problem["code"]
