"""Normal forms of texts: those of Unicode, however many marks a bank puts on a letter."""

import unicodedata
from itertools import product

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.limits import MARKS_IN_A_ROW
from gateway.texts.normal_forms import Form, normalised
from tests.gateway.effort import grows_no_faster

FORMS: tuple[Form, ...] = ("NFC", "NFKD")
MARKS = "\u0301\u0323", "\u0345\u0323\u0301", "\u0344\u0323", "\u0f73\u0f71", "\uff9e\u0301", "\u0340\u0327\u1dfa"


@given(st.text(alphabet=st.characters(min_codepoint=0x80), min_size=60), st.sampled_from(FORMS))
@example("a" + "\u0323\u0301" * (MARKS_IN_A_ROW // 2) + "é" * 100, "NFC")
@example("\u1112\u1161\u11ab" * 40, "NFC")
@example("漢字かな\u3099" * 40, "NFC")
@example("ÁÉÍÓÚ" * 40, "NFKD")
def test_a_text_is_brought_to_the_form(text: str, form: Form) -> None:
    """Any text in which no more marks follow each other than a language has."""
    assert normalised(form, text) == unicodedata.normalize(form, text)


@pytest.mark.parametrize(("form", "marks"), [*product(FORMS, MARKS)])
def test_more_marks_cost_no_more_than_their_number(form: Form, marks: str) -> None:
    """The library takes the square of their number, in one step."""
    assert grows_no_faster(lambda size: "a" + marks * size, lambda text: normalised(form, text), 20_000)


@pytest.mark.parametrize("form", FORMS)
def test_no_mark_is_lost(form: Form) -> None:
    """Also where a letter has more than thirty."""
    text = "a" + "\u0321\u0334" * 100 + "b"
    assert sorted(normalised(form, text)) == sorted(text)
