"""Amounts, kinds, instants and cursors of Stone, in every writing."""

from datetime import date, datetime
from decimal import Decimal

import httpx
import msgspec
import pytest

from gateway.connectors.stone import StatementPage
from gateway.errors import BankFailure
from gateway.model import BRASILIA
from simulators.certify.harnesses.account import account_of
from tests.gateway.connectors.stone.answers import ENTRIES, NOW, PERIOD, STONE, pair_of, read, row


def test_a_signed_amount_is_not_negated():
    """`amount` is negative for a debit already, and `operation` changes nothing about it."""
    assert read(row(operation="debit"))[0].amount == Decimal("-5.00")
    assert read(row(operation="credit"))[0].amount == Decimal("-5.00")


@pytest.mark.parametrize(
    ("amount", "fee"), [(-500, 100), (-400, 100), (500, None), (-500, 0), (-500, None), (400, 100), (-600, 100)]
)
def test_what_moved_is_the_difference_of_the_balances(amount, fee):
    """With the fee or without it, with a sign or without: the balances say what moved."""
    assert read(row(amount=amount, fee_amount=fee))[0].amount == Decimal("-5.00")


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount": -499},
        {"amount": -499, "fee_amount": 2},
        {"amount": "-5,00"},
        {"amount": "-5.00"},
        {"amount": True},
        {"amount": -500.5},
        {"amount": None},
        {"balance_after": None},
        {"balance_after": 10**19},
        {"id": ""},
        {"id": None},
        {"created_at": None},
        {"created_at": "2026-03-10"},
        {"created_at": 1773144000},
        {"created_at": "10/03/2026"},
    ],
)
def test_what_cannot_be_read_is_not_dropped(wrong):
    """An entry without id, type, fitting amount, balances or instant fails the statement."""
    with pytest.raises(BankFailure) as failure:
        read(row(**wrong))
    assert failure.value.code == "unexpected_bank_response"


@pytest.mark.parametrize("key", ["id", "amount", "balance_before", "balance_after", "created_at"])
def test_what_an_entry_cannot_do_without(key):
    """An entry lacking one of these keys fails the statement."""
    with pytest.raises(BankFailure):
        read({name: value for name, value in row().items() if name != key})


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        ("2026-03-11T02:59:59Z", 10),
        ("2026-03-11T03:00:00Z", 11),
        ("2026-03-11T00:30:00Z", 10),
        ("2026-03-11T02:59:59.999Z", 10),
        ("2026-03-10T23:30:00-03:00", 10),
    ],
)
def test_the_evening_in_brasilia_is_the_next_day_in_utc(instant, day):
    """The day of an entry is that of Brasília."""
    movement = read(row(created_at=instant))[0]

    assert movement.date == date(2026, 3, day)
    assert movement.booked_at == datetime.fromisoformat(instant)


@pytest.mark.parametrize(
    "sent",
    [
        {"external": row()},
        row(id=7),
        row(amount="-500", balance_before="2000", balance_after=" 1500 ", fee_amount="0"),
        row(fee_amount=""),
        row(created_at="2026-03-10T12:00:00"),
        row(created_at="2026-03-10 12:00:00.000000"),
        row(created_at="2026-03-10T12:00:00+00"),
        row(created_at="2026-03-10t12:00:00z"),
        row(created_at=" 2026-03-10T09:00:00-0300 "),
    ],
)
@pytest.mark.parametrize("beside", [[], [row(id="e-2")]])
def test_an_entry_in_another_writing(sent, beside):
    """Under the name of its type, as the reference prints it; with numbers as texts; with an instant of UTC.

    All instants of this API are in UTC, and the samples leave the offset out of some.
    """
    movement, *others = read(sent, *beside)

    assert (movement.amount, movement.booked_at) == (-5, datetime(2026, 3, 10, 9, tzinfo=BRASILIA))
    assert movement.bank_id == ("7" if sent.get("id") == 7 else "e-1")
    assert len(others) == len(beside)


@pytest.mark.parametrize(("data", "amounts"), [(None, []), ([], []), ("", []), (" ", []), ({}, []), (row(), [-5])])
def test_a_list_in_another_writing(data, amounts):
    """An empty list may be null or a blank text, and a single entry may stand alone."""
    response = httpx.Response(200, json={"cursor": {"after": None, "before": None, "limit": 25}, "data": data})

    assert [each.amount for each in STONE.movements(STONE.page(response))] == amounts


@pytest.mark.parametrize("body", [{}, {"cursor": {}}, [], {"type": "srn:error:unknown"}, {"data": "x"}, {"data": [[]]}])
def test_an_answer_that_is_no_list(body):
    """Silence is no empty list."""
    with pytest.raises(BankFailure) as failure:
        STONE.page(httpx.Response(200, json=body))
    assert failure.value.code == "unexpected_bank_response"


@pytest.mark.parametrize("cursor", ["", [], [{"after": "x", "limit": 10}], 5])
def test_a_cursor_in_another_writing(cursor):
    """What is no object leads nowhere; the only one of a list is the cursor."""
    page = STONE.page(httpx.Response(200, json={"cursor": cursor, "data": [row()]}))

    assert (len(page.data), page.following) == (1, "x" if cursor == [{"after": "x", "limit": 10}] else None)


@pytest.mark.parametrize(
    "sent", [{"amount": -500.0, "balance_before": 2000.0, "balance_after": 1500.0}, {"type": None}]
)
def test_whole_numbers_with_a_point_and_an_entry_without_a_type(sent):
    """Both tell enough: the balances tell what moved."""
    (movement,) = read(row(**sent))

    assert (movement.amount, movement.balance) == (-5, 15)


@pytest.mark.parametrize("cursor", [{}, None, {"after": None, "before": "x"}, {"after": 10, "limit": "10"}])
def test_cursors_of_any_form(cursor):
    """A page is read whatever its cursor looks like, or without one."""
    response = httpx.Response(201, content=msgspec.json.encode({"cursor": cursor, "data": [row()]}))

    assert len(STONE.decode("statement", response, StatementPage).data) == 1


@pytest.mark.parametrize(
    ("cursor", "size", "following"),
    [
        ('{"after": "null", "limit": "10"}', 10, None),
        ('{"after": 7, "limit": 200}', 100, "7"),
        ('{"after": "", "limit": 0}', 100, None),
        ('{"limit": "?"}', 100, None),
        ('{"after": 7.0, "limit": 25.0}', 25, "7"),
        ('{"after": ["x"], "limit": {}}', 100, None),
        ("null", 100, None),
    ],
)
def test_what_a_cursor_tells(cursor, size, following):
    """The bank's page size and the way on, as text or number; what makes no sense tells nothing."""
    page = msgspec.json.decode(f'{{"cursor": {cursor}, "data": []}}', type=StatementPage)

    assert (page.size(100), page.following) == (size, following)


def test_an_impossible_year():
    """An instant with which nothing can be reckoned is no instant."""
    answer = httpx.Response(200, content=msgspec.json.encode({"data": [row(created_at="9999-12-31T23:59:59Z")]}))
    flow = STONE.reading(account_of(pair_of(*ENTRIES).simulated), PERIOD, NOW.date())
    next(flow)

    with pytest.raises(BankFailure, match="impossible year"):
        flow.send(answer)


def test_as_many_digits_as_other_banks_may_send():
    """A balance of a quadrillion reais is read as exactly as any other."""
    (movement,) = read(row(balance_before=10**17 + 503, balance_after=10**17 + 3))

    assert (movement.amount, movement.balance) == (-5, Decimal("1000000000000000.03"))
