"""What a row of Cora says of a movement: amount, direction, instant and id."""

from datetime import date, datetime
from decimal import Decimal

import pytest

from gateway.errors import BankFailure, IncoherentPages
from gateway.model import BRASILIA
from tests.gateway.connectors.cora.answers import (
    fetched,
    page_of,
    read,
    row,
)


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-11T02:30:10+00",
        "2026-03-10T23:30:10-03",
        "2026-03-11T02:30:10.000Z",
        "2026-03-10T23:30:10.000-03:00",
        "2026-03-11T02:30:10+00:00",
        "2026-03-11T02:30:10",
        "2026-03-11T02:30:10.000",
    ],
)
def test_an_instant_in_any_offset_belongs_to_the_day_in_brasilia(text):
    """Two-digit offsets are read, none is UTC, and an evening in Brasília stays on its day although UTC is ahead."""
    (movement,) = read(row(createdAt=text))

    assert movement.date == date(2026, 3, 10)
    assert movement.booked_at == datetime(2026, 3, 10, 23, 30, 10, tzinfo=BRASILIA)


def test_a_plain_date_is_no_instant():
    """A row may have only the day of its booking."""
    (movement,) = read(row(createdAt="2026-03-10"))

    assert (movement.date, movement.booked_at) == (date(2026, 3, 10), None)


@pytest.mark.parametrize(
    ("amount", "reais"),
    [(4990, "-49.90"), ("4990", "-49.90"), (-4990, "-49.90"), (1, "-0.01"), (10**14, "-1000000000000")],
)
def test_amounts_are_centavos(amount, reais):
    """Whole centavos, as number or text, become reais exactly."""
    assert read(row(amount=amount))[0].amount == Decimal(reais)


@pytest.mark.parametrize("signed", [-100, "-100"])
def test_a_debit_with_its_minus_is_known_by_the_same_content(signed):
    """Where the row has no id, its own follows from that."""
    assert read(row(amount=signed, id=None)) == read(row(id=None))


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "HOLD", "amount": 70},
        {"type": "HOLD", "amount": 0},
        {"type": "", "amount": 70},
        {"amount": -100, "type": "CREDIT"},
        {"amount": -100, "type": "HOLD"},
        {"amount": "1.00"},
        {"amount": "R$ 1"},
        {"amount": 10**30},
        {"createdAt": "3/10/2026"},
        {"createdAt": "2026-03-10T12:00:00 BRT"},
        {"createdAt": "0001-01-01T00:00:00+00"},
        {"createdAt": ""},
    ],
)
def test_what_cannot_be_read_is_not_dropped(wrong):
    """A row without a readable amount, direction or day fails the statement, while it is fetched and after."""
    for attempt in (read, lambda bad: fetched(page_of(bad), page_of())):
        with pytest.raises(BankFailure) as failure:
            attempt(row(**wrong))
        assert failure.value.code == "unexpected_bank_response"


@pytest.mark.parametrize("missing", ["type", "amount", "createdAt"])
def test_what_an_entry_cannot_do_without(missing):
    """A row that lacks direction, amount or time is not guessed."""
    with pytest.raises(BankFailure):
        fetched(page_of({name: value for name, value in row().items() if name != missing}))


@pytest.mark.parametrize("identity", [7, " 7 ", "ent_7"])
def test_an_id_in_any_form(identity):
    """A number is an id as well."""
    (movement,) = fetched(page_of(row(id=identity)))[0]

    assert movement.bank_id == str(identity)


@pytest.mark.parametrize("blank", ["", " ", None, 0])
def test_rows_with_a_blank_id_are_not_one_row(blank):
    """A blank id names nothing: two rows with one are two, and each is known by its content."""
    movements, _ = fetched(page_of(row(id=blank, amount=40), row(id=blank, amount=60)))

    assert [(movement.amount, movement.bank_id) for movement in movements] == [
        (Decimal("-0.60"), None),
        (Decimal("-0.40"), None),
    ]


@pytest.mark.parametrize("sent", ["2026-03-10t12:00:00z", " 2026-03-10 12:00:00+00 ", "2026-03-10T12:00:00.000000Z"])
def test_an_instant_in_any_writing(sent):
    """Small letters and blanks are no other instant."""
    assert read(row(createdAt=sent))[0].booked_at == datetime(2026, 3, 10, 9, tzinfo=BRASILIA)


@pytest.mark.parametrize("amount", [" 100 ", "0100", "100"])
def test_centavos_with_blanks(amount):
    """Digits are read whatever stands around them."""
    assert read(row(amount=amount))[0].amount == -1


def test_rows_share_a_business_transaction():
    """A movement and its fee have the same transaction but ids of their own; both are kept."""
    shared = {"id": "txn_1", "type": "TRANSFER"}
    rows = [row(id="ent_1", amount=90, transaction=shared), row(id="ent_2", amount=10, transaction=shared)]
    movements, _ = fetched(page_of(*rows))

    assert [movement.bank_id for movement in movements] == ["ent_2", "ent_1"]


def test_a_row_without_id_is_known_by_its_content():
    """Without the bank's id there is none to keep."""
    movements, _ = fetched(page_of({name: value for name, value in row().items() if name != "id"}))

    assert [movement.bank_id for movement in movements] == [None]


@pytest.mark.parametrize("when", ["2026-03-06T12:00:00+00", "2026-03-15T03:00:00+00"])
def test_rows_of_another_time(when):
    """An answer that does not keep to the dates asked for is no statement."""
    with pytest.raises(IncoherentPages):
        fetched(page_of(row(createdAt=when)))


@pytest.mark.parametrize(
    ("word", "amount"),
    [
        ("credit", 1),
        ("Crédito", 1),
        ("CREDITO", 1),
        ("C", 1),
        ("UNBLOCK", 1),
        ("debit", -1),
        ("Débito", -1),
        ("Block", -1),
    ],
)
def test_words_of_a_direction(word, amount):
    """Directions are compared without case and accents."""
    assert [movement.amount for movement in read(row(type=word))] == [amount]
