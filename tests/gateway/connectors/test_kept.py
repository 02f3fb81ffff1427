"""Results are kept by their texts, and never too many of them."""

import gc

import pytest

import contracts
from gateway.connectors import kept as kept_module
from gateway.connectors.kept import Kept
from gateway.limits import REMEMBERED_TEXT_CHARACTERS, REMEMBERED_TEXTS
from gateway.model import Period
from simulators.certify.bench import Bench
from simulators.world import Parameters


def counted():
    """A function with what it keeps, and the arguments for which it was called."""
    calls = []

    def function(key):
        calls.append(key)
        return str(key)

    return Kept(function), calls


def test_a_result_is_made_once():
    """For a text, or for several of which some may be absent."""
    kept, calls = counted()

    assert [kept["a"], kept["a"], kept["a", None], kept["a", None]] == ["a", "a", "('a', None)", "('a', None)"]
    assert calls == ["a", ("a", None)]


def test_what_could_fill_the_memory_is_not_kept():
    """A long text, texts that are long together, and what is no text."""
    kept, _ = counted()

    for key in ("x" * (REMEMBERED_TEXT_CHARACTERS + 1), ("x" * REMEMBERED_TEXT_CHARACTERS, "y"), ("x", 7), 7):
        assert kept[key] == str(key)

    assert not kept
    assert kept["x" * REMEMBERED_TEXT_CHARACTERS]
    assert len(kept) == 1


def test_all_are_forgotten_when_there_are_too_many():
    """The results stay right."""
    kept, _ = counted()

    for number in range(REMEMBERED_TEXTS + 1):
        assert kept[str(number)] == str(number)

    assert list(kept) == [str(REMEMBERED_TEXTS)]


def test_what_fails_is_not_kept():
    """The error comes each time."""
    kept = Kept(int)

    for _ in range(2):
        with pytest.raises(ValueError, match="invalid literal"):
            kept["x"]


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
