"""One task for all concurrent callers with the same key."""

import asyncio
import traceback
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from gateway.concurrency.single_flight import SingleFlight
from gateway.errors import BankError, BankFailure, GatewayError

pytestmark = pytest.mark.anyio


class Work:
    """Work that waits until it is let go."""

    def __init__(self, error: Exception | None = None) -> None:
        self.starts = 0
        self.cancelled = 0
        self.go = asyncio.Event()
        self.error = error
        self.cleaned = asyncio.Event()

    def __call__(self) -> Coroutine[Any, Any, int]:
        self.starts += 1
        return self._run(self.starts)

    async def _run(self, turn: int) -> int:
        try:
            await self.go.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            await self.cleaned.wait()
            raise
        if self.error is not None:
            raise self.error
        return turn


async def settle() -> None:
    """Let everything run as far as it can."""
    for _ in range(5):
        await asyncio.sleep(0)


def callers(flights: SingleFlight[str, int], begin: Callable[[], Coroutine[Any, Any, int]], count: int) -> list[Any]:
    return [asyncio.ensure_future(flights.result("key", begin)) for _ in range(count)]


async def test_callers_share_what_is_under_way_and_nothing_is_kept() -> None:
    """Two at once are one; the next one begins anew; another key is another work."""
    flights, work = SingleFlight[str, int](), Work()
    waiting = callers(flights, work, 500)
    other = asyncio.ensure_future(flights.result("other", work))
    await settle()
    assert work.starts == 2
    work.go.set()

    assert set(await asyncio.gather(*waiting)) == {1}
    assert await other == 2
    assert await flights.result("key", work) == 3


async def test_a_caller_that_goes_away_does_not_affect_the_others() -> None:
    """Not even the one that started it."""
    flights, work = SingleFlight[str, int](), Work()
    first, second = callers(flights, work, 2)
    await settle()

    first.cancel()
    await settle()
    work.go.set()

    assert await second == 1
    assert (first.cancelled(), work.cancelled) == (True, 0)


async def test_the_work_is_cancelled_with_its_last_caller() -> None:
    """It is cancelled; a caller that comes while it cleans up starts a new one, and closing waits for both."""
    flights, work = SingleFlight[str, int](), Work()
    gone = callers(flights, work, 2)
    await settle()
    for each in gone:
        each.cancel()
    await settle()
    assert work.cancelled == 1

    late = asyncio.ensure_future(flights.result("key", work))
    await settle()
    closing = asyncio.ensure_future(flights.aclose())
    work.go.set()
    assert await asyncio.wait_for(late, 5) == 2
    await settle()
    assert not closing.done()

    work.cleaned.set()
    await closing


async def test_each_caller_gets_an_exception_of_its_own() -> None:
    """With all attributes of the failure, and a traceback that does not grow with the callers."""
    bank_error = BankError(503, "E1", "away")
    failure = BankFailure(
        "bank_unavailable", bank="inter", at="token", detail="x", bank_error=bank_error, timed_out=True
    )
    flights, work = SingleFlight[str, int](), Work(failure)
    waiting = callers(flights, work, 50)
    await settle()
    work.go.set()

    raised = await asyncio.gather(*waiting, return_exceptions=True)

    assert len({id(error) for error in raised}) == 50
    assert failure not in raised
    for error in raised:
        assert isinstance(error, BankFailure)
        assert (str(error), error.status, error.bank_error) == (str(failure), 504, bank_error)
        assert error.__cause__ is failure
    lengths = {len(traceback.extract_tb(error.__traceback__)) for error in raised}
    assert lengths == {2}
    frames = [frame.name for frame in traceback.extract_tb(failure.__traceback__)]
    assert frames.count("_run") == 1, frames


@pytest.mark.parametrize(
    "error", [GatewayError("internal_error", "x"), OSError(2, "no"), ValueError("v"), KeyError("k")]
)
async def test_any_kind_of_exception_passes(error: Exception) -> None:
    """Whatever its constructor wants."""
    flights, work = SingleFlight[str, int](), Work(error)
    work.go.set()

    with pytest.raises(type(error)) as raised:
        await flights.result("key", work)

    assert str(raised.value) == str(error)
    assert raised.value is not error


async def test_a_failure_without_a_waiting_caller_is_not_logged() -> None:
    """The last caller goes in the same moment in which the work fails."""
    flights, work = SingleFlight[str, int](), Work(ValueError("unheard"))
    complaints: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: complaints.append(context))
    (caller,) = callers(flights, work, 1)
    await settle()

    work.go.set()
    caller.cancel()
    await settle()
    await flights.aclose()

    assert complaints == []


async def test_who_began_to_ask_before_the_end_is_served_after_it() -> None:
    """The work that was under way at its arrival is shared with it; a caller after its end gets work of its own."""
    flights, work = SingleFlight[str, int](), Work()
    (first,) = callers(flights, work, 1)
    await settle()
    with flights.arrival() as before:
        work.go.set()
        assert await first == 1
        with flights.arrival() as after:
            assert await before.result("key", work) == 1
            assert await after.result("key", work) == 2


async def test_who_began_to_ask_before_the_end_gets_its_failure_too() -> None:
    """As an exception of its own."""
    failure = BankFailure("bank_unavailable", bank="inter", at="statement", detail="x")
    flights, work = SingleFlight[str, int](), Work(failure)
    (first,) = callers(flights, work, 1)
    await settle()
    with flights.arrival() as arrival:
        work.go.set()
        with pytest.raises(BankFailure):
            await first
        with pytest.raises(BankFailure) as raised:
            await arrival.result("key", work)

    assert raised.value is not failure
    assert work.starts == 1


async def test_results_are_kept_for_no_other_caller() -> None:
    """Not for a caller that has named its key and waits long for it, nor for one that has gone."""
    flights, quick, slow = SingleFlight[str, int](), Work(), Work()
    quick.go.set()
    with flights.arrival() as waiting, flights.arrival() as gone:
        assert await flights.result("key", quick) == 1
        assert len(flights._ended) == 1
        long = asyncio.ensure_future(waiting.result("other", slow))
        await settle()
    assert gone is not waiting
    assert not flights._ended
    slow.go.set()
    assert await long == 1
