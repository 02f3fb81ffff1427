"""What is kept of the rows of a list while its pages are handed over: a few bytes of each, whatever they hold."""

import tracemalloc
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import msgspec
import pytest

from gateway.completeness.chain import Chain, ChainLink
from gateway.completeness.counts import RowCount
from gateway.completeness.groups import Group, Groups
from gateway.completeness.overlap import Overlap

PAGES, ROWS = 200, 100
BYTES_OF_A_ROW = 40
"""More than the digests take that are kept, and less than an object of Python."""
START = datetime(2026, 3, 1, tzinfo=UTC)


class Row(msgspec.Struct, frozen=True):
    """A row of any bank."""

    id: str | None
    text: str


def numbers(page):
    """Of the rows of a page, the newest first."""
    return reversed(range((PAGES - page - 1) * ROWS, (PAGES - page) * ROWS))


def of_groups():
    """Rows without id in groups by day."""
    groups = Groups("btg_pactual")

    def add(page):
        rows = frozenset(b"a row of some length, such as banks send them: %d" % number for number in numbers(page))
        return list(groups.add([Group(date(2026, 3, 1 + page // 10), rows)]))

    return add


def of_overlap():
    """Rows without id on pages that may overlap."""
    overlap = Overlap("itau")
    return lambda page: overlap.add([Row(None, f"a row of some length: {number}") for number in numbers(page)], None)


def of_chain():
    """Rows with balances before and after them."""
    chain = Chain("stone", START, START + timedelta(days=30), None)

    def link(number):
        return ChainLink(f"id-{number}", START + timedelta(seconds=number), Decimal(number), Decimal(number + 1))

    return lambda page: chain.add_page([link(number) for number in numbers(page)], overlapping=False)


def of_count():
    """Rows with ids."""
    count = RowCount("inter", most_held=100)
    return lambda page: count.add([f"an id of some length: {number}" for number in numbers(page)], None)


@pytest.mark.parametrize("kind", [of_groups, of_overlap, of_chain, of_count])
def test_a_few_bytes_of_each_row_are_kept(kind):
    """A list of a million rows has room beside others."""
    add = kind()
    add(0)
    tracemalloc.start()
    try:
        for page in range(1, PAGES):
            add(page)
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert kept < PAGES * ROWS * BYTES_OF_A_ROW
