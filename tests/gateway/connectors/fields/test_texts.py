"""Texts, codes, counters, lists and objects in the forms in which banks write them."""

import re
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.connectors import fields
from gateway.limits import REMEMBERED_TEXT_CHARACTERS


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


@given(st.text())
@example("a\u0301\x00\x85 b\u2028\u200b \u3000")
@example("a\u202eb\u200d\u00ad\u2067")
def test_short_cuts_of_texts(text):
    """A text loses its control characters and trailing blanks and nothing else, whatever characters it has."""
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


def folded_plainly(text):
    """What folding is, without any short cut."""
    plain = unicodedata.normalize("NFKD", text).upper()
    kept = (each if each.isalnum() else " " for each in plain if not unicodedata.combining(each))
    return " ".join("".join(kept).split())


@given(
    st.one_of(st.text(), st.text(alphabet=st.characters(max_codepoint=0x36F)), st.text(st.characters(codec="ascii")))
)
@example("Transferência - Pix_ação\t(ú) 1/2")
@example("\u0345\u034f e\u0301\u0327 ŉ ß ﬁ ² Ⅷ \x1c\x85\u2028")
def test_short_cuts_of_folding(text):
    """A text is folded to the same, whatever characters it has and however long it is."""
    assert fields.fold(text) == folded_plainly(text)
    long = text * (REMEMBERED_TEXT_CHARACTERS + 1)
    assert fields.fold(long) == folded_plainly(long)


def test_long_texts_are_not_kept():
    """A bank that sends megabytes in a description fills no memory with them."""
    long = "x" * (REMEMBERED_TEXT_CHARACTERS + 1)

    assert fields.fold(long) == long.upper()
    assert long not in fields._folded


@pytest.mark.parametrize(
    ("sent", "found"), [(7, 7), (" 007 ", 7), (7.0, 7), (0, 0), ("9" * 9, 999_999_999), ("9" * 10, None), ("٣", None)]
)
def test_a_number(sent, found):
    """A whole number or its digits, of which no bank sends more than nine where they count something."""
    assert fields.number(sent) == found


@pytest.mark.parametrize("sent", [None, "", "-1", -1, 1.5, "1.0", True, [], {}])
def test_no_number(sent):
    """What is none says nothing, and is no failure."""
    assert fields.number(sent) is None


@pytest.mark.parametrize(
    ("sent", "code", "nonzero"),
    [(" a1 ", "a1", "a1"), (10, "10", "10"), (0, "0", ""), (" 000 ", "000", ""), (2.0, "2", "2"), (None, "", "")],
)
def test_a_code(sent, code, nonzero):
    """As a text without blanks around it; zeros stand for what a bank does not tell."""
    assert (fields.code(sent), fields.nonzero(sent)) == (code, nonzero)
