"""An end to what an adapter computes: one that loops without sending a request would hold the suite up for ever."""

import faulthandler
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from simulators.certify.demands import Shortfall

__all__ = ["CASE_SECONDS", "PROCESS_SECONDS", "OutOfTime", "bounded"]

PROCESS_SECONDS = 600.0
"""Seconds for one case, whatever passes in them, after which the suite ends as a process; a busy machine is slower."""
CASE_SECONDS = 30.0
"""Seconds of processor time for one case of a check; the longest takes a few."""


class OutOfTime(Shortfall):
    """The adapter took all the processor time that a case has."""


class _Spent(BaseException):
    """The time is spent. No `Exception`, which an adapter or its harness may catch."""


@contextmanager
def bounded(seconds: float, *, process_seconds: float | None = None) -> Iterator[None]:
    """Give the block so many seconds of processor time, where signals can be received.

    Args:
        seconds: of processor time.
        process_seconds: after so many seconds the whole process ends with status 1, and standard error says at which
            line it was: an adapter may wait, catch whatever would end it, or be in a library that looks at no signal.
            None where the process is not the suite's own.

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

    if process_seconds is not None:
        faulthandler.dump_traceback_later(process_seconds, exit=True, file=sys.__stderr__ or 2)
    before = signal.signal(signal.SIGVTALRM, spent)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    except _Spent:
        message = f"the adapter computes without an end: after {seconds:g} seconds of processor time it was at {place}"
        raise OutOfTime(message) from None
    finally:
        if process_seconds is not None:
            faulthandler.cancel_dump_traceback_later()
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
