"""The simulators' clock, as the gateway hears it."""

import asyncio
import itertools
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from gateway.clock import RemoteClock

pytestmark = pytest.mark.anyio

URL = "http://127.0.0.1:1/_sim/clock"
YEAR = timedelta(days=365)


class Simulators:
    """They answer when they are let, with the time they had when they were asked."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)
        self.questions = 0
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def answer(self, request: httpx.Request) -> httpx.Response:
        self.questions += 1
        now = datetime.now(UTC) + self.ahead
        await self.may_answer.wait()
        return httpx.Response(200, json={"now": now.isoformat()})


@pytest.fixture
def simulators():
    return Simulators()


@pytest.fixture
async def clock(simulators):
    async with httpx.AsyncClient(transport=httpx.MockTransport(simulators.answer)) as client:
        yield RemoteClock(URL, client)


def ahead(clock: RemoteClock) -> timedelta:
    return clock.now() - datetime.now(UTC)


async def test_a_crowd_shares_a_question(clock, simulators):
    """Two at most: the one that was under way when they came serves none of them."""
    simulators.may_answer.clear()
    first = asyncio.create_task(clock.refresh())
    await asyncio.sleep(0.01)
    simulators.ahead = YEAR
    crowd = [asyncio.create_task(clock.refresh()) for _ in range(50)]
    await asyncio.sleep(0.01)
    assert simulators.questions == 1
    simulators.may_answer.set()
    await asyncio.gather(first, *crowd)

    assert simulators.questions == 2
    assert abs(ahead(clock) - YEAR) < timedelta(seconds=5)


async def test_each_later_caller_starts_a_new_request(clock, simulators):
    """A caller sees a clock that was moved before it came."""
    for years in range(3):
        simulators.ahead = YEAR * years
        await clock.refresh()
        assert abs(ahead(clock) - YEAR * years) < timedelta(seconds=5)
    assert simulators.questions == 3


async def test_who_goes_away_does_not_take_the_question_along(clock, simulators):
    """Others wait for the same one."""
    simulators.may_answer.clear()
    simulators.ahead = YEAR
    gone, stays = (asyncio.create_task(clock.refresh()) for _ in range(2))
    await asyncio.sleep(0.01)
    gone.cancel()
    await asyncio.wait({gone})
    simulators.may_answer.set()
    await stays

    assert simulators.questions == 1
    assert ahead(clock) > YEAR / 2


@pytest.mark.parametrize("answer", [httpx.Response(500), httpx.Response(200, json={"now": "later"}), None])
async def test_on_silence_the_last_difference_holds(answer, simulators):
    """Whatever came instead of the time."""

    async def tell(request: httpx.Request) -> httpx.Response:
        if simulators.questions:
            if answer is None:
                raise httpx.ConnectError("refused")
            return answer
        return await simulators.answer(request)

    simulators.ahead = YEAR
    async with httpx.AsyncClient(transport=httpx.MockTransport(tell)) as client:
        clock = RemoteClock(URL, client)
        await clock.refresh()
        await clock.refresh()
    assert ahead(clock) > YEAR / 2


async def test_a_connection_that_was_closed_meanwhile_is_no_silence(simulators):
    """The request is sent once more."""
    broken = iter([httpx.RemoteProtocolError("closed"), httpx.ReadError("reset")])

    async def tell(request: httpx.Request) -> httpx.Response:
        if simulators.questions == 1 and (error := next(broken, None)):
            raise error
        return await simulators.answer(request)

    async with httpx.AsyncClient(transport=httpx.MockTransport(tell)) as client:
        clock = RemoteClock(URL, client)
        await clock.refresh()
        next(broken)
        simulators.ahead = YEAR
        await clock.refresh()
    assert ahead(clock) > YEAR / 2


async def test_closing_gives_up_what_is_being_asked(clock, simulators):
    """And requests that wait; their callers are cancelled."""
    simulators.may_answer.clear()
    first = asyncio.create_task(clock.refresh())
    await asyncio.sleep(0.01)
    second = asyncio.create_task(clock.refresh())
    await asyncio.sleep(0.01)
    async with asyncio.timeout(5):
        await clock.aclose()
        answers = await asyncio.gather(first, second, return_exceptions=True)
        await clock.aclose()

    assert [type(answer) for answer in answers] == [asyncio.CancelledError] * 2


async def test_elapsed_time_follows_the_world_and_never_goes_back(clock, simulators):
    """A world that is moved on has passed that time; one that is put back goes on from where it was."""
    seen = [clock.elapsed()]
    for step in (timedelta(days=3), timedelta(days=-30), timedelta(0), timedelta(hours=1), timedelta(days=-5)):
        simulators.ahead += step
        await clock.refresh()
        seen.append(clock.elapsed())
    passed = [round(later - earlier) for earlier, later in itertools.pairwise(seen)]

    assert passed == [3 * 86_400, 0, 0, 3600, 0]


async def test_a_wait_ends_when_the_world_is_moved(clock, simulators):
    """Whoever waits for a minute of the world waits no longer when somebody moves it by an hour."""
    waiting = asyncio.create_task(clock.sleep(60))
    await asyncio.sleep(0.01)
    assert not waiting.done()

    simulators.ahead += timedelta(hours=1)
    async with asyncio.timeout(10):
        await waiting
