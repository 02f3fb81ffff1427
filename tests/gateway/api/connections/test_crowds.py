"""Many connections at once: who makes room, and who is answered."""

import asyncio

import pytest

from gateway.limits import (
    RESERVED_CONNECTIONS,
    ConnectionLimits,
)
from simulators.certify.harnesses.logged import captured_lines
from tests.gateway.api.connections.server import LIMITS, Server, code_of, get, settled

pytestmark = pytest.mark.anyio


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
