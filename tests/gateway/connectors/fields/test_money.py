"""Money is read exactly or not at all."""

from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec import Raw

from gateway.connectors import fields


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1.580,12", "1580.12"),
        ("1.580", "1580"),
        ("1.234.567,8", "1234567.80"),
        ("1580,1", "1580.10"),
        ("1580.12", "1580.12"),
        ("700,00", "700.00"),
        ("0,00", "0"),
        ("0.0", "0"),
        (" 80 ", "80"),
        ("-12,50", "-12.50"),
    ],
)
def test_brazilian_money(text, amount):
    """Groups of thousands have three digits and decimals at most two, so that each text means one amount."""
    assert fields.brazilian_money(text) == Decimal(amount)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        "1,580",
        "0.580",
        "1.580.1",
        "1.580.12",
        "1.58.000",
        "1234.567",
        "1,234.56",
        "12,",
        ",5",
        "1e3",
        "NaN",
        "٣",
        "1 580,00",
        "9.999.999.999.999.999.999,00",
    ],
)
def test_no_brazilian_money(text):
    """What needs a guess, or is no amount at all, is refused."""
    with pytest.raises(ValueError, match="amount"):
        fields.brazilian_money(text)


@given(st.integers(0, 10**14))
def test_every_amount_is_written_and_read(cents):
    """Any amount, written with or without dots, is read as what it is."""
    grouped = f"{cents // 100:,}".replace(",", ".") + f",{cents % 100:02d}"

    assert fields.brazilian_money(grouped) == Decimal(cents).scaleb(-2)
    assert fields.brazilian_money(grouped.replace(".", "")) == Decimal(cents).scaleb(-2)


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("24.9", "24.9"),
        ("-1000.00", "-1000.00"),
        (" 7 ", "7"),
        ("1.23456789E7", "12345678.9"),
        ("-1.2345678901E8", "-123456789.01"),
        ("1.234E7", "12340000"),
        ("1E+2", "100"),
        ("1.0E-2", "0.010"),
        ("0E-8", "0"),
    ],
)
def test_money_text(text, amount):
    """A decimal text is read exactly; Java writes ten millions and more, and hundreds without zeros, with exponents."""
    assert fields.money_text(text) == Decimal(amount)


@pytest.mark.parametrize(
    "text", ["", "1,00", "1.000,00", "NaN", "0.123456789", "1e16", "1e-9", "1.23456789E-1", "12e3", "1e", "1e999"]
)
def test_no_money_text(text):
    """Commas, more digits than an account can have and too many decimals are refused."""
    with pytest.raises(ValueError, match="amount"):
        fields.money_text(text)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1E+20", "1E-9"])
def test_no_amount(number):
    """A number that no account can hold is refused."""
    with pytest.raises(ValueError, match="amount"):
        fields.amount(Decimal(number))


def plain_amount(number):
    """The rule of amounts, without any short cut; None for what is refused."""
    if not number.is_finite() or number.adjusted() > 15 or number.as_tuple().exponent < -8:
        return None
    return f"{number:f}"


def read_or_none(read, sent):
    """What is read, written out; None for what is refused."""
    try:
        return f"{read(sent):f}"
    except ValueError:
        return None


@given(st.decimals() | st.decimals(places=2, min_value=-(10**17), max_value=10**17, allow_nan=False))
@example(Decimal("9999999999999999.99"))
@example(Decimal("10000000000000000.00"))
@example(Decimal("-10000000000000000.00"))
@example(Decimal("-0.00"))
@example(Decimal("sNaN"))
def test_short_cuts_of_amounts(number):
    """An amount is accepted and kept by its digits, however it is written."""
    assert read_or_none(fields.amount, number) == plain_amount(number)


@given(st.from_regex(r"\s?-?[0-9]{0,18}(\.[0-9]{0,10})?\s?", fullmatch=True) | st.text(max_size=4))
def test_a_text_that_is_read_is_an_amount(text):
    """The pattern of a text admits no number that is refused as one."""
    read = read_or_none(fields.money_text, text)

    assert read is None or read == plain_amount(Decimal(text))


@given(st.integers())
@example(10**18)
@example(10**18 - 1)
@example(-(10**18))
def test_short_cuts_of_centavos(cents):
    """As many centavos are accepted as digits are."""
    assert read_or_none(fields.centavos, cents) == plain_amount(Decimal(f"{cents}E-2"))


def test_amounts_keep_their_decimals():
    """A number stays as exact as it came, an exponent is written out."""
    assert str(fields.amount(Decimal("1.50"))) == "1.50"
    assert str(fields.amount(Decimal("1E+3"))) == "1000"
    assert str(fields.amount(Decimal("0.00000001"))) == "1E-8"
    assert fields.centavos(-12345) == Decimal("-123.45")


@pytest.mark.parametrize("text", ["1.555", "-10.000", "1000.123"])
def test_three_decimals_are_refused(text):
    """They may be a fraction of a cent, or thousands without their sign."""
    with pytest.raises(ValueError, match="decimal number"):
        fields.money_text(text)


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        (b'"1.580,12"', "1580.12"),
        (b"1580.12", "1580.12"),
        (b"1.580", "1.580"),
        (b'" "', None),
        (b'""', None),
        (b"null", None),
        (b"", None),
        (b" -3 ", "-3"),
    ],
)
def test_raw_money(sent, read):
    """A text is read by the rule that is given, a number as the number that it is; nothing is None."""
    assert fields.raw_money(Raw(sent), fields.brazilian_money) == (None if read is None else Decimal(read))


@pytest.mark.parametrize("sent", [b"true", b"[1]", b'"x"', b'"1,580"'])
def test_raw_money_refuses_what_is_none(sent):
    """Something else than a text or a number, and a text that the rule refuses."""
    with pytest.raises(ValueError):  # noqa: PT011 - the rules have words of their own
        fields.raw_money(Raw(sent), fields.brazilian_money)
    with pytest.raises(ValueError, match="three decimals"):
        fields.raw_money(Raw(b"1.555"), fields.brazilian_money, fields.reais)


@pytest.mark.parametrize("sent", [b"", b"null", b'""', b'" "'])
def test_an_amount_that_must_be_told(sent):
    """What is left out is no amount of zero."""
    with pytest.raises(ValueError, match="there is no amount"):
        fields.told_reais(Raw(sent))
    assert fields.told_reais(Raw(b'"1.580,12"')) == fields.told_reais(Raw(b"1580.12")) == Decimal("1580.12")


@pytest.mark.parametrize("currency", [None, "", "BRL", "brl ", "R$", "Real", "reais"])
def test_the_one_currency(currency):
    """In any of its names, and where none is told."""
    fields.check_currency(currency)


@pytest.mark.parametrize("currency", ["USD", "€ 1", 986, {}, ["BRL"], False])
def test_another_currency(currency):
    """It is refused, and so is what is no name."""
    with pytest.raises(ValueError, match="not in reais"):
        fields.check_currency(currency)
