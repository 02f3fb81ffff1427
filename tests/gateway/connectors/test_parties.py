"""Tax ids, masks and institutions, as every connector reads them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.connectors import parties
from gateway.model import Counterparty
from gateway.tax_ids import is_cnpj, is_cpf


@pytest.mark.parametrize(
    ("value", "whole", "masked"),
    [
        ("123.456.789-09", "12345678909", None),
        ("11.222.333/0001-81", "11222333000181", None),
        ("11.222.333 0001-81", "11222333000181", None),
        ("84.g7v.suo/0001-28", "84G7VSUO000128", None),
        ("***111222**", None, "***111222**"),
        ("***.456.789-** ", None, "***.456.789-**"),
        ("XXX.456.789-XX", None, "XXX.456.789-XX"),
        ("**.222.333/0001-**", None, "**.222.333/0001-**"),
        ("12345678900", None, None),
        ("11222333000180", None, None),
        ("00000000000", None, None),
        ("***456", None, None),
        ("Padaria", None, None),
        ("", None, None),
        (None, None, None),
        (12345678909, None, None),
        (["12345678909"], None, None),
    ],
)
def test_a_tax_id_is_whole_or_masked_or_none(value, whole, masked):
    """Right check digits make one; hidden digits make a mask, which identifies nobody; anything else is neither."""
    assert (parties.tax_id(value), parties.masked_tax_id(value)) == (whole, masked)


@given(st.text(alphabet="0123456789*X.-/ AB•", max_size=20))
def test_no_text_is_both(text):
    """What stands in `tax_id` has right check digits and no mask."""
    whole, masked = parties.tax_id(text), parties.masked_tax_id(text)

    assert whole is None or masked is None
    assert whole is None or is_cpf(whole) or is_cnpj(whole)


BRASIL = {"bank": "001", "ispb": "00000000", "bank_name": "BCO DO BRASIL S.A."}


@pytest.mark.parametrize(
    ("told", "known"),
    [
        ({"bank": "001"}, BRASIL),
        ({"bank": 1}, BRASIL),
        ({"ispb": "00000000"}, BRASIL),
        ({"bank": "60701190"}, {"bank": "341", "ispb": "60701190", "bank_name": "ITAÚ UNIBANCO S.A."}),
        ({"ispb": 416968}, {"bank": "077", "ispb": "00416968", "bank_name": "BANCO INTER"}),
        ({"bank": "077", "bank_name": "Inter"}, {"bank": "077", "ispb": "00416968", "bank_name": "Inter"}),
        ({"bank": "Banco Exemplo S.A."}, {"bank_name": "Banco Exemplo S.A."}),
        ({"bank": "999"}, {"bank": "999"}),
        ({"ispb": "99999999"}, {"ispb": "99999999"}),
        ({"bank": 0, "ispb": 0}, {}),
        ({"bank": "000", "ispb": ""}, {}),
        ({"bank": None, "ispb": True, "bank_name": " "}, {}),
    ],
)
def test_an_institution_has_a_field_for_each_kind_of_name(told, known):
    """COMPE, ISPB and name; what a bank leaves out is looked up by what it gives."""
    assert parties.counterparty(**told) == (Counterparty(**known) if known else None)


def test_a_whole_tax_id_goes_before_a_mask():
    """Of several texts the first whole one counts; without any, the first masked one."""
    assert parties.counterparty(tax_ids=["***456789**", "12345678909"]) == Counterparty(tax_id="12345678909")
    assert parties.counterparty(tax_ids=[None, "***456789**"]) == Counterparty(tax_id_masked="***456789**")
