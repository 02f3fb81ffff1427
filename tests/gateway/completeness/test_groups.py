"""Rows without id in groups by day: equal ones may be two movements, repeated ones are refused."""

from datetime import date

import pytest

from gateway.completeness.groups import Group, Groups
from gateway.errors import IncoherentPages


def group(day, *rows):
    """A group of March."""
    return Group(date(2026, 3, day), frozenset(rows))


def days_of_equal_rows(*pages):
    """The days of which some page has a row twice."""
    groups = Groups("btg_pactual")
    return [day.day for page in pages for day in groups.add(page)]


@pytest.mark.parametrize(
    ("pages", "days"),
    [
        ((), []),
        (([],), []),
        (([group(2, b"a"), group(3, b"a")],), []),
        (([group(2, b"a"), group(2, b"b")],), []),
        (([group(2, b"a"), group(2, b"a")],), [2]),
        (([group(2, b"a")], [group(2, b"b")]), []),
        (([group(2, b"a")], [group(2, b"a")]), [2]),
        (([group(2, b"a")], [], [group(2, b"a")]), [2]),
        (([group(2, b"a")], [group(3, b"a"), group(2, b"b")]), []),
        (([group(2, b"a"), group(3, b"b")], [group(3, b"b")]), [3]),
    ],
)
def test_groups_that_may_be_whole(pages, days):
    """Equal rows in one page, or in the day with which a page ended and the next began, may be two movements."""
    assert days_of_equal_rows(*pages) == days


@pytest.mark.parametrize(
    "pages",
    [
        ([group(2, b"a"), group(3, b"b")], [group(2, b"a")]),
        ([group(2, b"a")], [group(3, b"b"), group(2, b"a")]),
        ([group(2, b"a")], [group(3, b"b")], [group(2, b"a")]),
        ([group(2, b"a")], [group(2, b"b"), group(3, b"c")], [group(2, b"a")]),
    ],
)
def test_a_row_of_an_earlier_page(pages):
    """A row of an earlier page is refused: it came twice, so that the pages cannot be trusted."""
    with pytest.raises(IncoherentPages, match="comes twice"):
        days_of_equal_rows(*pages)
