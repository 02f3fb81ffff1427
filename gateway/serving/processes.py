"""Several processes that serve at one address.

This process holds the address and forks workers that accept connections there; it serves nothing itself. It has no
threads and no event loop, so that forking is safe, also when a worker is started again much later.

Rules.
1. The command is ready when every worker is. A worker that ends before that ends the command.
2. A worker that ends later is started again after a pause, which grows while workers end soon after their start. The
   others go on.
3. SIGTERM and SIGINT ask every worker to stop; each finishes its requests. Those that take longer than
   `WORKER_END_SECONDS` are killed.
4. Workers stop when this process has died: each watches a pipe that ends with it.
"""

import contextlib
import os
import selectors
import signal
import socket
import struct
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

import structlog

from gateway.limits import (
    WORKER_END_SECONDS,
    WORKER_LIVED_SECONDS,
    WORKER_LONGEST_PAUSE_SECONDS,
    WORKER_PAUSE_SECONDS,
)
from gateway.metrics import process_ended

__all__ = ["Work", "WorkerProcesses", "pause_after"]

PID = struct.Struct("i")
STOPS = (signal.SIGTERM, signal.SIGINT)

Work = Callable[[Callable[[], None], int], None]
"""What a worker does until it is asked to stop: it is given a function to call when it is ready, and the descriptor
that becomes readable when the process that has started it has died."""

log = structlog.get_logger("gateway.processes")


def pause_after(pause: float, lived: float) -> float:
    """Seconds before a worker is started again, that ran for so long and was started after such a pause."""
    if lived >= WORKER_LIVED_SECONDS or not pause:
        return WORKER_PAUSE_SECONDS
    return min(2 * pause, WORKER_LONGEST_PAUSE_SECONDS)


@dataclass
class _Place:
    """The place of one worker, whichever process fills it."""

    pid: int = 0
    """0 while there is none."""
    since: float = 0.0
    """When it was started, or is to be."""
    pause: float = 0.0
    """After which it was started."""


class WorkerProcesses:
    """Starts workers, starts them again, and stops them.

    Args:
        count: how many.
        work: what each does.
        all_ready: called once, when all are ready.
    """

    def __init__(self, count: int, work: Work, all_ready: Callable[[], None]) -> None:
        self._work = work
        self._all_ready = all_ready
        self._places = [_Place() for _ in range(count)]
        self._ready: set[int] = set()
        self._announced = False
        self._stopped_by = 0
        self._killed_at = 0.0

    def run(self) -> bool:
        """Run until a signal asks to stop; False when a worker could not start.

        Raises:
            KeyboardInterrupt: the signal was SIGINT.
        """
        with (
            self._signals() as signals,
            _pipe() as (life, living),
            _pipe() as (pids, own_pid),
            selectors.DefaultSelector() as events,
        ):
            os.set_blocking(pids, False)
            events.register(signals, selectors.EVENT_READ, lambda: self._obey(signals.recv(4096)))
            events.register(pids, selectors.EVENT_READ, lambda: self._note_ready(os.read(pids, 4096)))
            mine = [signals.fileno(), living, pids]
            while self._is_wanted():
                self._start_due(mine, life, own_pid)
                for key, _ in events.select(self._seconds()):
                    key.data()
                self._reap()
                self._kill_late()
        if self._stopped_by == signal.SIGINT:
            raise KeyboardInterrupt
        return self._announced or bool(self._stopped_by)

    def _is_wanted(self) -> bool:
        return not self._killed_at or any(place.pid for place in self._places)

    def _seconds(self) -> float:
        """How long nothing is to be done unless something happens."""
        now = time.monotonic()
        due = [place.since - now for place in self._places if not place.pid and not self._killed_at]
        if self._killed_at:
            due.append(self._killed_at - now)
        return max(0.0, min(due, default=WORKER_LIVED_SECONDS))

    def _start_due(self, mine: list[int], life: int, own_pid: int) -> None:
        for place in self._places:
            if not place.pid and not self._killed_at and place.since <= time.monotonic():
                place.since = time.monotonic()
                place.pid = os.fork() or self._child(mine, life, own_pid)

    def _child(self, mine: list[int], life: int, own_pid: int) -> int:
        """Work, and end the process.

        Args:
            mine: descriptors of the process that has started this one.
            life: becomes readable when that process has died.
            own_pid: takes the id of this process when it is ready.
        """
        status = 1
        try:
            _undo_signals()
            for each in mine:
                os.close(each)
            self._work(lambda: _tell_ready(own_pid), life)
            status = 0
        except KeyboardInterrupt:
            status = 0
        except BaseException as error:
            # This process ends here; the other logs its status.
            log.exception("worker_failed", exc_info=error)
        finally:
            with contextlib.suppress(OSError, ValueError):
                sys.stdout.flush()
                sys.stderr.flush()
            os._exit(status)

    def _note_ready(self, pids: bytes) -> None:
        self._ready.update(pid for (pid,) in PID.iter_unpack(pids))
        if not self._announced and not self._killed_at and all(place.pid in self._ready for place in self._places):
            self._announced = True
            self._all_ready()

    def _obey(self, signals: bytes) -> None:
        """Ask the workers to stop, and to stop at once when that is wanted for the second time."""
        for number in signals:
            if number in STOPS:
                self._stop(signal.SIGINT if self._stopped_by else signal.SIGTERM)
                self._stopped_by = self._stopped_by or number

    def _stop(self, number: int) -> None:
        self._killed_at = self._killed_at or time.monotonic() + WORKER_END_SECONDS
        for place in self._places:
            if place.pid:
                os.kill(place.pid, number)

    def _reap(self) -> None:
        for place in self._places:
            if not place.pid:
                continue
            pid, status = os.waitpid(place.pid, os.WNOHANG)
            if pid:
                place.pid = 0
                self._ready.discard(pid)
                process_ended(pid)
                self._ended(place, pid, os.waitstatus_to_exitcode(status))

    def _ended(self, place: _Place, pid: int, status: int) -> None:
        if self._killed_at:
            return
        if not self._announced:
            self._stop(signal.SIGTERM)
            return
        now = time.monotonic()
        place.pause = pause_after(place.pause, now - place.since)
        place.since = now + place.pause
        log.error("worker_ended", process=pid, status=status, seconds=place.pause)

    def _kill_late(self) -> None:
        if self._killed_at and time.monotonic() >= self._killed_at:
            self._killed_at = time.monotonic() + WORKER_END_SECONDS
            for place in self._places:
                if place.pid:
                    log.error("worker_killed", process=place.pid)
                    os.kill(place.pid, signal.SIGKILL)

    @contextmanager
    def _signals(self) -> Iterator[socket.socket]:
        """The numbers of signals, as bytes to be read, in place of what they did before."""
        numbers, wakeup = socket.socketpair()
        with numbers, wakeup:
            numbers.setblocking(False)
            wakeup.setblocking(False)
            before = {number: signal.signal(number, _nothing) for number in (*STOPS, signal.SIGCHLD)}
            fd = signal.set_wakeup_fd(wakeup.fileno(), warn_on_full_buffer=False)
            try:
                yield numbers
            finally:
                signal.set_wakeup_fd(fd)
                for number, handler in before.items():
                    signal.signal(number, handler)


def _nothing(_number: int, _frame: FrameType | None) -> None:
    """The number is read elsewhere."""


def _undo_signals() -> None:
    """Give a worker the handlers of a new process."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)


def _tell_ready(descriptor: int) -> None:
    """Tell that this process is ready."""
    os.write(descriptor, PID.pack(os.getpid()))


@contextmanager
def _pipe() -> Iterator[tuple[int, int]]:
    reading, writing = os.pipe()
    try:
        yield reading, writing
    finally:
        os.close(reading)
        os.close(writing)
