"""Pages, totals and walks of a list of Santander."""

from collections import Counter
from datetime import date

import pytest

import contracts
from gateway.connectors.santander import Santander
from gateway.errors import BankFailure, IncoherentPages
from gateway.model import Period
from simulators.certify.harnesses.pure import PureHarness
from simulators.world import Parameters
from tests.gateway.connectors.santander.answers import (
    MONTH,
    NOW,
    asked,
    body,
    converse,
    ledger,
    row,
)


def test_a_quiet_month_costs_one_request():
    """What fits on one page is asked for once."""
    pair = PureHarness("santander", NOW, source=ledger(*[(day, "1") for day in range(2, 17)] * 3))

    assert len(pair.read(MONTH).entries) == 45
    assert asked(pair) == [("2026-02-16", "2026-03-17", "1", "50")]


def test_a_long_period_is_asked_in_windows():
    """No request spans more than thirty days."""
    pair = PureHarness("santander", NOW, source=ledger((10, "1")))
    pair.read(Period(date(2026, 1, 1), date(2026, 3, 17)))

    assert [window[:2] for window in asked(pair)] == [
        ("2026-01-01", "2026-01-30"),
        ("2026-01-31", "2026-03-01"),
        ("2026-03-02", "2026-03-17"),
    ]


def test_only_a_busy_day_is_walked():
    """A month with one busy day is read by first pages; only that day has further pages, and a second walk."""
    pair = PureHarness("santander", NOW)
    found = pair.read(MONTH)
    busiest, most = Counter(entry.date for entry in found.entries).most_common(1)[0]
    walked = {window[:2] for window in asked(pair) if window[2] != "1"}

    assert most > 200
    assert walked == {(busiest.isoformat(), busiest.isoformat())}
    assert len(asked(pair)) < len(found.entries) / 50 + 2 * most / 50 + 8
    assert sum(request.url.path.endswith("/token") for request in pair.requests) == 1


def test_a_first_page_that_is_in_order_by_chance():
    """A page may look sorted though the list is not; the totals tell, and its days are asked for again."""
    credit, debit = row(creditDebitType="C"), row(creditDebitType="D")
    later = {"transactionDate": "12/03/2026"}
    found = converse(
        body(credit, {**credit, **later}, total="4"),
        body({**credit, **later}, {**debit, **later}),
        body(credit, debit),
    )

    assert sorted((m.date.day, m.amount) for m in found) == [(10, -1), (10, 1), (12, -1), (12, 1)]


@pytest.mark.parametrize("capped", [1, 2, 3, 5])
def test_a_bank_that_gives_less_than_asked(capped):
    """From the second page on the page size given is the one asked for, so that pages begin where both sides think."""
    pair = PureHarness(
        "santander", NOW, source=ledger(*[(10, n) for n in range(1, 8)]), parameters=Parameters(page_size=capped)
    )
    found = pair.read(Period(date(2026, 3, 10), date(2026, 3, 10)))

    assert [entry.amount for entry in found.entries] == list(range(1, 8))
    assert {size for _, _, number, size in asked(pair) if number != "1"} <= {str(n) for n in range(1, capped + 1)}


def test_the_second_walk_leaves_its_last_page_short():
    """A list that moved by one row shows in the number of rows of a last page that is not full."""
    connector = Santander(contracts.load("santander"), 50)

    assert [connector._other_size(50, total) for total in (51, 98, 100, 240, 2400)] == [49, 48, 49, 49, 49]
    assert Santander(contracts.load("santander"), 2)._other_size(2, 6) == 4
    assert [connector._other_size(capped, 6) for capped in (1, 2)] == [1, 1]


@pytest.mark.parametrize("by", [-2, -1, 1, 2])
def test_a_walked_list_that_moved_is_noticed(by):
    """A day of two full pages whose second page moved keeps its total, and is noticed all the same."""
    pair = PureHarness("santander", NOW, source=ledger(*[(10, n) for n in range(1, 101)]))
    pair.world.inject("santander", None, "statement", "shift_page", {"page": 1, "by": by})

    with pytest.raises(IncoherentPages):
        pair.read(Period(date(2026, 3, 10), date(2026, 3, 10)))


def test_equal_rows_that_moved_are_noticed():
    """Among equal rows two walks agree on anything, so each page must have the number of rows it should."""
    pair = PureHarness("santander", NOW, source=ledger(*[(10, 1)] * 7), page_size=5)
    pair.world.inject("santander", None, "statement", "shift_page", {"page": 1, "by": -1})

    with pytest.raises(IncoherentPages):
        pair.read(Period(date(2026, 3, 10), date(2026, 3, 10)))


@pytest.mark.parametrize(
    "wrong",
    [
        body(row(), total="0"),
        body(total="1"),
        body(row(), totalPages="2"),
        body(row(transactionDate="08/03/2026")),
        body(row(), total="many"),
        body(row(), total="-1"),
        body(row(), totalPages="?"),
        body(row(), total=True),
        body(row(), total=1.5),
        body(row(), total=" "),
        {"_pageable": {}, "_content": []},
        {"_pageable": None},
        {"_content": []},
        [],
    ],
)
def test_contradictions_are_no_statement(wrong):
    """A total that is missing, no number, or not that of the rows, or a row of another time, fails the statement."""
    with pytest.raises(BankFailure) as failure:
        converse(wrong)
    assert failure.value.code == "unexpected_bank_response"


@pytest.mark.parametrize(
    "answers",
    [
        # the parts have more entries than the whole
        (
            body(row(), row(transactionDate="11/03/2026"), total="3"),
            body(*[row(transactionDate="11/03/2026")] * 3),
            body(row()),
        ),
        # the day on which all rows of the first page lie has them, and nothing else has any
        (body(row(), row(), total="4"), body(), body(row(), row()), body(row(transactionDate="12/03/2026"))),
    ],
)
def test_parts_must_make_up_the_whole(answers):
    """The totals of the parts of a window must add up to the window's own."""
    with pytest.raises(IncoherentPages):
        converse(*answers)


def test_a_total_that_changes_between_two_pages():
    """A row that is booked while a day is walked changes the total."""
    day = Period(date(2026, 3, 10), date(2026, 3, 10))

    with pytest.raises(IncoherentPages):
        converse(body(row(), row(), total="3"), body(row(), total="4"), period=day)


def test_two_walks_that_differ():
    """A day is no statement when its second walk brings another row in place of one, the number being right."""
    day = Period(date(2026, 3, 10), date(2026, 3, 10))
    first, second, third = (row(amount=amount) for amount in ("1.00", "2.00", "3.00"))
    pages = (body(first, second, total="3"), body(second, total="3"))

    with pytest.raises(IncoherentPages):
        converse(*pages, body(first, second, third), period=day)
    with pytest.raises(IncoherentPages):
        converse(*pages, body(first, second, second, third), period=day)
    assert len(converse(*pages, body(first, second, second), period=day)) == 3


@pytest.mark.parametrize(
    "counted", [{"total": 1, "totalPages": 1}, {"total": 1.0, "totalPages": 1.0}, {"total": " 1 ", "totalPages": ""}]
)
def test_counters_are_texts_or_numbers(counted):
    """A number is as good as its digits, and the number of pages may be left out or blank."""
    assert len(converse(body(row(), **counted))) == 1


def test_a_single_row_may_stand_without_its_list():
    """As gateways write it that turn a list of one into the one."""
    assert [movement.amount for movement in converse({**body(row()), "_content": row()})] == [-1]


def test_an_empty_list_is_left_out():
    """A period without movement has a total of zero and no list."""
    assert converse({"_pageable": {"totalPages": "0", "totalRecords": "0"}}) == []
    assert converse({"_pageable": {"totalRecords": 0}, "_content": None}) == []
    assert converse({"_pageable": {"totalRecords": 0}, "_content": ""}) == []
