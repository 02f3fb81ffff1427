"""Letting the event loop go first, while a thread works on a large answer.

An interpreter runs one thread at a time. A thread that computes keeps it for a while each time the event loop makes a
system call, of which a request makes dozens. So a large answer is worked on in short slices, with longer rests between
them: it takes a few times as long, and everybody else is hardly held up.
"""

import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

__all__ = ["paced", "rest", "resting"]

T = TypeVar("T")

SLICE_SECONDS = 0.005
"""Processor time after which a rest is due."""
RESTS = 3.0
"""How many times as long as a slice the rest after it is."""
BETWEEN = 50
"""Items between two looks at the clock."""

_thread = threading.local()


@contextmanager
def paced() -> Iterator[None]:
    """Within this block the thread rests where `rest` is called; nowhere else does it."""
    _thread.worked = time.thread_time()
    try:
        yield
    finally:
        del _thread.worked


def rest() -> None:
    """Rest, if this thread is paced and has worked for a slice."""
    began = getattr(_thread, "worked", None)
    if began is None:
        return
    worked = time.thread_time() - began
    if worked >= SLICE_SECONDS:
        time.sleep(worked * RESTS)
        _thread.worked = time.thread_time()


def resting(items: Iterable[T]) -> Iterator[T]:
    """The same items, with a rest between them where one is due."""
    for number, item in enumerate(items, 1):
        yield item
        if number % BETWEEN == 0:
            rest()
