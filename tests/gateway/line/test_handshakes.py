"""Few connections at a time are opened to a host."""

import asyncio
from contextlib import asynccontextmanager

import httpx
import pytest

import contracts
from gateway.concurrency.slots import Holder
from gateway.judgement import NOTHING_SENT
from gateway.limits import HANDSHAKES_PER_HOST, HANDSHAKES_WAITING_PER_HOST
from gateway.line import handshakes as module
from gateway.line.call import KEY, Call
from gateway.line.handshakes import BEGUN, ENDED, Handshakes
from gateway.line.tls import CertificatePool
from gateway.line.wire import Wire

pytestmark = pytest.mark.anyio

CROWD = 20
OF_TENANT = HANDSHAKES_PER_HOST // 2
A = Holder("A", "1")
SOON = 0.3
"""Seconds in which one more would come."""


async def come(taken, count):
    """So many connections have come, however busy the machine is, and time for one more."""
    async with asyncio.timeout(30):
        while len(taken) < count:  # noqa: ASYNC110 -- the server of the test has no event for it
            await asyncio.sleep(0.01)
    await asyncio.sleep(SOON)


@asynccontextmanager
async def silent_host():
    """A host that accepts connections and never sends a byte, and the accepted connections."""
    taken: list[asyncio.StreamWriter] = []

    async def take(reader, writer):
        taken.append(writer)
        await reader.read()  # the greeting, and then the end
        writer.close()

    server = await asyncio.start_server(take, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname(), taken
    finally:
        server.close()
        await server.wait_closed()


def request(tenant: str = "A", account: str = "1") -> httpx.Request:
    contract = contracts.load("inter")
    call = Call(contract=contract, operation="statement", tenant=tenant, account=account)
    return httpx.Request("GET", contract.url("statement"), extensions={KEY: call})


async def test_a_crowd_opens_few_at_once():
    """The others wait, and open theirs afterwards; a connection that is given up half-way is closed."""
    async with silent_host() as (address, taken):
        pool = CertificatePool(connect_to=address)
        wire = Wire(pool)
        each = [request(account=str(number)) for number in range(CROWD)]
        crowd = [asyncio.create_task(wire.handle_async_request(one)) for one in each]
        await come(taken, OF_TENANT)
        assert len(taken) == OF_TENANT

        for caller in crowd[:OF_TENANT]:
            caller.cancel()
        await come(taken, 2 * OF_TENANT)
        assert len(taken) == 2 * OF_TENANT

        # Another tenant need not wait for any of them.
        crowd.append(asyncio.create_task(wire.handle_async_request(request("B"))))
        await come(taken, 2 * OF_TENANT + 1)
        assert len(taken) == 2 * OF_TENANT + 1

        for caller in crowd:
            caller.cancel()
        await asyncio.gather(*crowd, return_exceptions=True)
        await pool.aclose()
        async with asyncio.timeout(5):
            for writer in taken:
                await writer.wait_closed()


@pytest.mark.parametrize("ended", sorted(ENDED))
async def test_a_place_is_given_back_once(ended: str):
    """When the connection is open or has failed; closing afterwards gives nothing back a second time."""
    handshakes = Handshakes(1)
    first, second, third = (handshakes.to("a", A) for _ in range(3))
    await first(BEGUN, {})
    waiting = asyncio.create_task(second(BEGUN, {}))
    await asyncio.sleep(0)
    assert not waiting.done()

    await first(ended, {})
    first.close()
    await waiting
    late = asyncio.create_task(third(BEGUN, {}))
    await asyncio.sleep(0)
    assert not late.done()
    second.close()
    await late


async def test_who_is_cancelled_while_waiting_holds_nothing():
    """The place goes to the next."""
    handshakes = Handshakes(1)
    first, second, third = (handshakes.to("a", A) for _ in range(3))
    await first(BEGUN, {})
    waiting = asyncio.create_task(second(BEGUN, {}))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait({waiting})
    second.close()

    late = asyncio.create_task(third(BEGUN, {}))
    await asyncio.sleep(0)
    assert not late.done()
    first.close()
    await late


async def test_hosts_do_not_wait_for_each_other():
    """However slow one of them is."""
    handshakes = Handshakes(1)
    first, other = handshakes.to("a", A), handshakes.to("b", A)
    await first(BEGUN, {})
    await asyncio.wait_for(other(BEGUN, {}), 1)


async def test_who_waits_too_long_has_sent_nothing(monkeypatch: pytest.MonkeyPatch):
    """So the call can be made again, whatever it was."""
    monkeypatch.setattr(module, "HANDSHAKE_WAIT_SECONDS", 0.01)
    handshakes = Handshakes(1)
    first, second, third = (handshakes.to("a", A) for _ in range(3))
    await first(BEGUN, {})
    with pytest.raises(NOTHING_SENT):
        await second(BEGUN, {})
    second.close()
    with pytest.raises(NOTHING_SENT):
        await third(BEGUN, {})


async def test_a_crowd_of_one_tenant_leaves_places_to_others():
    """However many accounts it has; and their stalled handshakes are not waited for."""
    handshakes = Handshakes()
    crowd = [handshakes.to("a", Holder("A", str(number))) for number in range(2 * HANDSHAKES_PER_HOST)]
    opening = [asyncio.create_task(each(BEGUN, {})) for each in crowd]
    await asyncio.sleep(0)

    for tenant in ("B", "C"):
        await asyncio.wait_for(handshakes.to("a", Holder(tenant, "1"))(BEGUN, {}), 1)

    assert sum(task.done() for task in opening) == OF_TENANT
    for task in opening:
        task.cancel()
    await asyncio.gather(*opening, return_exceptions=True)


async def test_who_would_wait_behind_far_too_many_has_sent_nothing():
    """So the call can be made again."""
    handshakes = Handshakes(1)
    crowd = [handshakes.to("a", Holder("A", str(number))) for number in range(HANDSHAKES_WAITING_PER_HOST)]
    opening = [asyncio.create_task(each(BEGUN, {})) for each in crowd]
    await asyncio.sleep(0)

    with pytest.raises(NOTHING_SENT):
        await handshakes.to("a", Holder("A", "late"))(BEGUN, {})

    for task in opening:
        task.cancel()
    await asyncio.gather(*opening, return_exceptions=True)
