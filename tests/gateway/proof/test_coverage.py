"""What pages announce is held against what they hold."""

import pytest

from gateway.errors import IncoherentPages
from gateway.proof import coverage as module
from gateway.proof.coverage import Coverage


def covered(*pages):
    """The account of these pages: the keys of each, and how many rows it says the answer has."""
    coverage = Coverage("inter")
    for keys, announced in pages:
        coverage.add(keys, announced)
    return coverage


@pytest.mark.parametrize(
    ("pages", "rows", "announced"),
    [
        ([], 0, None),
        ([("ab", 3), ("c", 3)], 3, 3),
        ([("ab", None), ("c", None)], 3, None),
        ([("ab", None), ("c", 3)], 3, 3),
        ([("ab", 3), ("c", None)], 3, 3),
        ([("", 0)], 0, 0),
        ([([None, None], 3), ([None], 3)], 3, 3),
    ],
    ids=["none", "announced", "silent", "late", "early", "empty", "nameless"],
)
def test_pages_that_hold_what_they_announce(pages, rows, announced):
    """Rows are counted with their keys and without; a page that announces nothing contradicts none that does."""
    coverage = covered(*pages)

    coverage.finish()
    assert (coverage.rows, coverage.announced, coverage.is_whole) == (rows, announced, True)


@pytest.mark.parametrize("announced", [0, 1, 3], ids=["none", "fewer", "more"])
def test_another_number_than_came(announced):
    """More rows than announced are as wrong as fewer."""
    coverage = covered(("ab", announced))

    assert not coverage.is_whole
    with pytest.raises(IncoherentPages, match=f"announced {announced} entries and sent 2"):
        coverage.finish()


@pytest.mark.parametrize("announced", [None, 3])
@pytest.mark.parametrize("pages", [("ab", "bc"), ("abb", "")], ids=["on two pages", "on one page"])
def test_a_row_that_comes_twice(pages, announced):
    """Whether the total agrees or is not told."""
    with pytest.raises(IncoherentPages, match="repeats an entry"):
        covered(*((keys, announced) for keys in pages))


@pytest.mark.parametrize("later", [2, 4], ids=["smaller", "larger"])
def test_a_total_that_changes(later):
    """The list has changed while it was read, in either direction."""
    with pytest.raises(IncoherentPages, match=f"changed from 3 to {later}"):
        covered(("ab", 3), ("c", later))


def test_pages_that_never_end(monkeypatch):
    """A conversation of too many pages is a loop."""
    monkeypatch.setattr(module, "MOST_PAGES", 2)
    coverage = Coverage("inter")
    coverage.add([], None)
    coverage.add([], None)

    with pytest.raises(IncoherentPages, match="more than 2 pages"):
        coverage.add([], None)
