"""The world's clock: put anywhere, moved at once or evenly."""

from datetime import UTC, datetime, timedelta

import pytest

import contracts
from simulators.banks import bank_class
from simulators.clock import FrozenClock, RunningClock
from simulators.pki import Authority
from simulators.tokens import TokenState
from simulators.world import Parameters, World

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


def test_a_glide_hurries_those_who_are_in_conversation():
    """As far as it has come in the last ten seconds, and for ten seconds after it; a step or a jump hurries nobody."""
    machine = Machine()
    clock = RunningClock(machine)
    clock.put(NOON + timedelta(days=1))
    assert clock.hurried() == timedelta(0)
    clock.glide(timedelta(days=60), 60)

    seen = []
    for second in (0, 4, 30, 60, 65, 70, 100):
        machine.now = NOON + timedelta(seconds=second)
        seen.append(clock.hurried().days)
    assert seen == [0, 4, 10, 10, 5, 0, 0]
    clock.glide(timedelta(days=-60), 60)
    machine.now += timedelta(seconds=30)
    assert clock.hurried() == timedelta(0)
    assert FrozenClock(NOON).hurried() == timedelta(0)


@pytest.mark.parametrize("slug", contracts.banks())
def test_a_token_outlives_the_conversation_through_which_the_clock_glides(slug):
    """At every bank: a token that lives for minutes is good for the call it was asked for, and not for ever."""
    machine = Machine()
    world = World(1, RunningClock(machine), Authority(1))
    bank = bank_class(slug)(contracts.load(slug), world)
    account = bank.open_account(bank.number("12345678"), "ok", Parameters())
    world.clock.glide(timedelta(days=60), 60)
    machine.now += timedelta(seconds=20)
    token = bank.tokens.issue("production", account, (), timedelta(minutes=5))
    machine.now += timedelta(seconds=9)
    assert bank.tokens.use(token.value, "production")[0] is TokenState.VALID
    machine.now += timedelta(seconds=2)
    assert bank.tokens.use(token.value, "production")[0] is TokenState.EXPIRED
    world.clock.put(world.now() + timedelta(days=30))
    later = bank.tokens.issue("production", account, (), timedelta(minutes=5))
    world.clock.advance(timedelta(minutes=5))
    assert bank.tokens.use(later.value, "production")[0] is TokenState.EXPIRED
