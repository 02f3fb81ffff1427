"""The bulkhead: a limited number of calls at one bank, the others in order, each until its deadline."""

import asyncio

import httpx
import pytest

import contracts
from gateway.errors import BankFailure
from gateway.line.bulkhead import Bulkhead
from gateway.line.call import call_of
from gateway.line.timing import loop_time
from tests.gateway.line.support import INTER, VIRTUAL, Script, now, request

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend():
    return VIRTUAL


def bulkhead_over(wire, **more):
    return Bulkhead(wire, loop_time, asyncio.sleep, **more)


async def ask(bulkhead, account="1", contract=INTER, **extensions):
    return await bulkhead.handle_async_request(
        request(contract=contract, extensions={"account": account, **extensions})
    )


async def test_so_many_and_no_more_at_once():
    """Whatever comes, the bank sees 48 at most; all are served in the end, in order."""
    wire = Script(200, seconds=1)
    bulkhead = bulkhead_over(wire)
    began = now()

    answers = await asyncio.gather(*(ask(bulkhead, str(number)) for number in range(480)))

    assert len(answers) == 480
    assert wire.most_under_way == 48
    assert now() - began == pytest.approx(10)


async def test_beyond_the_queue_there_is_a_refusal_at_once():
    """With all slots taken and no room to wait, the next call is refused with a time to come back; nothing was sent."""
    wire = Script(200, seconds=10)
    bulkhead = bulkhead_over(wire)
    crowd = [asyncio.create_task(ask(bulkhead, str(number))) for number in range(48 + 768)]
    await asyncio.sleep(1)
    began = now()

    with pytest.raises(BankFailure) as caught:
        await ask(bulkhead, "late")

    failure = caught.value
    assert (failure.code, failure.at, failure.nothing_sent, failure.retry_after) == (
        "bank_unavailable",
        "statement",
        True,
        5,
    )
    assert now() == began
    await asyncio.gather(*crowd)


async def test_no_call_waits_longer_than_its_deadline():
    """A call without a slot before its deadline is refused then, and does not delay those behind it."""
    wire = Script(200, seconds=60)
    bulkhead = bulkhead_over(wire, most=8, waiting=40)
    began = now()
    crowd = [asyncio.create_task(ask(bulkhead, str(number))) for number in range(4)]
    await asyncio.sleep(0)

    short, long = await asyncio.gather(
        ask(bulkhead, "short", deadline=began + 20), ask(bulkhead, "long"), return_exceptions=True
    )

    assert (short.code, long.status_code) == ("bank_unavailable", 200)
    assert now() - began == pytest.approx(120)
    await asyncio.gather(*crowd)


async def test_a_stalled_bank_takes_nothing_from_the_others():
    """With every place at one bank taken, and its queue full, another bank answers at once."""

    class Stalled(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request):
            if call_of(request).bank == "inter":
                await asyncio.sleep(1000)
            return httpx.Response(200)

    bulkhead = bulkhead_over(Stalled())
    crowd = [asyncio.create_task(ask(bulkhead, str(number))) for number in range(900)]
    await asyncio.sleep(1)
    began = now()

    assert (await ask(bulkhead, contract=contracts.load("itau"))).status_code == 200
    assert now() == began
    for task in crowd:
        task.cancel()
    await asyncio.gather(*crowd, return_exceptions=True)
    assert bulkhead._banks["inter"].empty()


async def test_one_account_leaves_room_for_the_others():
    """However many calls one account has, those of others go ahead of its queue, and its queue is limited."""
    bulkhead = bulkhead_over(Script(200, seconds=30))
    crowd = [asyncio.create_task(ask(bulkhead, "busy")) for _ in range(8 + 128)]
    await asyncio.sleep(1)
    began = now()

    with pytest.raises(BankFailure):
        await ask(bulkhead, "busy")
    assert (await ask(bulkhead, "other")).status_code == 200

    assert now() - began == pytest.approx(30)
    await asyncio.gather(*crowd)


@pytest.mark.parametrize("moment", [0.0, 0.5, 1.0, 1.5])
async def test_cancelled_at_any_moment_a_call_gives_its_place_back(moment):
    """Cancelled in the queue, in its place, or in the moment it is given one, a call leaves nothing behind."""
    bulkhead = bulkhead_over(Script(200, seconds=1), most=1, waiting=24)
    first, second, third = (asyncio.create_task(ask(bulkhead, "1")) for _ in range(3))
    await asyncio.sleep(moment)
    second.cancel()
    await asyncio.gather(first, second, third, return_exceptions=True)

    assert third.result().status_code == 200
    assert (await ask(bulkhead)).status_code == 200
    assert bulkhead._banks["inter"].empty()


async def test_a_tenant_cannot_take_a_bank_from_another():
    """Eight stalled accounts and crowds of abandoned calls of one tenant: another's calls go at once, all of them."""

    class Hostile(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request):
            await asyncio.sleep(1000 if call_of(request).tenant == "a" else 1)
            return httpx.Response(200)

    bulkhead = bulkhead_over(Hostile())
    crowd = [asyncio.create_task(ask(bulkhead, f"a{n % 8}", tenant="a")) for n in range(2000)]
    await asyncio.sleep(1)
    for abandoned in crowd[500:600]:
        abandoned.cancel()
    await asyncio.sleep(0)
    began = now()

    answers = await asyncio.gather(*(ask(bulkhead, f"b{n}", tenant="b") for n in range(8)))

    assert {answer.status_code for answer in answers} == {200}
    assert now() - began == pytest.approx(1)
    for task in crowd:
        task.cancel()
    await asyncio.gather(*crowd, return_exceptions=True)
    assert bulkhead._banks["inter"].empty()


async def test_stalled_accounts_leave_room_for_the_others_of_their_tenant():
    """However many calls eight accounts have under way, a ninth finds a place at once."""
    bulkhead = bulkhead_over(Script(200, seconds=1000))
    crowd = [asyncio.create_task(ask(bulkhead, f"a{n % 8}", tenant="a")) for n in range(400)]
    await asyncio.sleep(1)
    bulkhead._inner.seconds = 0
    began = now()

    assert (await ask(bulkhead, "well", tenant="a")).status_code == 200

    assert now() == began
    for task in crowd:
        task.cancel()
    await asyncio.gather(*crowd, return_exceptions=True)
