"""What a row tells does not depend on the rows before it, at any bank."""

import gc

import pytest

import contracts
from gateway.connectors import kept as kept_module
from gateway.connectors.kept import Kept
from gateway.model import Period
from simulators.certify.bench import Bench
from simulators.world import Parameters


def everything_kept():
    """All tables of the process."""
    return [each for each in gc.get_objects() if isinstance(each, Kept)]


@pytest.mark.parametrize("slug", contracts.banks())
def test_a_row_tells_the_same_whatever_came_before(slug, monkeypatch):
    """Where results of earlier rows are there, where none is, and where none is kept."""
    parameters = Parameters(opened_days_ago=20, entries_per_day=12, busy_day_entries=0)
    harness = Bench(slug).harness(parameters=parameters)
    today = harness.clock.now().date()
    first = harness.read(Period(today.replace(day=1), today))
    again = harness.read(Period(today.replace(day=1), today))
    for each in everything_kept():
        each.clear()
    monkeypatch.setattr(kept_module, "REMEMBERED_TEXT_CHARACTERS", -1)
    alone = harness.read(Period(today.replace(day=1), today))

    assert len(first.entries) > 10
    assert first.entries == again.entries == alone.entries
    assert not any(each for each in everything_kept())
