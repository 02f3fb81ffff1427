"""How long a caller may take on its connection."""

import asyncio
from itertools import pairwise

import msgspec
import pytest

from gateway.limits import (
    ANSWER_TAKEN_BYTES,
    CONNECTIONS_CHECKED_AT_ONCE,
)
from tests.gateway.api.connections.server import LIMITS, Server, code_of, get, settled

pytestmark = pytest.mark.anyio


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
