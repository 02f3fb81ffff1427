"""Money, dates and texts are read exactly or not at all."""

import unicodedata
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.connectors import fields
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


@pytest.mark.parametrize(("text", "amount"), [("24.9", "24.9"), ("-1000.00", "-1000.00"), (" 7 ", "7")])
def test_money_text(text, amount):
    """A plain decimal text is read exactly."""
    assert fields.money_text(text) == Decimal(amount)


@pytest.mark.parametrize("text", ["", "1,00", "1.000,00", "1e3", "NaN", "0.123456789"])
def test_no_money_text(text):
    """Commas, exponents and too many decimals are refused."""
    with pytest.raises(ValueError, match="amount"):
        fields.money_text(text)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1E+20", "1E-9"])
def test_no_amount(number):
    """A number that no account can hold is refused."""
    with pytest.raises(ValueError, match="amount"):
        fields.amount(Decimal(number))


def test_amounts_keep_their_decimals():
    """A number stays as exact as it came, an exponent is written out."""
    assert str(fields.amount(Decimal("1.50"))) == "1.50"
    assert str(fields.amount(Decimal("1E+3"))) == "1000"
    assert str(fields.amount(Decimal("0.00000001"))) == "1E-8"
    assert fields.centavos(-12345) == Decimal("-123.45")


def test_days():
    """A day is read from an ISO date, from what follows it, or from the Brazilian order."""
    assert fields.iso_date("2026-03-10T23:59:59Z") == date(2026, 3, 10)
    assert fields.brazilian_date(" 10/03/2026 ") == date(2026, 3, 10)


@pytest.mark.parametrize("text", ["2026-03-10", "31/02/2026", "1/3/2026", "10/03/26", ""])
def test_no_brazilian_day(text):
    """Another order, a day that does not exist or a missing digit is refused."""
    with pytest.raises(ValueError, match=r"date|day"):
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


def test_beginnings():
    """The first that fits; one that ends with a blank stands for whole words; an unknown text is nothing special."""
    table = fields.Beginnings([("TED ", 1), ("CRÉD.LIQUIDAÇÃO", 2), ("PIX", 3)])

    found = [table.find(text) for text in ("ted", "Ted-123", "TEDIO", "cred liquidacao cobranca", "Pixel", "", "X")]
    assert found == [1, 1, None, 2, 3, None, None]


def test_the_sign_comes_from_a_word():
    """In any case and with or without accents; another word is refused, as is an amount that has a sign already."""
    credit, debit = {"C", "CREDITO"}, {"D", "DEBITO"}

    assert [fields.is_credit(word, credit, debit) for word in ("c", "Crédito", "débito ", "D")] == [1, 1, 0, 0]
    for word in ("X", "", None, 1):
        with pytest.raises(ValueError, match="neither credit nor debit"):
            fields.is_credit(word, credit, debit)
    assert fields.signed(Decimal(5), credit=False) == -5
    with pytest.raises(ValueError, match="sign"):
        fields.signed(Decimal(-5), credit=True)


@pytest.mark.parametrize(
    ("text", "found"),
    [("Tarifa PIX", 1), ("x-débito.automático y", 2), ("DEBITO", None), ("TARIFAS", None), ("", None)],
)
def test_words_anywhere(text, found):
    """Whole words in a row, compared without case, accents and punctuation; the first of the table that fits counts."""
    assert fields.Words((("TARIFA", 1), ("DEBITO AUTOMATICO", 2), ("PIX", 3))).find(text) == found


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
    long = text * (fields.LONGEST_KEPT + 1)
    assert fields.fold(long) == folded_sign_by_sign(long)


@pytest.mark.parametrize("kind", [fields.Beginnings, fields.Words])
@given(
    st.lists(st.tuples(st.sampled_from(["", " ", "a", "a ", "ab ", "b", "Ã", "a b", "1"]), st.integers())),
    st.text("abã 1.-"),
)
def test_tables_find_the_first_that_fits(kind, rows, text):
    """In the order of the table, with a blank text and one that is too long to be kept as with any other."""
    table = kind(rows)
    for told in (text, text + "." * (fields.LONGEST_KEPT + 1)):
        folded = folded_sign_by_sign(told)
        words = [
            (folded_sign_by_sign(begins), begins.endswith(" ") and kind is fields.Beginnings, value)
            for begins, value in rows
        ]
        fits = [
            value
            for begins, whole, value in words
            if (
                f" {begins} " in f" {folded} "
                if kind is fields.Words
                else f"{folded} ".startswith(begins + " " * whole)
            )
        ]
        assert table.find(told) == (fits[0] if fits else None)


def test_long_texts_are_not_kept():
    """A bank that sends megabytes in a description fills no memory with them."""
    kept = fields._short_folded.cache_info().currsize

    fields.fold("x" * (fields.LONGEST_KEPT + 1))

    assert fields._short_folded.cache_info().currsize == kept
