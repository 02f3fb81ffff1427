"""Threads for work that takes long."""

import asyncio
import contextvars
import threading

import pytest

from gateway.concurrency.workers import Workers

pytestmark = pytest.mark.anyio

WHO = contextvars.ContextVar("who", default="none")


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture
def workers():
    return Workers("test", 1)


async def test_the_loop_goes_on_meanwhile(workers):
    """Work waits for something that only the loop can do."""
    go = threading.Event()
    waiting = asyncio.create_task(workers.run(go.wait, 5))
    await asyncio.sleep(0)
    go.set()

    assert await waiting is True


async def test_results_errors_and_context_come_through(workers):
    """As if the work had been done here."""
    WHO.set("somebody")
    assert await workers.run(WHO.get) == "somebody"
    with pytest.raises(ZeroDivisionError):
        await workers.run(lambda: 1 // 0)


async def test_no_more_at_once_than_there_are_threads(workers):
    """Further work waits."""
    busy, most = 0, 0
    lock = threading.Lock()

    def work():
        nonlocal busy, most
        with lock:
            busy += 1
            most = max(most, busy)
        with lock:
            busy -= 1

    await asyncio.gather(*(workers.run(work) for _ in range(20)))
    assert most == 1


async def test_a_cancelled_caller_waits_for_work_under_way(workers):
    """So that nothing the work uses is closed meanwhile; an error of the work is dropped."""
    loop, begun = asyncio.get_running_loop(), asyncio.Event()
    go, ended = threading.Event(), threading.Event()

    def work():
        loop.call_soon_threadsafe(begun.set)
        go.wait(5)
        ended.set()
        raise ValueError("this is dropped")

    caller = asyncio.create_task(workers.run(work))
    await begun.wait()
    caller.cancel()
    await asyncio.sleep(0)
    assert not caller.done()
    go.set()
    with pytest.raises(asyncio.CancelledError):
        await caller
    assert ended.is_set()


async def test_work_that_has_not_begun_is_left_undone(workers):
    """When its caller is cancelled."""
    go, done = threading.Event(), []
    first = asyncio.create_task(workers.run(go.wait, 5))
    await asyncio.sleep(0)
    second = asyncio.create_task(workers.run(done.append, 1))
    await asyncio.sleep(0)
    second.cancel()
    with pytest.raises(asyncio.CancelledError):
        await second
    go.set()
    await first
    assert not done
