"""The simulated world's clock. It is moved by hand; served, it also runs with the machine's clock."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

__all__ = ["BRASILIA", "EARLIEST", "LATEST", "Clock", "FrozenClock", "RunningClock", "beginning", "check_bounds"]

BRASILIA = ZoneInfo("America/Sao_Paulo")
EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=BRASILIA), datetime(2100, 1, 1, tzinfo=BRASILIA)
"""Bounds of the clock, so far from the ends of the calendar that every date about it can be computed."""
CONVERSATION = timedelta(seconds=10)
"""The longest that a client takes from asking for a token to the call that it is for."""


class Clock:
    """A clock that can be put anywhere and moved. Instants are in Brasília's time."""

    def now(self) -> datetime:
        """The present instant of the simulated world."""
        raise TypeError("a clock is frozen or running")

    def put(self, moment: datetime) -> None:
        """Put the clock at an instant."""
        raise TypeError("a clock is frozen or running")

    def glide(self, step: timedelta, seconds: float) -> None:
        """Move the clock on evenly, in so many of the machine's seconds.

        Raises:
            ValueError: it stands still.
        """
        raise ValueError("the clock stands still, and does not glide")

    def hurried(self) -> timedelta:
        """How far a glide has moved the clock in the last `CONVERSATION` of the machine's time; nothing else counts.

        What lives for minutes would end between two calls of one conversation, which takes the machine's time.
        """
        return timedelta(0)

    def advance(self, step: timedelta) -> None:
        """Move the clock on, or back when the step is negative."""
        self.put(self.now() + step)


class FrozenClock(Clock):
    """Stands still until it is moved; for tests."""

    def __init__(self, moment: datetime) -> None:
        self._moment = moment.astimezone(BRASILIA)

    def now(self) -> datetime:
        """The instant it was last put at."""
        return self._moment

    def put(self, moment: datetime) -> None:
        """Put the clock at an instant."""
        self._moment = moment.astimezone(BRASILIA)


def machine_time() -> datetime:
    """The machine's time."""
    return datetime.now(UTC)


class RunningClock(Clock):
    """Runs with the machine's clock at a constant difference; for the served simulators.

    It runs so that clients with clocks of their own (signed assertions carry their time) agree with it.

    Args:
        machine: gives the machine's time.
    """

    def __init__(self, machine: Callable[[], datetime] = machine_time) -> None:
        self._machine = machine
        self._ahead = timedelta(0)
        self._glide: _Glide | None = None

    def now(self) -> datetime:
        """The machine's time plus what the clock was moved by."""
        machine = self._machine()
        gone = self._glide.gone(machine) if self._glide is not None else timedelta(0)
        return (machine + self._ahead + gone).astimezone(BRASILIA)

    def hurried(self) -> timedelta:
        """How far a glide has moved the clock in the last `CONVERSATION` of the machine's time; never back."""
        if self._glide is None:
            return timedelta(0)
        machine = self._machine()
        return max(timedelta(0), self._glide.gone(machine) - self._glide.gone(machine - CONVERSATION))

    def put(self, moment: datetime) -> None:
        """Put the clock at an instant, from which it runs on; a glide under way ends."""
        self._glide = None
        self._ahead = moment - self._machine()

    def glide(self, step: timedelta, seconds: float) -> None:
        """Move the clock on evenly, in so many of the machine's seconds, beginning where it is now."""
        self.put(self.now())
        self._glide = _Glide(self._machine(), timedelta(seconds=seconds), step)


class _Glide(Struct, frozen=True):
    """A step that is made evenly in a span of the machine's time."""

    since: datetime
    span: timedelta
    step: timedelta

    def gone(self, machine: datetime) -> timedelta:
        """How much of the step has been made."""
        return self.step * min(1.0, max(0.0, (machine - self.since) / self.span))


def check_bounds(moment: datetime) -> None:
    """Refuse an instant at which no clock may be put.

    Raises:
        ValueError: it lies outside of the years that there are.
    """
    if not EARLIEST <= moment < LATEST:
        raise ValueError(f"{moment.isoformat()} is not from {EARLIEST.year} to {LATEST.year - 1}")


def beginning(moment: datetime | None = None, *, frozen: bool = False) -> Clock:
    """A clock that begins at an instant.

    Args:
        moment: with its offset; the present when None.
        frozen: whether it stands still there.
    """
    if frozen:
        return FrozenClock(moment or machine_time())
    clock = RunningClock()
    if moment is not None:
        clock.put(moment)
    return clock
