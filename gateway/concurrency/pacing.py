"""Rests for threads that work on large answers, so that other callers go first.

An interpreter runs one thread at a time. A thread that computes takes it for a while whenever the event loop makes a
system call, which a request does dozens of times. So a thread works on a large answer in short slices, and while other
tenants are at work it rests longer between them: the large answer takes several times as long, and the others hardly
wait.
"""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import chain, islice
from typing import TypeVar

from gateway.limits import ENTRIES_AT_ONCE, ITEMS_BETWEEN_RESTS, THREAD_RESTS, THREAD_SLICE_SECONDS

__all__ = ["batches", "paced", "rest", "resting"]

T = TypeVar("T")


_thread = threading.local()


class _Pace:
    """The processor time of a thread since its last rest."""

    def __init__(self, spent: Callable[[float], object], crowded: Callable[[], bool]) -> None:
        self._spent = spent
        self._crowded = crowded
        self._began = time.thread_time()

    def rest(self) -> None:
        worked = time.thread_time() - self._began
        if worked >= THREAD_SLICE_SECONDS:
            self.settle()
            if self._crowded():
                time.sleep(worked * THREAD_RESTS)

    def settle(self) -> None:
        """Report the time worked, and begin to count anew."""
        now = time.thread_time()
        self._spent(now - self._began)
        self._began = now


@contextmanager
def paced(spent: Callable[[float], object], crowded: Callable[[], bool]) -> Iterator[None]:
    """Let calls of `rest` within this block rest; outside such a block they do nothing.

    Args:
        spent: receives seconds of processor time, after each slice and at the end.
        crowded: whether others are at work; otherwise there is no need to rest.
    """
    pace = _thread.pace = _Pace(spent, crowded)
    try:
        yield
    finally:
        del _thread.pace
        pace.settle()


def rest() -> None:
    """Rest, if this thread is paced and has worked for a slice."""
    pace: _Pace | None = getattr(_thread, "pace", None)
    if pace is not None:
        pace.rest()


def batches(items: Iterable[T], most: int = ENTRIES_AT_ONCE) -> Iterator[list[T]]:
    """Up to `most` items at a time, in order, with a rest between them where one is due."""
    ahead = iter(items)
    while batch := list(islice(ahead, most)):
        yield batch
        rest()


def resting(items: Iterable[T]) -> Iterator[T]:
    """The same items, a few fetched at a time, with a rest between them where one is due."""
    return chain.from_iterable(batches(items, ITEMS_BETWEEN_RESTS))
