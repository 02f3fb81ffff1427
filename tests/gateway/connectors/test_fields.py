"""Money, dates and texts are read exactly or not at all."""

import re
import unicodedata
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec import Raw

from gateway.connectors import fields
from gateway.limits import REMEMBERED_TEXT_CHARACTERS
from gateway.model import BRASILIA


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


@pytest.mark.parametrize(
    ("sent", "found"), [(0, 0), ("0", 0), (" 007 ", 7), (7.0, 7), (None, None), ("", None), (" ", None)]
)
def test_a_count(sent, found):
    """A number or its digits; what is left out or blank says nothing."""
    assert fields.count(sent) == found


@pytest.mark.parametrize(
    "sent", [-1, "-1", 1.5, "1.0", "1.000", "um", "1e3", True, [], {}, "1" * 10, "٣", float("inf")]
)
def test_no_count(sent):
    """Anything else is refused, never guessed."""
    with pytest.raises(ValueError, match="counter"):
        fields.count(sent)


@pytest.mark.parametrize(
    ("sent", "found"), [([1, 2], [1, 2]), ([], []), (None, []), ("", []), (" ", []), (7, [7]), ({"a": 1}, [{"a": 1}])]
)
def test_a_list_in_other_forms(sent, found):
    """The only element may stand without its list, and an empty one may be null or blank."""
    assert fields.as_list(sent) == found


def test_a_text_is_no_list():
    """It might hide something."""
    with pytest.raises(ValueError, match="list"):
        fields.as_list("nada")


def test_days():
    """A day is read from an ISO date, from what follows it, or from the Brazilian order."""
    assert fields.iso_date("2026-03-10T23:59:59Z") == fields.iso_date(" 2026-03-10 ") == date(2026, 3, 10)
    assert fields.brazilian_date(" 10/03/2026 ") == date(2026, 3, 10)
    assert fields.brazilian_date("10/03/2026 23:59") == date(2026, 3, 10)
    assert fields.brazilian_date("10.03.2026") == fields.brazilian_date("10-03-2026") == date(2026, 3, 10)
    assert fields.brazilian_date("10032026") == fields.brazilian_date("10032026 23:59") == date(2026, 3, 10)
    assert fields.iso_date(" 2026-03-10 ") == date(2026, 3, 10)


@pytest.mark.parametrize("read", [fields.local_instant, fields.instant])
@pytest.mark.parametrize("text", ["10/03/2026 09:14", "canary", ""])
def test_no_instant(read, text):
    """The failure says what is wrong and does not quote the bank."""
    with pytest.raises(ValueError, match=r"^a date-time is not that of ISO 8601, or is left out$"):
        read(text)


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-10",
        "31/02/2026",
        "1/3/2026",
        "10/03/26",
        "",
        "10/03/20261",
        "10/03/2026 e mais",
        "10/03/2026 7",
        "10/03-2026",
        "10/032026",
        "1003/2026",
        "20260310",
        "\u0661\u0661/\u0662\u0663/\u0662\u0663\u0662\u0663",
    ],
)
def test_no_brazilian_day(text):
    """Another order, a day that does not exist or a missing digit is refused."""
    with pytest.raises(ValueError, match=r"date|day|month"):
        fields.brazilian_date(text)


def test_instants():
    """An instant is told in Brasília; one without offset is local where the bank says so, else refused."""
    noon = datetime(2026, 3, 10, 12, tzinfo=BRASILIA)

    assert fields.local_instant("2026-03-10T12:00:00") == fields.instant("2026-03-10T15:00:00Z") == noon
    assert fields.local_instant("2026-03-10T15:00:00+00:00") == noon
    assert fields.instant("2026-03-10T15:00:00Z").tzinfo is BRASILIA
    assert fields.utc_query(noon) == "2026-03-10T15:00:00Z"
    assert fields.utc_query(noon.astimezone(UTC)) == "2026-03-10T15:00:00Z"
    with pytest.raises(ValueError, match="offset"):
        fields.instant("2026-03-10T12:00:00")


@given(st.datetimes(), st.sampled_from(["", "Z", "+05:30", "-03:00"]), st.sampled_from(["T", " "]))
@example(datetime.fromisoformat("2018-11-04T00:30"), "", " ")
@example(datetime.fromisoformat("2019-02-16T23:30"), "", "T")
@example(datetime.fromisoformat("2019-02-17T02:30"), "Z", "T")
def test_short_cuts_of_instants(moment, offset, between):
    """An instant has the time that is written, or the same one in Brasília, also where the clocks were changed."""
    if offset and not 2 < moment.year < 9998:
        return
    written = moment.isoformat(between) + offset
    sent = datetime.fromisoformat(written)
    right = sent.astimezone(BRASILIA) if offset else sent.replace(tzinfo=BRASILIA)

    read = fields.local_instant(written)

    assert (read.isoformat(), read.fold, read.tzinfo) == (right.isoformat(), right.fold, BRASILIA)


@given(st.text())
@example("a\u0301\x00\x85 b\u2028\u200b \u3000")
@example("a\u202eb\u200d\u00ad\u2067")
def test_short_cuts_of_texts(text):
    """A text loses its control characters and trailing blanks and nothing else, whatever signs it has."""
    controls = r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]+"
    plain = unicodedata.normalize("NFC", re.sub(controls, " ", text)).rstrip()

    assert fields.text(text) == plain


def test_texts():
    """Texts are composed Unicode without trailing blanks; what is no text, or blank, is none."""
    assert fields.text(" Pa\u0303o  ") == " Pão"
    assert fields.optional_text("   ") is None
    assert fields.optional_text(None) is None
    assert fields.optional_text(7) is None
    assert fields.optional_text("a ") == "a"


def test_numbers_that_name_something():
    """Account numbers lose their zeros in front."""
    assert fields.digits("000123-4") == "1234"


@pytest.mark.parametrize("text", ["1.555", "-10.000", "1000.123"])
def test_three_decimals_are_refused(text):
    """They may be a fraction of a cent, or thousands without their sign."""
    with pytest.raises(ValueError, match="decimal number"):
        fields.money_text(text)


@pytest.mark.parametrize(
    ("text", "folded"),
    [("Débito  Automático", "DEBITO AUTOMATICO"), ("PIX-CRED", "PIX CRED"), (" Dep.Cheque ", "DEP CHEQUE"), ("", "")],
)
def test_folding(text, folded):
    """Case, accents and punctuation make no difference."""
    assert fields.fold(text) == folded


def test_first_text_word_and_mapping():
    """What is no text is passed over; whole numbers are words, truth values and fractions are not."""
    assert fields.first_text(None, 5, " \t", "a ", "b") == "a"
    assert fields.first_text() is None
    assert [fields.word(value) for value in ("x ", 7, 0, True, 1.5, None, [])] == ["x", "7", "0", "", "", "", ""]
    assert [fields.word(value) for value in (7.0, -0.0, 1e300, float("inf"))] == ["7", "0", "", ""]
    assert fields.mapping({"a": 1}) == {"a": 1}
    assert [fields.mapping(value) for value in (None, [], "a")] == [{}, {}, {}]
    assert [fields.mapping(value, text="name") for value in ("a", ["a"], [{"b": 1}], 5)] == [
        {"name": "a"},
        {"name": "a"},
        {"b": 1},
        {},
    ]
    assert fields.fold(None) == ""


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


@pytest.mark.parametrize("value", ["", "10/03/2026", "2026-02-30"])
def test_no_iso_date(value):
    """What is none is refused in words that quote nothing of it."""
    with pytest.raises(ValueError, match=r"^a date is not YYYY-MM-DD, or is left out$"):
        fields.iso_date(value)


def folded_sign_by_sign(text):
    """What folding is, without any short cut."""
    plain = unicodedata.normalize("NFKD", text).upper()
    kept = (sign if sign.isalnum() else " " for sign in plain if not unicodedata.combining(sign))
    return " ".join("".join(kept).split())


@given(
    st.one_of(st.text(), st.text(alphabet=st.characters(max_codepoint=0x36F)), st.text(st.characters(codec="ascii")))
)
@example("Transferência - Pix_ação\t(ú) 1/2")
@example("\u0345\u034f e\u0301\u0327 ŉ ß ﬁ ² Ⅷ \x1c\x85\u2028")
def test_short_cuts_of_folding(text):
    """A text is folded to the same, whatever signs it has and however long it is."""
    assert fields.fold(text) == folded_sign_by_sign(text)
    long = text * (REMEMBERED_TEXT_CHARACTERS + 1)
    assert fields.fold(long) == folded_sign_by_sign(long)


def test_long_texts_are_not_kept():
    """A bank that sends megabytes in a description fills no memory with them."""
    long = "x" * (REMEMBERED_TEXT_CHARACTERS + 1)

    assert fields.fold(long) == long.upper()
    assert long not in fields._folded


@pytest.mark.parametrize(
    "written", ["2026-03-10", " 2026-03-10T09:00:00Z", "10/03/2026", "10.03.2026", "10-03-2026 09:00:00"]
)
def test_a_day_in_either_form(written):
    """The year stands where the form says."""
    assert fields.day(written) == date(2026, 3, 10)


@pytest.mark.parametrize("written", ["", "10/3/2026", "03/13/2026x", "13/13/2026", "2026/03/10"])
def test_a_day_in_no_form(written):
    """Nothing is guessed."""
    with pytest.raises(ValueError, match=r"date|month"):
        fields.day(written)
