"""Connections of callers: limits of time, size and number."""

import asyncio
import logging
from itertools import pairwise

import msgspec
import pytest
from uvicorn import Config
from uvicorn.server import ServerState

from gateway.api.connections import Connections
from gateway.limits import (
    ANSWER_TAKEN_BYTES,
    CONNECTIONS_CHECKED_AT_ONCE,
    PIPELINED_REQUESTS,
    REQUEST_HEAD_BYTES,
    REQUEST_HEADERS,
    RESERVED_CONNECTIONS,
    TARGET_BYTES,
    TARGET_PARAMETERS,
    ConnectionLimits,
)
from simulators.certify.lines import captured_lines

pytestmark = pytest.mark.anyio

LIMITS = ConnectionLimits(connections=3, header_seconds=10, body_seconds=20, idle_seconds=30, answer_seconds=40)


@pytest.fixture
def anyio_backend():
    return "asyncio"


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


@pytest.fixture
async def server():
    return Server()


async def settled():
    for _ in range(10):
        await asyncio.sleep(0)


def get(path="/", *headers):
    lines = (f"GET {path} HTTP/1.1", "host: a", *headers, "", "")
    return "\r\n".join(lines).encode()


def code_of(transport):
    head, _, body = transport.sent.partition(b"\r\n\r\n")
    problem = msgspec.json.decode(body)
    assert str(problem["status"]).encode() in head.splitlines()[0]
    assert b"application/problem+json" in head
    return problem["code"]


async def test_a_request_is_answered_and_the_connection_goes_on(server):
    """Twice, in pieces, with a body."""
    protocol, transport = server.connect(get()[:9], get()[9:])
    await settled()
    protocol.data_received(b"POST /b HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\n\r\nbo")
    protocol.data_received(b"dy")
    await settled()

    assert server.asked == ["/", "/b"]
    assert transport.sent.count(b"200 OK") == 2
    assert not transport.ended


async def test_headers_that_do_not_end_are_ended(server):
    """However often another byte comes."""
    protocol, transport = server.connect(b"GET / HTTP/1.1\r\n")
    protocol.data_received(b"a: b\r\n")
    await server.check(9.9)
    assert not transport.ended
    protocol.data_received(b"c: d\r\n")
    await server.check(10.1 + LIMITS.header_seconds)

    assert code_of(transport) == "request_timeout"
    assert transport.ended == "closed"


async def test_many_that_are_ended_at_once_delay_no_others():
    """Others go on after a few of them."""
    server = Server(msgspec.structs.replace(LIMITS, connections=1000))
    transports = [server.connect(b"GET / HTTP/1.1\r\n")[1] for _ in range(10 * CONNECTIONS_CHECKED_AT_ONCE)]
    ended = [0]

    async def others():
        while len(ended) < 20:
            ended.append(sum(bool(transport.ended) for transport in transports))
            await asyncio.sleep(0)

    going_on = asyncio.create_task(others())
    await server.check(10.1 + LIMITS.header_seconds)
    await going_on

    assert max(after - before for before, after in pairwise(ended)) <= CONNECTIONS_CHECKED_AT_ONCE
    assert ended[-1] == len(transports)


async def test_a_body_that_does_not_end_is_ended(server):
    """The application that waits for it hears that the caller has gone."""
    protocol, transport = server.connect(b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\nabc")
    await settled()
    await server.check(19.9)
    assert not transport.ended
    await server.check(20.1)
    protocol.connection_lost(None)
    await settled()

    assert code_of(transport) == "request_timeout"
    assert transport.ended == "closed"
    assert server.asked == []
    assert not server.state.tasks


async def test_an_answer_before_the_end_of_the_body_is_the_only_one():
    """The rest of the body has its limit all the same."""

    async def refuse(scope, receive, send):
        await send({"type": "http.response.start", "status": 401, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})

    server = Server()
    server.config.loaded_app = refuse
    _, transport = server.connect(b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\nabc")
    await settled()
    await server.check(21)

    assert transport.ended == "closed"
    assert transport.sent.count(b"HTTP/1.1 ") == 1


@pytest.mark.parametrize(
    "sent", [b"\x16\x03\x01\r\n\r\n", get("/", "Upgrade: websocket", "Connection: upgrade"), b"GET / HTTP/1.1\r\n\r\n"]
)
async def test_what_callers_malform_has_no_line_of_its_own(server, caplog, sent):
    """Anybody could fill the log with them."""
    with caplog.at_level(logging.DEBUG, "uvicorn.error"):
        server.connect(sent)
        await settled()

    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.INFO] == []


async def test_a_connection_without_a_request_is_ended(server):
    """Without a word: there is no request to answer."""
    _, transport = server.connect()
    await server.check(29.9)
    assert not transport.ended
    await server.check(30.1)

    assert transport.ended == "aborted"
    assert transport.sent == b""


async def test_a_request_that_is_worked_on_may_take_its_time(server):
    """Limits apply while the caller has to send something; bytes that it sends meanwhile wait."""
    protocol, transport = server.connect(get("/slow"))
    await settled()
    await server.check(1000)
    protocol.data_received(get("/next"))
    await server.check(2000)
    assert not transport.ended
    server.go.set()
    await settled()

    assert server.asked == ["/slow", "/next"]
    assert transport.sent.count(b"200 OK") == 2


async def test_a_caller_that_takes_nothing_of_its_answer_is_ended(server):
    """One that takes it slowly, but takes it, is not."""
    _, idle = server.connect(get())
    _, slow = server.connect(get())
    await settled()
    idle.unsent, slow.unsent = 10 * ANSWER_TAKEN_BYTES, 10 * ANSWER_TAKEN_BYTES
    for seconds in range(0, 90, 10):
        await server.check(seconds)
        slow.unsent = max(0, slow.unsent - ANSWER_TAKEN_BYTES // 2)

    assert idle.ended == "aborted"
    assert not slow.ended


@pytest.mark.parametrize(
    "request_bytes",
    [
        get("/" + "a" * REQUEST_HEAD_BYTES),
        get("/" + "a" * TARGET_BYTES),
        get("/?a=" + "b" * TARGET_BYTES),
        get("/?" + "&" * TARGET_PARAMETERS),
        get("/", "a: " + "b" * REQUEST_HEAD_BYTES),
        get("/", *(f"h{number}: x" for number in range(REQUEST_HEADERS))),
        b"GET / HTTP/1.1\r\nhost: a\r\na: " + b"b" * (REQUEST_HEAD_BYTES + 1),
        b"GET /" + b"a" * (REQUEST_HEAD_BYTES + 1),
        b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n0\r\nt: " + b"b" * (2 * REQUEST_HEAD_BYTES),
    ],
    ids=[
        "address",
        "path",
        "query",
        "parameters",
        "header",
        "many headers",
        "endless header",
        "endless address",
        "endless trailer",
    ],
)
async def test_too_large_a_head_is_refused(server, request_bytes):
    """Whether it comes at once or in pieces."""
    _, at_once = server.connect(request_bytes, b"x" * (REQUEST_HEAD_BYTES + 1))
    _, in_pieces = server.connect(*(request_bytes[at : at + 1000] for at in range(0, len(request_bytes), 1000)))
    await settled()

    assert code_of(at_once) == code_of(in_pieces) == "headers_too_large"
    assert server.asked == []


async def test_an_address_as_long_as_they_may_be_is_answered(server):
    """RFC 9110 section 4.1 recommends that one of 8,000 bytes is."""
    parameters = "&".join(["a=1"] * TARGET_PARAMETERS)
    long = f"/?{parameters}&{'b' * TARGET_BYTES}"[:TARGET_BYTES].replace("&b", "bb")
    _, transport = server.connect(get(long))
    await settled()

    assert TARGET_BYTES >= 8000
    assert transport.sent.startswith(b"HTTP/1.1 200")


async def test_what_is_no_request_is_a_problem(server):
    """As any answer that is not a success."""
    _, transport = server.connect(b"HELO\r\n\r\n")
    assert code_of(transport) == "malformed_body"


@pytest.mark.parametrize(
    "head",
    [
        "GET / HTTP/1.1",
        "GET / HTTP/1.1\r\nhost: a\r\nhost: b",
        "GET / HTTP/1.1\r\nhost: a\r\nHost: a",
        "GET / HTTP/1.0\r\nhost: a\r\nhost: b",
        "GET / HTTP/1.1\r\nhost: a\r\nauthorization: Bearer a\r\nAuthorization: Bearer b",
        "GET / HTTP/1.1\r\nhost: a\r\ncontent-type: text/plain\r\ncontent-type: application/json",
        "GET /",
    ],
)
async def test_a_request_that_can_be_read_in_two_ways_is_refused(server, head):
    """A proxy may have read the other one: no host or two, two keys, a version before there were headers."""
    _, transport = server.connect(f"{head}\r\n\r\n".encode())
    await settled()

    assert code_of(transport) == "malformed_body"
    assert server.asked == []


async def test_a_request_of_http_1_0_needs_no_host(server):
    """RFC 9112 demands it from 1.1 on."""
    _, transport = server.connect(b"GET / HTTP/1.0\r\n\r\n")
    await settled()

    assert transport.sent.endswith(b"ok")
    assert server.asked == ["/"]


async def test_a_trailer_is_no_header(server):
    """RFC 9110 section 6.5.1: what a proxy checks or removes among the headers may not come behind the body."""
    _, transport = server.connect(
        b"POST / HTTP/1.1\r\nhost: a\r\nx-first: 1\r\ntransfer-encoding: chunked\r\n\r\n"
        b"2\r\nab\r\n0\r\nauthorization: Bearer a\r\nexpect: 100-continue\r\n\r\n"
        b"GET /next HTTP/1.1\r\nhost: a\r\nx-second: 1\r\n\r\n"
    )
    await settled()

    assert server.asked == ["/", "/next"]
    assert [names & {"x-first", "x-second", "authorization", "expect"} for names in server.headers] == [
        {"x-first"},
        {"x-second"},
    ]
    assert b"100 Continue" not in transport.sent


async def test_who_waits_longest_makes_room(server):
    """Silent and slow ones first, those with a request under way never."""
    _, busy = server.connect(get("/slow"))
    _, silent = server.connect()
    _, slow = server.connect(b"GET")
    await settled()
    _, honest = server.connect(get())
    await settled()
    assert (busy.ended, silent.ended, slow.ended) == ("", "aborted", "")
    assert b"200 OK" in honest.sent
    server.connect(get())
    assert (busy.ended, slow.ended) == ("", "aborted")

    with captured_lines() as lines:
        await server.check(1)
        await server.check(2)
    assert lines == [
        {"event": "connections_ended", "log_level": "warning", "open": 3, "waiting": 1, "crowded_out": 2},
    ]


async def test_when_all_are_busy_only_health_is_answered(server):
    """The others are asked to come back; beyond the reserve no connection is accepted."""
    for _ in range(LIMITS.connections):
        server.connect(get("/slow"))
    await settled()
    _, refused = server.connect(get("/v1/banks"))
    _, health = server.connect(get("/health/live"))
    await settled()
    assert code_of(refused) == "gateway_busy"
    assert b"retry-after: 5" in refused.sent
    assert b"200 OK" in health.sent

    for _ in range(2 * RESERVED_CONNECTIONS):
        server.connect(get("/slow"))
    await settled()
    assert len(server.connections.open) <= LIMITS.connections + RESERVED_CONNECTIONS
    server.go.set()
    await settled()
    _, later = server.connect(get("/v1/banks"))
    await settled()
    assert b"200 OK" in later.sent


async def test_work_per_connection_does_not_grow_with_their_number():
    """Making room looks at one connection, whatever number there is."""
    server = Server(ConnectionLimits(connections=50))
    for _ in range(500):
        server.connect(b"G")

    assert len(server.connections.open) == 50
    assert len(server.connections.waiting) == 50


async def test_an_answer_to_a_caller_that_has_gone_is_not_sent(server):
    """It may be complete before the turn of the caller has come to be noticed."""
    crowd = [server.connect(get("/slow", "authorization: key")) for _ in range(3)]
    await settled()
    for connection, transport in crowd:
        transport.ended = "aborted"
        connection.connection_lost(None)
    server.go.set()
    await settled()

    assert server.asked == ["/slow"] * 3
    assert [transport.sent for _, transport in crowd] == [b""] * 3


async def test_a_crowd_that_hangs_up_at_once_is_noticed_one_by_one(server):
    """Of those that wait for an answer; one with another key waits for one of them."""
    server.connections.limits = ConnectionLimits()
    crowd = [server.connect(get("/slow", "authorization: Bearer a"))[0] for _ in range(6)]
    other, _ = server.connect(get("/slow", "authorization: Bearer b"))
    answered, _ = server.connect(get())
    await settled()

    for connection in (*crowd, other, answered):
        connection.connection_lost(None)
    assert sum(connection.cycle.message_event.is_set() for connection in crowd) == 1
    assert answered.parser is None
    assert not server.connections.open
    noticed = []
    async with asyncio.TaskGroup() as waiting:
        for connection in (*crowd, other):
            waiting.create_task(connection.cycle.message_event.wait()).add_done_callback(
                lambda _, connection=connection: noticed.append(connection)
            )
    assert noticed.index(other) <= 2
    assert [each for each in noticed if each is not other] == crowd


async def test_requests_sent_ahead_are_answered_in_order_up_to_a_number(server):
    """Each costs memory before it is looked at."""
    _, transport = server.connect(get("/slow") + b"".join(get(f"/{n}") for n in range(PIPELINED_REQUESTS)))
    await settled()
    server.go.set()
    for _ in range(PIPELINED_REQUESTS):
        await settled()

    assert server.asked == ["/slow", *(f"/{n}" for n in range(PIPELINED_REQUESTS))]
    assert transport.sent.count(b"200 OK") == PIPELINED_REQUESTS + 1


async def test_more_requests_sent_ahead_end_the_connection(server):
    """However many come in one packet, no more are kept."""
    protocol, transport = server.connect(get("/slow") + get("/next") * 5000)
    await settled()

    assert transport.ended
    assert len(protocol.pipeline) == PIPELINED_REQUESTS
    assert protocol not in server.connections.waiting


def upload(size):
    return f"POST /upload HTTP/1.1\r\nhost: a\r\ncontent-length: {size}\r\n\r\n".encode()


async def test_unfinished_bodies_together_have_a_size(server, monkeypatch):
    """The largest of them makes room, so that small ones go through whoever stalls."""
    monkeypatch.setattr("gateway.api.connections.BODIES_BYTES", 1000)
    _, large = server.connect(upload(900), b"x" * 700)
    _, small = server.connect(upload(300), b"x" * 200)
    protocol, third = server.connect(upload(200), b"x" * 150)
    await settled()
    assert code_of(large) == "gateway_busy"
    assert not small.ended
    assert not third.ended

    protocol.data_received(b"x" * 50)
    await settled()
    assert third.sent.endswith(b"ok")
    assert server.connections.body_bytes == 200


async def test_the_size_of_bodies_is_forgotten_with_them(server, monkeypatch):
    """After the answer, and when the caller goes away."""
    monkeypatch.setattr("gateway.api.connections.BODIES_BYTES", 1000)
    protocol, transport = server.connect(*(upload(900) + b"x" * 900 for _ in range(1)))
    await settled()
    protocol.data_received(upload(900) + b"x" * 100)
    assert server.connections.body_bytes == 100
    protocol.connection_lost(None)
    assert server.connections.body_bytes == 0
    assert transport.sent.endswith(b"ok")


async def test_answers_that_nobody_takes_together_have_a_size(server, monkeypatch):
    """Those whose callers have taken nothing for longest are given up first."""
    monkeypatch.setattr("gateway.api.connections.UNSENT_BYTES", 2000)
    transports = []
    for second in range(3):
        _, transport = server.connect(get())
        await settled()
        transport.unsent = 900
        transports.append(transport)
        await server.check(second)

    assert [transport.ended for transport in transports] == ["aborted", "", ""]


async def test_a_body_sent_ahead_makes_room_too(server, monkeypatch):
    """Without an answer, which would be taken for that of the request before it."""
    monkeypatch.setattr("gateway.api.connections.BODIES_BYTES", 1000)
    _, ahead = server.connect(get("/slow") + upload(900) + b"x" * 800)
    await settled()
    _, other = server.connect(upload(300), b"x" * 250)
    assert (ahead.ended, ahead.sent) == ("aborted", b"")
    assert not other.ended


async def test_one_body_alone_may_have_the_size_that_the_operator_allows(server, monkeypatch):
    """Whatever is allowed together."""
    monkeypatch.setattr("gateway.api.connections.BODIES_BYTES", 1000)
    _, transport = server.connect(upload(3000), b"x" * 1500, b"x" * 1500)
    await settled()
    assert transport.sent.endswith(b"ok")


async def test_what_came_of_a_body_is_let_go_with_the_answer(server):
    """A caller that is refused before its body is whole may stay connected for as long as a body may take."""
    protocol, transport = server.connect(upload(1_000_000).replace(b"/upload", b"/refused"), b"x" * 60_000)
    await settled()
    assert transport.sent.endswith(b"no")
    assert not protocol.cycle.body
    assert server.connections.body_bytes == 0
