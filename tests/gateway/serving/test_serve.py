"""How connections are accepted."""

import asyncio
import socket
from contextlib import ExitStack

import uvloop

from gateway.limits import ACCEPTED_IN_ONE_PASS
from gateway.serving.serve import accepting

CLIENTS = 8 * ACCEPTED_IN_ONE_PASS


async def passes_until_accepted(sockets, clients):
    """How many passes of the loop it takes until so many connections that wait are accepted."""
    loop, passes, accepted = asyncio.get_running_loop(), 0, 0

    class Counted(asyncio.Protocol):
        def connection_made(self, transport):
            nonlocal accepted
            accepted += 1
            transport.close()

    servers = [await loop.create_server(Counted, sock=each) for each in sockets]
    while accepted < clients:
        await asyncio.sleep(0)
        passes += 1
    for server in servers:
        server.close()
    return passes


def test_a_crowd_of_connections_is_accepted_in_a_few_passes():
    """Whoever comes after a hundred others does not wait until the loop has gone round a hundred times."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=CLIENTS))
        sockets = accepting(listener)
        for each in sockets:
            stack.enter_context(each)
        for _ in range(CLIENTS):
            stack.enter_context(socket.create_connection(listener.getsockname()))
        passes = uvloop.run(asyncio.wait_for(passes_until_accepted(sockets, CLIENTS), 30))
    assert passes < CLIENTS / 4
