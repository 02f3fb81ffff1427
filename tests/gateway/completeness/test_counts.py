"""The rows that come are compared with the number that the bank announces."""

import pytest

from gateway.completeness import counts as module
from gateway.completeness.counts import RowCount
from gateway.errors import IncoherentPages


def test_pages_with_as_many_rows_as_announced():
    """A list is whole when each row came once and their number is the announced one."""
    row_count = RowCount("inter")
    row_count.add(["a", "b"], 3)
    assert (row_count.rows, row_count.announced, row_count.is_whole) == (2, 3, False)
    row_count.add(["c"], None)

    assert (row_count.rows, row_count.announced, row_count.is_whole) == (3, 3, True)
    row_count.finish()


def test_without_a_total_any_number_is_whole():
    """Where the bank announces no number, any number of rows is accepted."""
    row_count = RowCount("inter")
    row_count.add([None], None)

    assert row_count.is_whole
    row_count.finish()


@pytest.mark.parametrize("announced", [0, 1, 3])
def test_another_number_than_announced(announced):
    """Fewer rows than announced are refused, and so are more, also where none were announced."""
    row_count = RowCount("inter")
    row_count.add(["a", "b"], announced)

    assert not row_count.is_whole
    with pytest.raises(IncoherentPages, match=f"announced {announced} entries and sent 2"):
        row_count.finish()


@pytest.mark.parametrize("announced", [None, 4])
@pytest.mark.parametrize("pages", [(["a", "b"], ["b"]), (["a", "a"],)])
def test_a_row_that_comes_again(pages, announced):
    """A key that comes again is refused, on another page and on the same; rows without a key may be equal."""
    row_count = RowCount("inter")
    row_count.add([None, None], announced)
    *before, last = pages
    for keys in before:
        row_count.add(keys, announced)

    with pytest.raises(IncoherentPages, match="repeats an entry"):
        row_count.add(last, announced)


@pytest.mark.parametrize("again", range(12))
def test_a_row_that_comes_again_much_later(again):
    """It is refused at the end at the latest, however few keys are kept."""
    row_count = RowCount("inter", most_held=2)

    def read():
        for number in range(12):
            row_count.add([number], None)
        row_count.add([again, None], None)
        row_count.finish()

    with pytest.raises(IncoherentPages, match=r"again|repeats"):
        read()


@pytest.mark.parametrize("most_held", [1, 4, 1000])
def test_a_long_list_without_repetition(most_held):
    """Each row is counted, and none is taken for another."""
    row_count = RowCount("inter", most_held)
    for number in range(0, 900, 3):
        row_count.add([f"a{number}", None, f"b{number}", -number // 3 - 1], 1200)

    row_count.finish()
    assert row_count.rows == 1200


@pytest.mark.parametrize(("begins", "length"), [(0, 1), (0, 7), (5, 3), (20, 20)])
def test_pages_that_go_in_a_circle(begins, length):
    """They are refused before long, wherever the circle begins."""
    row_count = RowCount("inter", most_held=2)

    def read():
        for page in range(4 * (begins + length)):
            row_count.add([page if page < begins else begins + (page - begins) % length], None)

    with pytest.raises(IncoherentPages, match=r"again|repeats"):
        read()


@pytest.mark.parametrize("later", [1, 3])
def test_a_total_that_changes(later):
    """A total that changes is refused, because the list has changed meanwhile; a page without a total is accepted."""
    row_count = RowCount("inter")
    row_count.add(["a"], 2)
    row_count.add([], None)

    with pytest.raises(IncoherentPages, match=f"changed from 2 to {later}"):
        row_count.add(["b"], later)


def test_pages_that_never_end(monkeypatch):
    """A list of too many pages is refused as a loop."""
    monkeypatch.setattr(module, "MOST_PAGES", 2)
    row_count = RowCount("inter")
    row_count.add([], None)
    row_count.add([], None)

    with pytest.raises(IncoherentPages, match="more than 2 pages"):
        row_count.add([], None)
