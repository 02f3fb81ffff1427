"""An end to what an adapter computes: one that loops without sending a request would hold the suite up for ever."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from simulators.certify.bench import Shortfall

__all__ = ["CASE_SECONDS", "OutOfTime", "bounded"]

CASE_SECONDS = 30.0
"""Seconds of processor time for one case of a check; the longest takes a few."""


class OutOfTime(Shortfall):
    """The adapter took all the processor time that a case has."""


class _Spent(BaseException):
    """The time is spent. No `Exception`, which an adapter or its harness may catch."""


@contextmanager
def bounded(seconds: float) -> Iterator[None]:
    """Give the block so many seconds of processor time, where signals can be received.

    Raises:
        OutOfTime: it took more; the text has the place at which it was.
    """
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "setitimer"):
        yield
        return
    place = ""

    def spent(_number: int, frame: FrameType | None) -> None:
        nonlocal place
        place = f"{frame.f_code.co_filename}:{frame.f_lineno}" if frame is not None else "an unknown place"
        raise _Spent

    before = signal.signal(signal.SIGVTALRM, spent)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    except _Spent:
        message = f"the adapter computes without an end: after {seconds:g} seconds of processor time it was at {place}"
        raise OutOfTime(message) from None
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
