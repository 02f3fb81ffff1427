"""Unfinished bodies and answers that nobody takes: the size that all have together."""

import pytest

from gateway.limits import REQUEST_CHUNKS
from tests.gateway.api.connections.server import code_of, get, settled

pytestmark = pytest.mark.anyio


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
    assert (ahead.ended, ahead.sent) == ("closed", b"")
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


def chunked(path):
    return f"POST {path} HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n".encode()


async def test_a_body_may_have_so_many_chunks(server):
    """However small they are; the next request on the connection may have as many."""
    whole = chunked("/upload") + b"1\r\nx\r\n" * (REQUEST_CHUNKS - 1) + b"0\r\n\r\n"
    protocol, transport = server.connect(whole)
    await settled()
    protocol.data_received(whole)
    await settled()
    assert transport.sent.count(b"ok") == 2
    assert not transport.ended


async def test_a_body_of_more_chunks_is_refused(server):
    """They are no more parsed, whatever else came with them."""
    _, transport = server.connect(chunked("/upload"), b"1\r\nx\r\n" * 10 * REQUEST_CHUNKS)
    await settled()
    assert code_of(transport) == "body_too_large"
    assert transport.ended


async def test_nor_does_one_go_on_whose_request_has_been_answered(server):
    """A stranger is refused before the body has come, which then is read to its end by nobody."""
    protocol, transport = server.connect(chunked("/refused"))
    await settled()
    assert transport.sent.endswith(b"no")
    protocol.data_received(b"1\r\nx\r\n" * 2 * REQUEST_CHUNKS)
    assert transport.ended
    assert transport.sent.endswith(b"no")
