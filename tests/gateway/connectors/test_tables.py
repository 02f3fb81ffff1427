"""Tables of a bank's words find what is meant, and nothing where it is not certain."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.connectors.tables import Beginnings, Kinds, Sides, Words
from gateway.limits import REMEMBERED_TEXT_CHARACTERS
from gateway.model import TransactionType
from tests.gateway.connectors.fields.test_texts import folded_plainly


def test_beginnings():
    """The first that fits; one that ends with a blank stands for whole words; an unknown text is nothing special."""
    table = Beginnings([("TED ", 1), ("CRÉD.LIQUIDAÇÃO", 2), ("PIX", 3)])

    found = [table.find(text) for text in ("ted", "Ted-123", "TEDIO", "cred liquidacao cobranca", "Pixel", "", "X")]
    assert found == [1, 1, None, 2, 3, None, None]


def test_sides():
    """In any case and with or without accents; another word is refused, as is an amount that has a sign already."""
    sides = Sides({"2"}, {"1"})

    assert [sides.is_credit(word) for word in ("c", "Crédito", "débito ", "D")] == [True, True, False, False]
    assert [sides.sign(word) for word in ("c", "d", "x", None, 1)] == [1, -1, None, None, None]
    assert [sides.sign(word) for word in ("2", "1", "CRED.", "Saída", "DEBIT", "entrada")] == [1, -1, 1, -1, -1, 1]
    assert [Sides().sign(word) for word in ("CREDIT", "DEB", "2", "1", "ESTORNO")] == [1, -1, None, None, None]
    named = {
        "X": "'X'",
        "": "''",
        None: "nothing that is a word",
        1: "nothing that is a word",
        "X" * 99: f"'{'X' * 64}'",
    }
    for word, shown in named.items():
        with pytest.raises(ValueError, match=f"neither credit nor debit, its direction is {shown}$"):
            sides.signed(Decimal(5), word)
    assert [sides.signed(Decimal(5), word) for word in "CD"] == [5, -5]


def test_a_debit_may_carry_its_minus():
    """What a minus says, the direction says already; a credit with one contradicts itself."""
    sides = Sides()

    assert (sides.signed(Decimal(-5), "D"), sides.size(Decimal(-5), "D")) == (-5, 5)
    assert [sides.size(Decimal(5), word) for word in ("C", "D", "X", None)] == [5] * 4
    for word in ("C", "X", None):
        with pytest.raises(ValueError, match="no debit has a minus sign"):
            sides.signed(Decimal(-5), word)
        with pytest.raises(ValueError, match="no debit has a minus sign"):
            sides.size(Decimal(-5), word)


def test_kinds():
    """The first text that tells a kind does; texts alone are looked at, and an unknown one is OUTROS."""
    kinds = Kinds({TransactionType.PIX: ("PIX", "DEV PIX"), TransactionType.TED: ("TED ",)})

    assert kinds.of("x", "ted 1", "pix") is TransactionType.TED
    assert kinds.of("Devolução", None, 5) is TransactionType.OUTROS
    assert kinds.find("Devolução", "a pix") is None
    assert Kinds({TransactionType.PIX: ("PIX",)}, by=Words).of("dev. pix") is TransactionType.PIX


@pytest.mark.parametrize(
    ("text", "found"),
    [("Tarifa PIX", 1), ("x-débito.automático y", 2), ("DEBITO", None), ("TARIFAS", None), ("", None)],
)
def test_words_anywhere(text, found):
    """Whole words in a row, compared without case, accents and punctuation; the first of the table that fits counts."""
    assert Words((("TARIFA", 1), ("DEBITO AUTOMATICO", 2), ("PIX", 3))).find(text) == found


@pytest.mark.parametrize("kind", [Beginnings, Words])
@given(
    st.lists(st.tuples(st.sampled_from(["", " ", "a", "a ", "ab ", "b", "Ã", "a b", "1"]), st.integers())),
    st.text("abã 1.-"),
)
def test_tables_find_the_first_that_fits(kind, rows, text):
    """In the order of the table, with a blank text and one that is too long to be kept as with any other."""
    table = kind(rows)
    for written in (text, text + "." * (REMEMBERED_TEXT_CHARACTERS + 1)):
        folded = folded_plainly(written)
        words = [(folded_plainly(begins), begins.endswith(" ") and kind is Beginnings, value) for begins, value in rows]
        fits = [
            value
            for begins, whole, value in words
            if (f" {begins} " in f" {folded} " if kind is Words else f"{folded} ".startswith(begins + " " * whole))
        ]
        assert table.find(written) == (fits[0] if fits else None)
