"""What is a request of a connection, and what is refused as none."""

import asyncio
import logging

import pytest

from gateway.limits import (
    PIPELINED_REQUESTS,
    REQUEST_CHUNKS,
    REQUEST_HEAD_BYTES,
    REQUEST_HEADERS,
    TARGET_BYTES,
    TARGET_PARAMETERS,
)
from tests.gateway.api.connections.server import Server, code_of, get, settled

pytestmark = pytest.mark.anyio


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


H2C = ("connection: Upgrade, HTTP2-Settings", "upgrade: h2c", "http2-settings: AAEAAEAAAAIAAAAB")
BODIES = {
    "length": ("content-length: 4", b"body"),
    "chunks": ("transfer-encoding: chunked", b"2\r\nbo\r\n2\r\ndy\r\n0\r\n\r\n"),
    "a request": (f"content-length: {len(get('/smuggled'))}", get("/smuggled")),
    "none": ("content-length: 0", b""),
}


def offering(path, header):
    return get(path, *H2C, header).replace(b"GET", b"POST")


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize("ahead", [True, False], ids=["sent ahead", "sent afterwards"])
@pytest.mark.parametrize("size", [1, 7, 10_000])
async def test_a_request_that_offers_another_protocol_is_one_like_any_other(name, ahead, size):
    """As the first one of Java's client does: it has its body, which is no request, and others come behind it."""
    bodies = {}

    async def application(scope, receive, send):
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        bodies[scope["path"]] = body
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})

    server = Server()
    server.config.loaded_app = application
    header, body = BODIES[name]
    sent, after = offering("/first", header) + body, offering("/second", header) + body + get("/third")
    protocol, transport = server.connect()
    for part in [sent + after] if ahead else [sent, after]:
        for begin in range(0, len(part), size):
            protocol.data_received(part[begin : begin + size])
        await settled()
    for _ in range(3):
        await settled()

    whole = b"body" if name == "chunks" else body
    assert bodies == {"/first": whole, "/second": whole, "/third": b""}
    assert transport.sent.count(b"200 OK") == 3
    assert not transport.ended


async def test_the_body_behind_such_an_offer_has_the_limits_of_any(server):
    """Of time, and of chunks."""
    _, slow = server.connect(offering("/slow", "content-length: 9") + b"abc")
    many_protocol, many = server.connect(
        offering("/many", "transfer-encoding: chunked") + b"1\r\nx\r\n" * (REQUEST_CHUNKS + 1)
    )
    await settled()
    assert code_of(many) == "body_too_large"

    many_protocol.connection_lost(None)
    await server.check(21)
    assert code_of(slow) == "request_timeout"


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
        "GET http://b/ HTTP/1.1\r\nhost: a",
        "GET HTTPS://a:8000/ HTTP/1.1\r\nhost: a",
        "GET http://x@a/ HTTP/1.1\r\nhost: a",
        "POST / HTTP/1.0\r\nhost: a\r\ntransfer-encoding: chunked",
        "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: gzip, chunked",
        "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: identity, chunked",
        "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: gzip\r\ntransfer-encoding: chunked",
    ],
)
async def test_a_request_that_can_be_read_in_two_ways_is_refused(server, head):
    """A proxy may have read the other one: no host or two, two keys, no headers, chunks that it does not know."""
    _, transport = server.connect(f"{head}\r\n\r\n".encode())
    await settled()

    assert code_of(transport) == "malformed_body"
    assert b"Host, Authorization and Content-Type" in transport.sent
    assert server.asked == []


@pytest.mark.parametrize(
    "head",
    [
        "GET http://A/x HTTP/1.1\r\nhost: a",
        "GET http://a/x HTTP/1.0",
        "GET /x?y=http://b HTTP/1.1\r\nhost: a",
        "POST /x HTTP/1.1\r\nhost: a\r\ntransfer-encoding: Chunked \r\n\r\n0",
    ],
)
async def test_other_forms_of_a_plain_request_are_answered(server, head):
    """A whole address as the target, of the same host (RFC 9112 section 3.2.2); a coding in other letters."""
    _, transport = server.connect(f"{head}\r\n\r\n".encode())
    await settled()

    assert transport.sent.startswith(b"HTTP/1.1 200")
    assert server.asked == ["/x"]


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


async def test_nothing_is_written_to_a_connection_that_was_ended(server):
    """The first request is answered after too many have come behind it: its answer has nowhere to go."""
    _, transport = server.connect(get("/refused") * 5000)
    await settled()

    assert transport.ended
    assert transport.sent == b""


@pytest.mark.parametrize(
    "head", ["transfer-encoding: chunked\r\n\r\nzz\r\n", "transfer-encoding: chunked\r\n\r\n" + "1\r\nx\r\n" * 5000]
)
async def test_a_body_that_is_refused_is_not_the_answer_of_the_request_before_it(server, head):
    """Its caller would take the refusal for that answer."""
    protocol, transport = server.connect(get("/slow"))
    await settled()
    protocol.data_received(f"POST /b HTTP/1.1\r\nhost: a\r\n{head}".encode())
    server.go.set()
    await settled()

    assert server.asked == ["/slow"]
    assert transport.ended
    assert transport.sent == b""


async def test_a_caller_that_hangs_up_is_noticed_though_it_has_sent_requests_ahead(server):
    """The request under way is told, not the last one that came."""
    protocol, transport = server.connect(get("/attending") + get("/next"))
    await settled()
    protocol.connection_lost(None)
    async with asyncio.timeout(10):
        await server.gone.wait()
    await settled()

    assert server.asked == ["/attending"]
    assert transport.sent == b""
