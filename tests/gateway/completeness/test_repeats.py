"""Weekend rows that the bank sends again are left out all together, or not at all."""

from datetime import date

import pytest

from gateway.completeness.repeats import BookedRow, without_repeats

FRIDAY, SATURDAY, SUNDAY, MONDAY = (date(2026, 3, day) for day in (6, 7, 8, 9))


def rows(*pairs):
    """Rows by day and content, each with an id of its own."""
    return [BookedRow(day, content, f"{day}{content}{place}") for place, (day, content) in enumerate(pairs)]


@pytest.mark.parametrize(
    ("list_", "following", "left"),
    [
        ((), (), []),
        (((FRIDAY, b"a"), (MONDAY, b"b")), (), [0, 1]),
        (((SATURDAY, b"a"), (SUNDAY, b"b"), (MONDAY, b"a"), (MONDAY, b"b")), (), [2, 3]),
        (((FRIDAY, b"x"), (SATURDAY, b"a")), ((MONDAY, b"a"),), [0]),
        (((SATURDAY, b"a"), (SUNDAY, b"b"), (MONDAY, b"a")), (), [0, 1, 2]),
        (((SATURDAY, b"a"), (SUNDAY, b"a"), (MONDAY, b"a")), (), [0, 1, 2]),
        (((SATURDAY, b"a"), (SUNDAY, b"a"), (MONDAY, b"a"), (MONDAY, b"a")), (), [2, 3]),
        (((FRIDAY, b"a"),), ((MONDAY, b"a"),), [0]),
    ],
)
def test_rows_that_come_again(list_, following, left):
    """Each row that is sent again on the next business day replaces one; rows of business days stay."""
    assert without_repeats(rows(*list_), rows(*following), MONDAY) == left


def test_what_cannot_be_here_yet_stays():
    """A row stays where the next business day was not asked for."""
    assert without_repeats(rows((SATURDAY, b"a")), [], SUNDAY) == [0]


def test_rows_without_an_id_and_rows_read_twice_are_left_alone():
    """Rows without id, and an id twice on a day, leave all rows in place: the list may be damaged."""
    weekend = rows((SATURDAY, b"a"))
    monday = BookedRow(MONDAY, b"a", None)
    assert without_repeats(weekend, [monday], MONDAY) == [0]
    again = BookedRow(MONDAY, b"a", "x")
    assert without_repeats(weekend, [again], MONDAY) == []
    assert without_repeats(weekend, [again, again], MONDAY) == [0]
