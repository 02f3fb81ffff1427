"""What a row of BTG Pactual says of a movement."""

from datetime import date, datetime
from decimal import Decimal

import msgspec
import pytest

from gateway.connectors.wording import balance_called
from gateway.errors import BankFailure
from gateway.model import BRASILIA
from tests.gateway.connectors.btg_pactual.answers import read, row


@pytest.mark.parametrize(
    ("fields", "amount"),
    [
        ({"amount": 49, "type": "debit"}, "-49"),
        ({"amount": 1250.4}, "1250.4"),
        *(({"amount": written}, "1250.40") for written in ("1250.40", "1250,40", "1.250,40")),
        ({"amount": {"amount": "1.250,40"}}, "1250.40"),
        ({"amount": -3.1, "type": "debit"}, "-3.1"),
        ({"amount": {"amount": 2, "currency": "BRL"}, "type": "DEBIT "}, "-2"),
        ({"amount": {"amount": 2}}, "2"),
        *(({"amount": {"amount": 2, "currency": currency}}, "2") for currency in ("brl", "BRL ", "R$", "", None)),
        ({"amount": 0, "type": "debit"}, "0"),
    ],
)
def test_amounts_are_short_and_have_their_sign_from_the_type(fields, amount):
    """Whole reais have no decimals; an object may stand in place of a number; zero is a movement too."""
    assert read(row(**fields))[0].amount == Decimal(amount)


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount": -1},
        {"type": "transfer"},
        {"type": ""},
        {"amount": 1e300},
        {"amount": {"amount": 1, "currency": "USD"}},
        {"amount": {"amount": 1, "currency": 986}},
        {"amount": None},
        {"amount": ""},
        {"amount": "1.555"},
        {"amount": 1.555},
        {"amount": "1,250.40"},
    ],
)
def test_what_cannot_be_read_is_a_failure(wrong):
    """No row is dropped or guessed: a credit with a minus sign, an unknown direction, another currency."""
    with pytest.raises(BankFailure) as caught:
        read(row(**wrong))

    assert caught.value.code == "unexpected_bank_response"


@pytest.mark.parametrize("missing", ["amount", "type"])
def test_a_row_needs_amount_and_type(missing):
    """Without them there is no entry."""
    broken = row()
    del broken[missing]

    with pytest.raises(msgspec.ValidationError):
        read(broken)


def test_the_day_is_the_groups():
    """An hour of the evening before stays what it is, and does not move the entry."""
    movement = read(row(dateHour="2026-03-09T23:59:58"), day="2026-03-10T00:00:00-03:00")[0]

    assert movement.date == date(2026, 3, 10)
    assert movement.booked_at == datetime(2026, 3, 9, 23, 59, 58, tzinfo=BRASILIA)


@pytest.mark.parametrize(
    ("sent", "amount"),
    [
        ("CREDIT", "1.5"),
        ("Crédito", "1.5"),
        ("Entrada", "1.5"),
        ("CRDT", "1.5"),
        ("dbit", "-1.5"),
        ("Debit", "-1.5"),
        ("D", "-1.5"),
        ("SAÍDA ", "-1.5"),
    ],
)
def test_the_direction_in_other_spellings(sent, amount):
    """Compared without case and accents."""
    assert read(row(type=sent))[0].amount == Decimal(amount)


def test_a_text_with_three_decimals_is_no_amount():
    """It may be a thousand and a half."""
    with pytest.raises(BankFailure):
        read(row(amount="1.555"))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("SALDO ANTERIOR", "SALDO ANTERIOR"),
        ("Saldo do dia", "SALDO DO DIA"),
        ("Saldo de venda 12", ""),
        ("Saldo anterior FGTS", ""),
        (None, ""),
        (7, ""),
    ],
)
def test_a_row_that_is_called_a_balance_is_noticed(text, name):
    """It may be one, and no balance would tell. What only begins so is a movement."""
    (movement,) = read(row(description=text, category={"name": "Outros"}))

    assert balance_called(movement.description) == name


@pytest.mark.parametrize("sent", ["yesterday", "10/03/2026 09:14", 1773154800000, {"at": "noon"}, ["noon"]])
def test_an_instant_that_cannot_be_read_withholds_nothing(sent):
    """The day is the group's: what stands in place of an instant is told, and tells rows apart."""
    movement = read(row(description="Pix", dateHour=sent))[0]

    assert movement.date == date(2026, 3, 10)
    assert movement.booked_at is None
    assert movement.description != "Pix"
    assert movement.content != read(row(description="Pix"))[0].content


def test_an_instant_in_a_list_of_one():
    """It is read as if it stood alone."""
    listed, alone = read(row(dateHour=["2026-03-10T09:14:22"]), row(dateHour="2026-03-10T09:14:22"))

    assert listed == alone


def test_a_day_in_place_of_an_instant():
    """It is none, for it would be midnight; an id that was made of it stays."""
    movement, at_midnight = read(row(dateHour="2026-03-10"), row(dateHour="2026-03-10T00:00:00"))

    assert (movement.booked_at, movement.description) == (None, "")
    assert movement.content == at_midnight.content
