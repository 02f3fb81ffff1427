"""Amounts, days, kinds, texts and other parties of Sicredi."""

from datetime import date
from decimal import Decimal

import msgspec
import pytest

from gateway.connectors.rows.sicredi import Row
from gateway.connectors.sicredi import StatementPage
from gateway.errors import BankFailure
from gateway.model import Counterparty, TransactionType
from tests.gateway.connectors.sicredi.answers import SICREDI, movements, page, read, row


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        ("-39.90", "-39.90"),
        ("480", "480"),
        ("0.1", "0.1"),
        ("90071992547409.93", "90071992547409.93"),
        ('"-7.25"', "-7.25"),
        ("1e2", "100"),
        ('"-1.730,40"', "-1730.40"),
        ('"480,00"', "480"),
    ],
)
def test_amounts_are_numbers_with_a_sign(written, amount):
    """A JSON number is read exactly, digit by digit, and the sign is its own."""
    body = f'{{"totalElements": 1, "dtlMovimentos": [{{"data": "2026-03-10", "valor": {written}, "saldo": {written}, '
    body += '"idMovimento": "a", "descricao": "PAGAMENTO PIX-PIX_DEB"}]}'

    (movement,) = SICREDI.movements(msgspec.json.decode(body.encode(), type=StatementPage))

    assert (movement.amount, movement.balance) == (Decimal(amount), Decimal(amount))


@pytest.mark.parametrize(
    "wrong",
    [
        {"valor": "NaN"},
        {"valor": "1.555"},
        {"saldo": "1.555"},
        {"valor": "1e30"},
        {"saldo": "Infinity"},
        {"data": "10/13/2026"},
        {"valor": None},
        {"valor": ""},
        {"valor": []},
        {"data": ""},
        {"idMovimento": "  "},
    ],
)
def test_what_cannot_be_read_is_not_dropped(wrong):
    """A row without a readable day, amount, balance or id fails the statement."""
    with pytest.raises(BankFailure) as failure:
        movements({**row(1, 1, 1), **wrong})
    assert failure.value.code == "unexpected_bank_response"


@pytest.mark.parametrize("missing", ["data", "valor", "idMovimento"])
def test_a_row_without_what_it_needs(missing):
    """A row that lacks day, amount or id is an unexpected answer."""
    short = row(1, 1, 1)
    del short[missing]
    with pytest.raises(BankFailure, match="unexpected_bank_response"):
        read(page(short))


@pytest.mark.parametrize(
    ("text", "party"),
    [
        (
            "RECEBIMENTO PIX-PIX_CRED  11222333000181  ALFA LTDA",
            Counterparty(name="ALFA LTDA", tax_id="11222333000181"),
        ),
        ("PAGAMENTO PIX-PIX_DEB   12345678909 ANA  SÁ", Counterparty(name="ANA  SÁ", tax_id="12345678909")),
        ("PAGAMENTO PIX SICREDI-CX140166  11222333000181 BETA", Counterparty(name="BETA", tax_id="11222333000181")),
        ("DEVOLUCAO PIX-PIX_CRED  84G7VSUO000128  GAMA", Counterparty(name="GAMA", tax_id="84G7VSUO000128")),
        ("PAGAMENTO PIX-PIX_DEB   11222333000181  12345678909", Counterparty("12345678909", "11222333000181")),
        ("PAGAMENTO PIX-PIX_DEB  PIX Marketplace", None),
        ("RECEBIMENTO PIX 12345678909 Ana Sá", Counterparty(name="Ana Sá", tax_id="12345678909")),
        ("PAGAMENTO PIX-PIX_DEB 11222333000181 ALFA", Counterparty(name="ALFA", tax_id="11222333000181")),
        ("PAGAMENTO PIX SICREDI 11222333000181 BETA", Counterparty(name="BETA", tax_id="11222333000181")),
        ("PAGAMENTO PIX 11222333000181 ANA  12345678909 ME", Counterparty("ANA  12345678909 ME", "11222333000181")),
        ("PAGAMENTO PIX ANA SÁ 12345678909 ME", None),
        ("PAGAMENTO PIX SICREDI", None),
        ("PAGAMENTO PIX-PIX_DEB  1122233300018  ALFA", None),
        ("PAGAMENTO PIX-PIX_DEB  11222333000180  ALFA", None),
        ("PAGAMENTO PIX-PIX_DEB  11222333000181  ", None),
        ("PAGAMENTO PIX-PIX_DEB  ALFA  11222333000181  LTDA", None),
        ("DEBITO CONVENIOS-ID0001  12345678909  CIA DE AGUA", None),
        ("CESTA DE RELACIONAMENTO-", None),
        ("  RECEBIMENTO PIX-PIX_CRED  11222333000181  ALFA", Counterparty(name="ALFA", tax_id="11222333000181")),
    ],
)
def test_the_other_party_stands_in_the_text_of_a_pix(text, party):
    """Number and name are taken from the bank's fixed form only, and from no text that merely looks alike."""
    assert movements(row(1, 1, 1, descricao=text))[0].counterparty == party


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("TED 033 0001 ALFA LTDA", TransactionType.TED),
        ("TED", TransactionType.TED),
        ("DEBITO TED ALFA LTDA", TransactionType.TED),
        ("TED-SPB", TransactionType.TED),
        ("TEDIO FILMES LTDA", TransactionType.OUTROS),
        ("TARIFAS - PGTO FORNECEDOR TED", TransactionType.TARIFA_SERVICOS_AVULSOS),
        ("TRANSF ENTRE CONTAS", TransactionType.TRANSFERENCIA_MESMA_INSTITUICAO),
        ("CREDITO FOLHA PGTO.", TransactionType.FOLHA_PAGAMENTO),
        ("LIQUIDACAO DE PARCELA-C5A", TransactionType.OPERACAO_CREDITO),
        ("OP. CRÉDITO C/GARANTIA", TransactionType.OPERACAO_CREDITO),
        ("JUROS UTILIZ.CH.ESPECIAL", TransactionType.ENCARGOS_JUROS_CHEQUE_ESPECIAL),
        ("TARIFA COM R LIQUIDACAO-COB000001", TransactionType.TARIFA_SERVICOS_AVULSOS),
        ("LIQUIDACAO BOLETO-", TransactionType.BOLETO),
        ("COMPRAS NACIONAIS-VE0493509 POSTO", TransactionType.CARTAO),
        ("INTEGR.CAPITAL SUBSCRITO-1", TransactionType.OUTROS),
        ("", TransactionType.OUTROS),
    ],
)
def test_the_kind_is_told_by_the_beginning_of_the_text(text, kind):
    """Known beginnings give a type, all others are OUTROS, and the sign never comes from the text."""
    found = movements(row(1, -1, -1, descricao=text), row(2, 1, 0, descricao=text))

    assert [(movement.type, movement.amount) for movement in found] == [(kind, -1), (kind, 1)]


@pytest.mark.parametrize("day", ["10/03/2026", "2026-03-10T00:00:00", "10/03/2026 09:10:00"])
def test_another_form_of_day(day):
    """No day can be read in both ways."""
    assert movements(row(1, 1, 1, data=day))[0].date == date(2026, 3, 10)


def test_the_texts_are_kept():
    """Runs of blanks stay, trailing ones go, accents are composed, and the extra text follows."""
    (movement,) = movements(row(1, 1, 1, descricao="LIQ.COBRANCA  SIMPLES ", complemento="AC\u0327A\u0303O 7  "))

    assert movement.description == "LIQ.COBRANCA  SIMPLES - AÇÃO 7"


@pytest.mark.parametrize(
    ("sent", "text"), [(["ALFA", {"nome": "BETA"}], "ALFA BETA"), ({"texto": "ALFA"}, "ALFA"), (1.5, "1.5"), (True, "")]
)
def test_texts_of_another_form_withhold_nothing(sent, text):
    """All that they say is kept."""
    (found,) = movements(row(1, 1, 1, descricao=sent, documento=sent))

    assert (found.description, found.document) == (text, text or None)


@pytest.mark.parametrize(
    ("text", "kind", "party"),
    [
        ("Juros Cheque Especial", TransactionType.ENCARGOS_JUROS_CHEQUE_ESPECIAL, None),
        (
            "Recebimento Pix-PIX_CRED  12345678909  ANA MODELO",
            TransactionType.PIX,
            Counterparty("ANA MODELO", "12345678909"),
        ),
        ("Devolução Pix  123.456.789-09  Ana Modelo", TransactionType.PIX, Counterparty("Ana Modelo", "12345678909")),
        (
            "Pagamento Pix  ***.456.789-**  Ana Modelo",
            TransactionType.PIX,
            Counterparty("Ana Modelo", tax_id_masked="***.456.789-**"),
        ),
    ],
)
def test_texts_in_other_capitals(text, kind, party):
    """Kinds and names are known without regard to case, accents and punctuation."""
    (movement,) = movements(row(1, 1, 1, descricao=text))

    assert (movement.type, movement.counterparty) == (kind, party)


NO_TEXTS = {
    "data": "its day",
    "valor": "its amount",
    "saldo": "a balance",
}
"""Fields of a row that hold no text of the bank. Its `codigoLancamento` is a code whose values are not published."""


def test_every_text_of_a_row_is_in_its_entry():
    """Nothing that the bank says is dropped: each field of a full row is filled with a word of its own."""
    sent = {name: f"WORD{number}" for number, name in enumerate(Row.__struct_fields__) if name not in NO_TEXTS}

    (found,) = movements({**row(1, 1, 1), **sent})

    shown = f"{found.description} {found.document} {found.bank_id}"
    assert all(word in shown for word in sent.values())


def test_texts_that_are_numbers():
    """A number is as good as a text."""
    (found,) = movements(row(1, 1, 1, descricao=7, complemento=8, documento=9))

    assert (found.description, found.document) == ("7 - 8", "9")


@pytest.mark.parametrize("field", ["descricao", "complemento", "documento"])
def test_the_end_to_end_id_of_a_pix_in_its_texts(field):
    """Wherever it stands; it stays there too."""
    identity = "D01181521202603101205abcDEF12345"
    (found,) = movements(row(1, 1, 1, **{field: f"Pix {identity}"}))

    assert found.end_to_end_id == identity
    assert identity in f"{found.description} {found.document}"
