"""Texts of a row put together and read for their kind."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.connectors import wording
from gateway.model import TransactionType
from tests.gateway.effort import grows_no_faster


@pytest.mark.parametrize(
    ("texts", "together"),
    [
        (("Débito Pix", "NF 4411"), "Débito Pix - NF 4411"),
        (("Tarifa Manutenção", "TARIFA-MANUTENCAO", "tarifa"), "Tarifa Manutenção"),
        (("Pix", "Pixel"), "Pix - Pixel"),
        (("NF 12", "1"), "NF 12 - 1"),
        (("---", "-", "*"), "--- - *"),
        ((None, 7, "", " ", [], "x ", True, {"a": ["b"]}, 2.50, 3.0), "7 - x - b - 2.5 - 3"),
        ((), ""),
    ],
)
def test_texts_are_told_once(texts, together):
    """Each text stands once, in order; one whose words another has is left out."""
    assert wording.composed(*texts) == together


def test_many_texts_cost_no_more_than_their_number():
    """A bank may put any number of them into one row, short and long: none is dropped, and none told twice."""
    for long in ("", "x " * 50_000):
        made = [long, *(f"{number} x" for number in range(6_000))]
        told = [*filter(None, map(str.rstrip, made)), "..."]
        assert grows_no_faster(lambda size, made=made: made[:size], lambda texts: wording.composed(*texts), 6_000)
        assert wording.composed(*made, "5999-X", "...", "...") == " - ".join(told)


@pytest.mark.parametrize(
    ("values", "found"),
    [
        (("E71027866202603021402aB3dE6gH9j1",), "E71027866202603021402aB3dE6gH9j1"),
        ((None, "x", " D71027866202603021402aB3dE6gH9j1 "), "D71027866202603021402aB3dE6gH9j1"),
        (("F71027866202603021402aB3dE6gH9j1", "E7102786620260302140", 5, {}), None),
        (("E71027866-20260302-1402-aB3dE6gH", "E71027866 202603021402 aB3dE6gH9"), None),
        ((), None),
    ],
)
def test_end_to_end_ids(values, found):
    """Only what has the form of one is taken for one."""
    assert wording.end_to_end_id(*values) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ID: E71027866202603021402aB3dE6gH9j1.", True),
        ("Recebimento Pix(E71027866202603021402aB3dE6gH9j1)", True),
        ("e2e=E71027866202603021402aB3dE6gH9j1;loja_7", True),
        ("PIX E71027866202603021402aB3dE6gH9j1", True),
        ("PixE71027866202603021402aB3dE6gH9j1", False),
        ("ÉE71027866202603021402aB3dE6gH9j1", False),
        ("E71027866202603021402aB3dE6gH9j12", False),
        ("E71027866-202603021402-aB3dE6gH9j1", False),
        ("", False),
    ],
)
def test_end_to_end_ids_within_texts(text, found):
    """Punctuation may stand around one; letters and digits make it a part of something else."""
    expected = "E71027866202603021402aB3dE6gH9j1" if found else None

    assert wording.end_to_end_id_within("Pix", text) == expected


@given(value=st.one_of(st.text("ED9aZé٣_- \n", min_size=30, max_size=36), st.from_regex(r"\s?[EDF]\w{31}\s?\Z")))
def test_an_end_to_end_id_has_32_letters_and_digits(value):
    """The first is E or D; none of them has an accent or belongs to another script."""
    is_one = re.fullmatch(r"[ED][0-9A-Za-z]{31}", value.strip())

    assert wording.end_to_end_id(value) == (is_one[0] if is_one else None)


def test_all_texts_of_an_object():
    """Lists and objects are looked through; numbers say nothing; what is read elsewhere is passed over."""
    value = {"a": "one", "b": {"c": ["two", 3, None], "a": "three"}, "d": True}

    assert list(wording.texts_within(value)) == ["one", "two", "three"]
    assert list(wording.texts_within(value, without=("a",))) == ["two", "three"]
    assert list(wording.texts_within(None)) == []


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("PIX ENVIADO", TransactionType.PIX),
        ("Devolucao de Pix", TransactionType.PIX),
        ("TED", TransactionType.TED),
        ("Juros Cheque Especial", TransactionType.ENCARGOS_JUROS_CHEQUE_ESPECIAL),
        ("Tarifa pacote mensal", TransactionType.PACOTE_TARIFA_SERVICOS),
        ("Pagamento Darf Numerado", TransactionType.CONVENIO_ARRECADACAO),
        ("DARF - Ana Exemplo ME", TransactionType.CONVENIO_ARRECADACAO),
        ("PAGAMENTO SIMPLES NACIONAL - SIMPLES NACIONAL", TransactionType.CONVENIO_ARRECADACAO),
        ("Simples Nacional Contabilidade", TransactionType.OUTROS),
        ("Tarifas", TransactionType.OUTROS),
        ("", TransactionType.OUTROS),
    ],
)
def test_kinds_of_plain_texts(text, kind):
    """By whole words, whatever the case and the accents; the longer of two beginnings first."""
    assert wording.kind_of(text) is kind


@pytest.mark.parametrize(
    ("short", "full", "is_one"),
    [
        ("TRANSF PIX", "Transferência PIX", True),
        ("", "x", True),
        ("PIX TRANSF", "Transferência PIX", False),
        ("PIX PIX", "Transferência PIX", False),
        ("PIXEL", "Pix", False),
    ],
)
def test_abbreviations(short, full, is_one):
    """Each word begins one of the longer text, in its order, and no word of that is taken twice."""
    assert wording.abbreviates(short, full) is is_one
