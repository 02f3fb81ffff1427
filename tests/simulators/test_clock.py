"""The world's clock: put anywhere, moved at once or evenly."""

from datetime import UTC, datetime, timedelta

import pytest

from simulators.clock import FrozenClock, RunningClock

NOON = datetime(2026, 3, 18, 12, tzinfo=UTC)


class Machine:
    """A machine's clock that is turned by hand."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


def test_a_glide_passes_through_every_instant_on_its_way():
    """Sixty days in sixty seconds: a day each second, beside the machine's own time, and no more when it is over."""
    machine = Machine()
    clock = RunningClock(machine)
    clock.glide(timedelta(days=60), 60)

    seen = []
    for second in (0, 1, 30, 60, 100):
        machine.now = NOON + timedelta(seconds=second)
        seen.append(clock.now() - machine.now)
    assert seen == [timedelta(days=days) for days in (0, 1, 30, 60, 60)]


def test_putting_the_clock_ends_a_glide():
    """It runs on from there with the machine."""
    machine = Machine()
    clock = RunningClock(machine)
    clock.glide(timedelta(days=60), 60)
    machine.now += timedelta(seconds=10)
    clock.put(NOON)
    machine.now += timedelta(seconds=10)

    assert clock.now() == NOON + timedelta(seconds=10)


def test_a_glide_within_a_glide_begins_where_the_first_has_come_to():
    """Nothing of the way made is lost, and nothing of the rest is made."""
    machine = Machine()
    clock = RunningClock(machine)
    clock.glide(timedelta(days=10), 10)
    machine.now += timedelta(seconds=5)
    clock.glide(timedelta(days=1), 1)
    machine.now += timedelta(seconds=20)

    assert clock.now() == machine.now + timedelta(days=6)


def test_a_clock_that_stands_still_does_not_glide():
    """It says so."""
    with pytest.raises(ValueError, match="stands still"):
        FrozenClock(NOON).glide(timedelta(days=1), 1)
