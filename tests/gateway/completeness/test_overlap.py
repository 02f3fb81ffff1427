"""Pages that overlap are joined without a row twice or missing."""

from decimal import Decimal
from typing import Any

import pytest
from msgspec import Struct

from gateway.completeness.overlap import Overlap
from gateway.errors import IncoherentPages


class Row(Struct, frozen=True):
    """A row with an id or without."""

    text: str
    id: str | None = None


def named(*letters):
    return [Row(letter, letter) for letter in letters]


A, B = named("a", "b")
LOT, OTHER_LOT = Row("lot"), Row("other lot")


def join(*pages, announced):
    """The rows of all pages."""
    overlap = Overlap("itau")
    rows = [row for page in pages for row in overlap.add(page, announced)]
    overlap.finish()
    return rows


@pytest.mark.parametrize("announced", [3, 2, 0, None])
def test_a_row_known_by_its_id_counts_once(announced):
    """Overlapping pages give each row once, whether the total is right, too small or not given."""
    assert join(named("a", "b"), named("b", "c"), named("a"), announced=announced) == named("a", "b", "c")


def test_a_row_twice_on_one_page():
    """An id that stands twice on one page counts once."""
    assert join([A, A], announced=1) == [A]


def test_announced_rows_must_come():
    """A list with fewer rows than announced is refused."""
    with pytest.raises(IncoherentPages, match="3 entries were announced, 2 came"):
        join(named("a", "b"), announced=3)


def test_only_the_first_announcement_counts():
    """A list that grows while it is read must have as many rows as its first page announced."""
    overlap = Overlap("itau")
    overlap.add(named("b"), 2)
    overlap.add(named("b", "a"), 3)
    overlap.finish()


def test_one_id_with_two_contents():
    """Two rows with one id and different contents are refused."""
    with pytest.raises(IncoherentPages, match="two contents"):
        join([A], [Row("other", "a")], announced=1)


def test_a_lot_before_a_known_row_is_the_known_lot():
    """A row without id is a repetition when a row known by its id stands after it."""
    assert join([A, LOT, B], [LOT, B, OTHER_LOT], announced=4) == [A, LOT, B, OTHER_LOT]


def test_an_unseen_lot_before_a_known_row_is_kept():
    """A row without id that equals none of an earlier page is kept."""
    assert join([A, B], [LOT, B], announced=3) == [A, B, LOT]


def test_equal_lots_on_one_page():
    """Two equal rows without id on one page are two rows."""
    assert join([A, LOT, LOT], announced=3) == [A, LOT, LOT]


def test_equal_lots_on_two_pages_are_believed_when_the_total_agrees():
    """Equal rows without id at the border of two pages are two rows where the total agrees."""
    assert join([A, LOT], [LOT, B], announced=4) == [A, LOT, LOT, B]
    assert join([LOT], [LOT], announced=2) == [LOT, LOT]


@pytest.mark.parametrize("announced", [3, None])
def test_equal_lots_on_two_pages_are_doubted_otherwise(announced):
    """Equal rows without id on two pages are refused where no total agrees."""
    with pytest.raises(IncoherentPages, match="without id"):
        join([A, LOT], [LOT, B], announced=announced)


def test_pages_without_end(monkeypatch):
    """A list of too many pages is refused."""
    monkeypatch.setattr("gateway.completeness.overlap.MOST_PAGES", 2)
    with pytest.raises(IncoherentPages, match="more than 2 pages"):
        join([A], [A], [A], announced=1)


def test_pages_without_a_new_row():
    """A few pages in a row may bring no new row; one more is a loop."""
    assert join([A], *[[A]] * 3, [B], announced=2) == [A, B]
    with pytest.raises(IncoherentPages, match="repeat themselves"):
        join([A], *[[A]] * 4, [B], announced=2)


class Paid(Struct, frozen=True):
    """A row with an amount, and with a field that may be any JSON."""

    id: str
    amount: Decimal
    origin: Any = None


def test_equal_contents_may_be_written_differently():
    """Neither zeros at the end of an amount nor the order of an object's fields make another content."""
    first = Paid("a", Decimal("1.0"), {"x": 1, "y": [2]}), Paid("b", Decimal("1.0"))
    again = Paid("a", Decimal("1.0"), {"y": [2], "x": 1}), Paid("b", Decimal("1.00"))
    assert join(first, again, announced=2) == list(first)


@pytest.mark.parametrize("origin", [None, {"x": 1}])
def test_another_content_is_refused(origin):
    """One id with two contents makes the list incoherent, whatever fields differ."""
    with pytest.raises(IncoherentPages, match="two contents"):
        join([Paid("a", Decimal(1), origin)], [Paid("a", Decimal(2), origin)], announced=1)


def test_a_page_that_comes_again_brings_nothing_new():
    """Neither its rows with an id nor those without; the list goes round once all announced rows have come."""
    overlap = Overlap("itau")
    page = [A, LOT]
    assert overlap.add(page, 2) == page

    for _ in range(4):
        assert overlap.add(list(page), 2) == []

    assert overlap.goes_round
    overlap.finish()


@pytest.mark.parametrize("announced", [1, 3, None])
def test_pages_that_repeat_themselves_are_no_end_without_a_total(announced):
    """Rows may be lacking that a bank that gives the same page for ever never shows."""
    with pytest.raises(IncoherentPages, match="repeat themselves"):
        join(*[[A, LOT]] * 6, announced=announced)
