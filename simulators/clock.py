"""The simulated world's clock. It is moved by hand; served, it also runs with the machine's clock."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

__all__ = ["BRASILIA", "Clock", "FrozenClock", "RunningClock", "beginning"]

BRASILIA = ZoneInfo("America/Sao_Paulo")


class Clock:
    """A clock that can be put anywhere and moved. Instants are in Brasília's time."""

    def now(self) -> datetime:
        """The present instant of the simulated world."""
        raise TypeError("a clock is frozen or running")

    def put(self, moment: datetime) -> None:
        """Put the clock at an instant."""
        raise TypeError("a clock is frozen or running")

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


class RunningClock(Clock):
    """Runs with the machine's clock at a constant difference; for the served simulators.

    It runs so that clients with clocks of their own (signed assertions carry their time) agree with it.
    """

    def __init__(self) -> None:
        self._ahead = timedelta(0)

    def now(self) -> datetime:
        """The machine's time plus what the clock was moved by."""
        return (datetime.now(UTC) + self._ahead).astimezone(BRASILIA)

    def put(self, moment: datetime) -> None:
        """Put the clock at an instant, from which it runs on."""
        self._ahead = moment - datetime.now(UTC)


def beginning(moment: datetime | None = None, *, frozen: bool = False) -> Clock:
    """A clock that begins at an instant.

    Args:
        moment: with its offset; the present when None.
        frozen: whether it stands still there.
    """
    if frozen:
        return FrozenClock(moment or datetime.now(UTC))
    clock = RunningClock()
    if moment is not None:
        clock.put(moment)
    return clock
