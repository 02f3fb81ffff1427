"""Tax ids, masks and institutions, as every connector reads them."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import contracts
from gateway.connectors import bs2, connector_class, cora, inter, itau, parties, stone
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
    ("sent", "known"),
    [
        ({"bank": "001"}, BRASIL),
        ({"bank": 1}, BRASIL),
        ({"ispb": "00000000"}, BRASIL),
        ({"bank": "60701190"}, {"bank": "341", "ispb": "60701190", "bank_name": "ITAÚ UNIBANCO S.A."}),
        ({"ispb": 416968}, {"bank": "077", "ispb": "00416968", "bank_name": "BANCO INTER"}),
        ({"bank": "077", "bank_name": "Inter"}, {"bank": "077", "ispb": "00416968", "bank_name": "Inter"}),
        ({"bank": "Banco Exemplo S.A."}, {"bank_name": "Banco Exemplo S.A."}),
        ({"bank": "999"}, {"bank": "999"}),
        ({"bank": "0001"}, BRASIL),
        ({"bank": 416968}, {"bank": "077", "ispb": "00416968", "bank_name": "BANCO INTER"}),
        ({"bank": "341 - Itaú"}, {"bank": "341", "ispb": "60701190", "bank_name": "Itaú"}),
        ({"bank": "0341-ITAÚ", "bank_name": "Itaú"}, {"bank": "341", "ispb": "60701190", "bank_name": "Itaú"}),
        ({"bank": "60701190 \u2013 ITAÚ"}, {"bank": "341", "ispb": "60701190", "bank_name": "ITAÚ"}),
        ({"bank": "341-2"}, {"bank_name": "341-2"}),
        ({"bank": "3 Irmãos - Financeira"}, {"bank_name": "3 Irmãos - Financeira"}),
        ({"bank": "7654321"}, {"bank_name": "7654321"}),
        ({"bank": "0000"}, {}),
        ({"ispb": "99999999"}, {"ispb": "99999999"}),
        ({"bank": 360305}, {"bank": "104", "ispb": "00360305", "bank_name": "CAIXA ECONOMICA FEDERAL"}),
        ({"bank": "123456789"}, {"bank_name": "123456789"}),
        ({"bank": 4711}, {"bank_name": "4711"}),
        ({"bank_name": 77, "branch": 33, "account": 4711.0}, {"bank_name": "77", "branch": "33", "account": "4711"}),
        ({"bank": 0, "ispb": 0}, {}),
        ({"bank": "000", "ispb": ""}, {}),
        ({"bank": None, "ispb": True, "bank_name": " "}, {}),
    ],
)
def test_an_institution_has_a_field_for_each_kind_of_name(sent, known):
    """COMPE, ISPB and name; what a bank leaves out is looked up by what it gives."""
    assert parties.counterparty(**sent) == (Counterparty(**known) if known else None)


def test_a_whole_tax_id_goes_before_a_mask():
    """Of several texts the first whole one counts; without any, the first masked one."""
    assert parties.counterparty(tax_ids=["***456789**", "12345678909"]) == Counterparty(tax_id="12345678909")
    assert parties.counterparty(tax_ids=[None, "***456789**"]) == Counterparty(tax_id_masked="***456789**")


@pytest.mark.parametrize(
    ("number", "whole"),
    [
        (12345678909, "12345678909"),
        (1234567890, "01234567890"),
        (191, None),
        (18236120000158, "18236120000158"),
        (360305000104, "00360305000104"),
        (12345678900, None),
        (True, None),
    ],
)
def test_a_tax_id_as_a_number(number, whole):
    """It has lost its zeros; one that is much too short is none."""
    assert getattr(parties.counterparty(name="Ana", tax_ids=[number]), "tax_id", None) == whole


@pytest.mark.parametrize(
    ("sent", "unshown"),
    [
        (["11.222.333/0001-81"], []),
        (["***.456.789-**"], []),
        (["12345678900"], ["12345678900"]),
        (["ISENTO"], ["ISENTO"]),
        ([77], ["77"]),
        (["11222333000181", "99888777000100"], ["99888777000100"]),
        (["000.000.000-00", 0, None, True, " "], []),
    ],
)
def test_what_is_no_tax_id_of_the_other_party(sent, unshown):
    """What stands in the fields of tax ids is shown as one or left to be told elsewhere."""
    assert list(parties.unshown(parties.counterparty(tax_ids=sent), *sent)) == unshown


UNREADABLE = "12345678900"
"""A tax id with wrong check digits."""
ROWS = {
    "itau": (
        itau.StatementPage,
        {
            "data": [
                {
                    "events": [
                        {"operation": "C", "date": {"accounting": "2026-03-10"}, "amount": {"value": 1}}
                        | {"counterpart": {"name": "ANA", "document": UNREADABLE}}
                    ]
                }
            ]
        },
    ),
    "bs2": (
        bs2.StatementPage,
        {
            "saldo": {"inicial": 0, "final": 1},
            "total": 1,
            "movimentacoes": [
                {
                    "movimentadoEm": "2026-03-10T10:00:00",
                    "valor": 1,
                    "tipoMovimentacao": "C",
                    "remetente": {"documento": UNREADABLE},
                }
            ],
        },
    ),
    "cora": (
        cora.StatementPage,
        {
            "entries": [
                {
                    "type": "CREDIT",
                    "amount": 1,
                    "createdAt": "2026-03-10",
                    "transaction": {"counterParty": {"identity": UNREADABLE}},
                }
            ]
        },
    ),
    "stone": (
        stone.StatementPage,
        {
            "data": [
                {
                    "id": "a",
                    "type": "internal",
                    "amount": 1,
                    "balance_before": 0,
                    "balance_after": 1,
                    "created_at": "2026-03-10T10:00:00Z",
                    "counter_party": {"entity": {"document": UNREADABLE, "document_type": "cpf"}},
                }
            ]
        },
    ),
    "inter": (
        inter.StatementPage,
        {
            "transacoes": [
                {
                    "valor": "1.00",
                    "tipoOperacao": "C",
                    "dataEntrada": "2026-03-10",
                    "detalhes": {"cpfCnpjPagador": UNREADABLE},
                }
            ]
        },
    ),
}


@pytest.mark.parametrize("slug", ROWS)
def test_no_bank_s_word_is_lost_for_being_no_tax_id(slug):
    """It names nobody and is told in the description."""
    kind, body = ROWS[slug]
    connector = connector_class(slug)(contracts.load(slug))

    (movement,) = connector.movements(msgspec.json.decode(msgspec.json.encode(body), type=kind))

    assert UNREADABLE in movement.description
    assert movement.counterparty is None or movement.counterparty.tax_id is None


@pytest.mark.parametrize(
    ("kind", "length"),
    [("F", 11), ("fisica", 11), ("cpf", 11), ("J", 14), ("Jurídica", 14), ("CNPJ", 14), ("", 0), (None, 0), ("X", 0)],
)
def test_how_long_the_tax_id_of_a_kind_is(kind, length):
    """By the kind of person or the name of the document; of another word nothing is known."""
    assert parties.tax_id_length(kind) == length
