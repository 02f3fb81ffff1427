"""Rests of threads that work on large answers."""

import threading
import time

import pytest

from gateway import limits
from gateway.concurrency import pacing


@pytest.fixture
def rests(monkeypatch):
    """The length of each rest, without sleeping."""
    taken = []
    monkeypatch.setattr(pacing.time, "sleep", taken.append)
    return taken


@pytest.fixture
def spent():
    """The reported processor times."""
    return []


def burn(seconds):
    until = time.thread_time() + seconds
    while time.thread_time() < until:
        pass


def test_a_thread_that_is_not_paced_never_rests(rests, spent):
    """The event loop's own thread does small work at once."""
    burn(2 * limits.THREAD_SLICE_SECONDS)
    pacing.rest()
    assert [*pacing.resting(range(1000))] == [*range(1000)]
    assert rests == []


def test_a_rest_is_due_after_a_slice_and_not_before(rests, spent):
    """And it is longer than the slice."""
    with pacing.paced(spent.append, lambda: True):
        pacing.rest()
        assert rests == []
        burn(limits.THREAD_SLICE_SECONDS)
        pacing.rest()
        pacing.rest()
    assert len(rests) == 1
    assert rests[0] >= limits.THREAD_RESTS * limits.THREAD_SLICE_SECONDS


def test_items_come_through_with_rests_between_them(rests, spent):
    """The same ones in the same order."""

    def slow():
        for number in range(4 * limits.ITEMS_BETWEEN_RESTS):
            if number % limits.ITEMS_BETWEEN_RESTS == 0:
                burn(limits.THREAD_SLICE_SECONDS)
            yield number

    with pacing.paced(spent.append, lambda: True):
        assert [*pacing.resting(slow())] == [*range(4 * limits.ITEMS_BETWEEN_RESTS)]
    assert len(rests) == 4


def test_a_thread_that_is_alone_never_rests(rests, spent):
    """A thread that is alone does not rest, but reports its time."""
    began = time.thread_time()
    with pacing.paced(spent.append, lambda: False):
        for _ in range(3):
            burn(limits.THREAD_SLICE_SECONDS)
            pacing.rest()
    worked = time.thread_time() - began
    assert rests == []
    assert len(spent) == 4
    assert 3 * limits.THREAD_SLICE_SECONDS <= sum(spent) <= worked


def test_one_thread_does_not_pace_another(rests, spent):
    """Each has a clock of its own."""
    with pacing.paced(spent.append, lambda: True):
        other = threading.Thread(target=lambda: (burn(2 * limits.THREAD_SLICE_SECONDS), pacing.rest()))
        other.start()
        other.join()
    assert rests == []
