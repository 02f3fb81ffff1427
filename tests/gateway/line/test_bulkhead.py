"""The bulkhead: so many at once at one bank, the rest in order, nobody for ever."""

import asyncio

import httpx
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

import contracts
from gateway.errors import BankFailure
from gateway.line.bulkhead import Bulkhead, Crowded, Places
from gateway.line.timing import loop_time
from tests.gateway.line.support import INTER, VIRTUAL, Script, now, request

pytestmark = pytest.mark.anyio

MOST, WAITING, SHARE = 12, 18, 6


@pytest.fixture
def anyio_backend():
    return VIRTUAL


class Crowd(RuleBasedStateMachine):
    """Calls of several accounts come, leave, and lose patience in any order."""

    def __init__(self):
        super().__init__()
        self.places = Places(MOST, WAITING, SHARE)
        self.inside = []
        self.waiting = []
        self.woken = []

    @rule(account=st.sampled_from("abcdef"))
    def comes(self, account):
        woken = []
        of_account = [place for place in self.waiting if place.account == account]
        try:
            place = self.places.ask(account, lambda: self.woken.append(woken[0]))
        except Crowded:
            assert len(self.waiting) == WAITING or len(of_account) == WAITING // SHARE
            return
        woken.append(place)
        (self.inside if place.taken else self.waiting).append(place)

    @precondition(lambda self: self.inside or self.waiting)
    @rule(data=st.data())
    def leaves(self, data):
        place = data.draw(st.sampled_from(self.inside + self.waiting))
        (self.inside if place.taken else self.waiting).remove(place)
        may_go = [other for other in self.waiting if self._would_fit(other, without=place)]
        self.places.leave(place)
        assert self.woken == (may_go[:1] if place.taken else [])
        for woken in self.woken:
            assert woken.taken
            self.waiting.remove(woken)
            self.inside.append(woken)
        self.woken = []

    def _would_fit(self, place, without):
        others = [other for other in self.inside if other is not without]
        return len(others) < MOST and sum(other.account == place.account for other in others) < MOST // SHARE

    @invariant()
    def nobody_is_too_many(self):
        assert len(self.inside) <= MOST
        assert all(sum(place.account == account for place in self.inside) <= MOST // SHARE for account in "abcdef")
        assert all(place.taken for place in self.inside)
        assert not any(place.taken for place in self.waiting)

    @invariant()
    def nobody_waits_in_vain(self):
        assert not any(self._would_fit(place, without=None) for place in self.waiting)


TestCrowd = Crowd.TestCase


def held(wire, **more):
    return Bulkhead(wire, loop_time, asyncio.sleep, **more)


async def ask(bulkhead, account="1", contract=INTER, **extensions):
    return await bulkhead.handle_async_request(
        request(contract=contract, extensions={"account": account, **extensions})
    )


async def test_so_many_and_no_more_at_once():
    """Whatever comes, the bank sees 48 at most; all are served in the end, in order."""
    wire = Script(200, seconds=1)
    bulkhead = held(wire)
    began = now()

    answers = await asyncio.gather(*(ask(bulkhead, str(number)) for number in range(480)))

    assert len(answers) == 480
    assert wire.most_under_way == 48
    assert now() - began == pytest.approx(10)


async def test_beyond_the_queue_there_is_a_refusal_at_once():
    """With all places and all places to wait taken, the next is told to come back, and nothing was sent."""
    wire = Script(200, seconds=10)
    bulkhead = held(wire)
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


async def test_nobody_waits_longer_than_its_deadline():
    """Who finds no place before its deadline is refused then, and does not hold up those behind it."""
    wire = Script(200, seconds=60)
    bulkhead = held(wire, most=4, waiting=40)
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
            if request.extensions["contract"].slug == "inter":
                await asyncio.sleep(1000)
            return httpx.Response(200)

    bulkhead = held(Stalled())
    crowd = [asyncio.create_task(ask(bulkhead, str(number))) for number in range(900)]
    await asyncio.sleep(1)
    began = now()

    assert (await ask(bulkhead, contract=contracts.load("itau"))).status_code == 200
    assert now() == began
    for task in crowd:
        task.cancel()
    await asyncio.gather(*crowd, return_exceptions=True)
    assert not bulkhead._places["inter"]._taken


async def test_one_account_leaves_room_for_the_others():
    """However many calls one account has, somebody else's goes ahead of its queue; and that queue has its end."""
    bulkhead = held(Script(200, seconds=30))
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
    bulkhead = held(Script(200, seconds=1), most=1, waiting=12)
    first, second, third = (asyncio.create_task(ask(bulkhead, "1")) for _ in range(3))
    await asyncio.sleep(moment)
    second.cancel()
    await asyncio.gather(first, second, third, return_exceptions=True)

    assert third.result().status_code == 200
    assert (await ask(bulkhead)).status_code == 200
    assert not bulkhead._places["inter"]._taken
