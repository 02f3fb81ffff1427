"""What pages announce against what they hold."""

import pytest

from gateway.errors import IncoherentPages
from gateway.proof import coverage as module
from gateway.proof.coverage import Coverage


def test_pages_that_come_to_what_is_announced():
    """Each row once, and as many as the total."""
    coverage = Coverage("inter")
    coverage.add(["a", "b"], 3)
    assert (coverage.rows, coverage.announced, coverage.is_whole) == (2, 3, False)
    coverage.add(["c"], None)

    assert (coverage.rows, coverage.announced, coverage.is_whole) == (3, 3, True)
    coverage.finish()


def test_without_a_total_any_number_is_whole():
    """A bank that announces nothing contradicts nothing."""
    coverage = Coverage("inter")
    coverage.add([None], None)

    assert coverage.is_whole
    coverage.finish()


@pytest.mark.parametrize("announced", [0, 1, 3])
def test_another_number_than_announced(announced):
    """Fewer rows or more, and rows where none were announced."""
    coverage = Coverage("inter")
    coverage.add(["a", "b"], announced)

    assert not coverage.is_whole
    with pytest.raises(IncoherentPages, match=f"announced {announced} entries and sent 2"):
        coverage.finish()


@pytest.mark.parametrize("pages", [(["a", "b"], ["b"]), (["a", "a"],)])
def test_a_row_that_comes_again(pages):
    """On another page as on the same one; rows without a key may be equal."""
    coverage = Coverage("inter")
    coverage.add([None, None], None)
    *before, last = pages
    for keys in before:
        coverage.add(keys, None)

    with pytest.raises(IncoherentPages, match="repeats an entry"):
        coverage.add(last, None)


def test_a_total_that_changes():
    """The list moved while it was read; a page without a total does not change it."""
    coverage = Coverage("inter")
    coverage.add(["a"], 2)
    coverage.add([], None)

    with pytest.raises(IncoherentPages, match="changed from 2 to 3"):
        coverage.add(["b"], 3)


def test_pages_that_never_end(monkeypatch):
    """A conversation of too many pages is a loop."""
    monkeypatch.setattr(module, "MOST_PAGES", 2)
    coverage = Coverage("inter")
    coverage.add([], None)
    coverage.add([], None)

    with pytest.raises(IncoherentPages, match="more than 2 pages"):
        coverage.add([], None)
