"""The embedded queue: keys, locks, priorities, times, bounds, and its end."""

import asyncio
from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.work.embedded import EmbeddedQueue
from gateway.work.jobs import Job
from tests.clocks import FixedClock
from tests.gateway.support import NOW

pytestmark = pytest.mark.anyio


def job(key, **more):
    return Job(task="note", key=key, arguments={"key": key}, **more)


class Worker:
    """Notes the jobs it is given; each ends when it is told to."""

    def __init__(self):
        self.begun = []
        self.ended = []
        self.cancelled = []
        self.gates = {}

    async def note(self, arguments):
        key = arguments["key"]
        self.begun.append(key)
        gate = self.gates.setdefault(key, asyncio.Event())
        try:
            await gate.wait()
        except asyncio.CancelledError:
            self.cancelled.append(key)
            raise
        self.ended.append(key)

    def open(self, *keys):
        for key in keys:
            self.gates.setdefault(key, asyncio.Event()).set()


@pytest.fixture
def worker():
    return Worker()


@pytest.fixture
def clock():
    return FixedClock(NOW)


def queue_of(worker, clock, **more):
    return EmbeddedQueue({"note": worker.note}, clock, **({"at_once": 2, "look_seconds": 0} | more))


async def until(condition):
    """Let the loop go on until something is so."""
    for _ in range(1000):
        if condition():
            return
        await asyncio.sleep(0)
    pytest.fail("it never came to be")


async def test_a_job_whose_key_waits_is_not_added(worker, clock):
    """One that is under way does not wait any more."""
    queue = queue_of(worker, clock, at_once=1)
    worker.open("a")
    await queue.put([job("a"), job("a")])
    async with queue.running():
        await until(lambda: worker.ended == ["a"])
        worker.gates.clear()
        await queue.put([job("a")])
        await until(lambda: worker.begun == ["a", "a"])
        await queue.put([job("a"), job("a")])
        worker.open("a")
        await until(lambda: len(worker.ended) == 3)
    assert worker.begun == ["a"] * 3


async def test_what_came_first_begins_first(worker, clock):
    """One after the other."""
    queue = queue_of(worker, clock, at_once=1)
    worker.open("first", "second", "third")
    await queue.put([job("first"), job("second"), job("third")])
    async with queue.running():
        await until(lambda: len(worker.ended) == 3)
    assert worker.begun == ["first", "second", "third"]


async def test_jobs_of_one_lock_run_one_after_the_other(worker, clock):
    """And hold up no others."""
    queue = queue_of(worker, clock, at_once=3)
    await queue.put([job("a", lock="x"), job("b", lock="x"), job("c", lock="y")])
    async with queue.running():
        await until(lambda: worker.begun == ["a", "c"])
        worker.open("a", "c")
        await until(lambda: worker.begun == ["a", "c", "b"])
        worker.open("b")
        await until(lambda: len(worker.ended) == 3)


async def test_a_job_begins_when_its_time_has_come(worker, clock):
    """By a clock that jumps."""
    queue = queue_of(worker, clock)
    worker.open("later", "now")
    await queue.put([job("later", at=NOW + timedelta(hours=1)), job("now", at=NOW)])
    async with queue.running():
        await until(lambda: worker.ended == ["now"])
        clock.moment = NOW + timedelta(hours=1)
        await until(lambda: worker.ended == ["now", "later"])


async def test_a_job_that_fails_frees_its_lock(worker, clock, logged):
    """It is logged, and the next one of the lock runs."""

    async def fail(arguments):
        raise RuntimeError("no")

    queue = EmbeddedQueue({"note": worker.note, "fail": fail}, clock, at_once=1, look_seconds=0)
    worker.open("after")
    await queue.put([Job(task="fail", key="f", lock="x"), job("after", lock="x")])
    async with queue.running():
        await until(lambda: worker.ended == ["after"])
    assert "job_failed" in logged.getvalue()


async def test_jobs_without_room_are_not_added(worker, clock):
    """They come again, because what is to be done stands in the database."""
    queue = queue_of(worker, clock, most=2)
    worker.open("a", "b", "c")
    await queue.put([job("a"), job("b"), job("c")])
    async with queue.running():
        await until(lambda: len(worker.ended) == 2)
        await queue.put([job("c")])
        await until(lambda: worker.ended == ["a", "b", "c"])


async def test_leaving_waits_for_jobs_under_way_and_begins_none(worker, clock):
    """What waits is dropped."""
    queue = queue_of(worker, clock, at_once=1)
    await queue.put([job("a"), job("b")])
    async with queue.running():
        await until(lambda: worker.begun == ["a"])
        asyncio.get_running_loop().call_soon(worker.open, "a")
    assert (worker.begun, worker.ended, worker.cancelled) == (["a"], ["a"], [])


async def test_leaving_cancels_what_does_not_end(worker, clock):
    """It is handed back by its own task."""
    queue = queue_of(worker, clock, stop_seconds=0)
    await queue.put([job("a"), job("b")])
    async with queue.running():
        await until(lambda: worker.begun == ["a", "b"])
    assert sorted(worker.cancelled) == ["a", "b"]


@given(
    st.lists(
        st.tuples(st.integers(0, 9), st.sampled_from(["", "x", "y"]), st.sampled_from([None, 0, 5, 60])),
        max_size=30,
    ),
    st.integers(1, 4),
)
def test_every_job_runs_once_within_the_bounds(plan, at_once):
    """Whatever their keys, locks and times."""
    clock, seen, under_way = FixedClock(NOW), Counter(), Counter()

    async def note(arguments):
        seen[arguments["key"]] += 1
        under_way[arguments["lock"]] += 1
        assert under_way.total() <= at_once
        assert not arguments["lock"] or under_way[arguments["lock"]] == 1
        await asyncio.sleep(0)
        under_way[arguments["lock"]] -= 1

    async def run():
        queue = EmbeddedQueue({"note": note}, clock, at_once=at_once, look_seconds=0)
        await queue.put(
            [
                Job(
                    task="note",
                    key=str(key),
                    arguments={"key": str(key), "lock": lock},
                    lock=lock,
                    at=None if minutes is None else NOW + timedelta(minutes=minutes),
                )
                for key, lock, minutes in plan
            ]
        )
        async with queue.running():
            clock.moment += timedelta(hours=1)
            await until(lambda: seen.total() == len({key for key, *_ in plan}))

    asyncio.run(run())
    assert seen == Counter({str(key) for key, *_ in plan})
