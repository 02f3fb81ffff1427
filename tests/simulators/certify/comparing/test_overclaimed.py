"""A statement that something contradicts may be incomplete, but not on a day that it calls complete."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from simulators.certify.bench import CALM, Bench
from simulators.certify.comparing.with_ledger import overclaimed


@pytest.fixture(scope="module")
def read():
    """A statement of ten days, the ledger, and when it was asked for."""
    bench = Bench("inter")
    harness = bench.harness(parameters=CALM)
    return harness.read(bench.last_days(10)), harness.simulated.ledger, harness.clock.now()


def test_what_is_true_is_not_too_much(read):
    """Nor is an entry too few on a day that is not called complete, or before any day is."""
    statement, ledger, now = read
    short = replace(statement, entries=statement.entries[:-1])
    last = statement.entries[-1].date

    assert overclaimed(statement, ledger, now) == []
    assert overclaimed(replace(short, complete_through=last - timedelta(days=1)), ledger, now) == []
    nothing = replace(statement, entries=[], complete_through=statement.period.first - timedelta(days=1))
    assert overclaimed(nothing, ledger, now) == []


def test_an_entry_too_few_on_a_complete_day_is_named(read):
    """By its day."""
    statement, ledger, now = read
    lost = statement.entries[3]
    short = replace(statement, entries=[entry for entry in statement.entries if entry is not lost])

    assert overclaimed(short, ledger, now) == [f"{lost.date} is called complete and is not the truth"]
