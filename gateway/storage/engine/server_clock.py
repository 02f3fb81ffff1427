"""The clock of the PostgreSQL server, which dates what the machines that use the server share.

A claim that one machine has dated is judged by another. If their clocks differed by minutes, a live claim would look
like that of a process that died, and a refresh token would be spent twice. So all machines use the server's clock: it
is asked when a connection is opened, and then from time to time before a transaction. Between two answers the machine's
steady clock counts the time, so that a jump of the machine's wall clock has no effect.

The machine's own clock still decides which days are past, the end of tokens and keys, and the times in what is signed
for a bank. So a difference between the two is shown as a metric and logged.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from threading import Lock
from typing import Any

import structlog
from prometheus_client import Gauge

from gateway.limits import CLOCK_DIFFERENCE_SECONDS, SERVER_CLOCK_SECONDS, SERVER_CLOCK_TRIP_SECONDS
from gateway.metrics import REGISTRY
from gateway.model import BRASILIA

__all__ = ["ServerClock"]

DIFFERENCE = Gauge(
    "gateway_clock_difference_seconds",
    "Seconds by which this machine's clock is ahead of the database's",
    registry=REGISTRY,
    multiprocess_mode="livemostrecent",
)
ASK = "SELECT extract(epoch FROM clock_timestamp())::float8"

STEADY = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""Also counts while the machine sleeps, where there is such a clock."""

log = structlog.get_logger("gateway.storage")


def _steady() -> float:
    return time.clock_gettime(STEADY)


class ServerClock:
    """The server's time, which is the machine's until the server has been asked.

    Args:
        steady: gives seconds of a clock that is never set.
        machine: gives seconds since 1970 by the machine's clock.
    """

    def __init__(self, steady: Callable[[], float] = _steady, machine: Callable[[], float] = time.time) -> None:
        self._steady = steady
        self._machine = machine
        self._ahead: float | None = None
        """Seconds since 1970 when the steady clock was at 0; None until the server has been asked."""
        self._asked_at = 0.0
        self._differs = False
        self._asking = Lock()

    def now(self) -> datetime:
        """The present instant in Brasília's time."""
        seconds = self._machine() if self._ahead is None else self._ahead + self._steady()
        return datetime.fromtimestamp(seconds, UTC).astimezone(BRASILIA)

    def look(self, connection: Any, *, new: bool) -> None:
        """Ask the server for its time, unless that was done shortly before.

        Args:
            connection: of the driver, without a transaction.
            new: whether it has just been opened; it may lead to another server than those before.

        Raises:
            psycopg.Error: the server does not answer.
        """
        due = self._ahead is None or self._steady() - self._asked_at >= SERVER_CLOCK_SECONDS
        # While another thread asks, this one goes on with the last answer.
        if not (new or due) or not self._asking.acquire(blocking=self._ahead is None):
            return
        try:
            self._ask(connection)
        finally:
            self._asking.release()

    def _ask(self, connection: Any) -> None:
        before = self._steady()
        ((seconds,),) = connection.execute(ASK).fetchall()
        after = self._steady()
        connection.rollback()
        self._asked_at = after
        if self._ahead is not None and after - before > SERVER_CLOCK_TRIP_SECONDS:
            # It is not known when during this time the server read its clock.
            return
        self._ahead = seconds - (before + after) / 2
        self._tell(self._machine() - (self._ahead + self._steady()))

    def _tell(self, difference: float) -> None:
        """Set the metric, and log once when a difference appears or disappears."""
        DIFFERENCE.set(difference)
        if (differs := abs(difference) > CLOCK_DIFFERENCE_SECONDS) != self._differs:
            self._differs = differs
            if differs:
                log.warning("clock_differs", ahead_seconds=round(difference, 1))
            else:
                log.info("clock_agrees")
