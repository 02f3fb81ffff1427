"""The texts of a row of Santander, its kind and the other party."""

import pytest

from gateway.connectors import parties
from gateway.connectors.rows.santander import Row
from gateway.model import Counterparty, TransactionType
from tests.gateway.connectors.santander.answers import (
    read,
    row,
)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("PIX RECEBIDO", TransactionType.PIX),
        ("TARIFA PIX ENVIADO", TransactionType.TARIFA_SERVICOS_AVULSOS),
        ("Ted Recebida", TransactionType.TED),
        ("DEP DINHEIRO BCO 24H", TransactionType.DEPOSITO),
        ("DEPÓSITO EM CHEQUE", TransactionType.DEPOSITO),
        ("RESGATE CONTAMAX AUTOMATICO", TransactionType.RESGATE_APLIC_FINANCEIRA),
        ("APLICACAO CONTAMAX", TransactionType.OUTROS),
        ("TRANSF VALORES P/C/C MESMO TITULAR", TransactionType.TRANSFERENCIA_MESMA_INSTITUICAO),
        ("DÉBITO AUTOMÁTICO", TransactionType.CONVENIO_ARRECADACAO),
        ("PAGAMENTO DARF EM CANAIS", TransactionType.CONVENIO_ARRECADACAO),
        ("TEDIO", TransactionType.OUTROS),
        ("Tarifa-Pix.Enviado", TransactionType.TARIFA_SERVICOS_AVULSOS),
        ("TRANSF.VALORES P/ C/C", TransactionType.TRANSFERENCIA_MESMA_INSTITUICAO),
        ("Débito  automático", TransactionType.CONVENIO_ARRECADACAO),
        ("Juros Cheque-Especial", TransactionType.ENCARGOS_JUROS_CHEQUE_ESPECIAL),
        ("PAGAMENTO FGTS", TransactionType.CONVENIO_ARRECADACAO),
        ("PGTO CONTA", TransactionType.CONVENIO_ARRECADACAO),
        ("DEBITO AUT. TELEFONE CELULAR", TransactionType.CONVENIO_ARRECADACAO),
        ("DEBITO AUT. FATURA CARTAO VISA", TransactionType.CARTAO),
        ("DEBITO VISA ELECTRON BRASIL", TransactionType.CARTAO),
        ("ANTECIPACAO GETNET", TransactionType.CARTAO),
        ("TRANSF VALOR", TransactionType.TRANSFERENCIA_MESMA_INSTITUICAO),
        ("TRANSFERENCIA ENTRE CONTAS", TransactionType.TRANSFERENCIA_MESMA_INSTITUICAO),
        ("REMUNERACAO APLICACAO AUTOMATICA", TransactionType.RENDIMENTO_APLIC_FINANCEIRA),
        ("RESG POUP - CENTRAL/INTERNET/APP", TransactionType.RESGATE_APLIC_FINANCEIRA),
        ("LIQUIDO DE VENCIMENTO", TransactionType.FOLHA_PAGAMENTO),
        (None, TransactionType.OUTROS),
    ],
)
def test_types_come_from_the_banks_text(name, kind):
    """Only whole words of the bank's own text tell a type; a fee for a Pix is a fee."""
    assert read(row(transactionName=name))[0].type is kind


def test_the_text_is_name_and_complement():
    """Nothing of the bank's text is lost but blanks at the ends."""
    both, name, complement, none = read(
        row(transactionName="PIX ENVIADO  ", historicComplement="Padaria Modelo "),
        row(transactionName="SEGURO", historicComplement=""),
        row(historicComplement="REF 7"),
        row(),
    )

    assert [m.description for m in (both, name, complement, none)] == [
        "PIX ENVIADO - Padaria Modelo",
        "SEGURO",
        "REF 7",
        "",
    ]


@pytest.mark.parametrize(
    ("name", "complement", "tax_id"),
    [
        ("PIX RECEBIDO", "11222333000181", "11222333000181"),
        ("PIX RECEBIDO", "Padaria Modelo 11.222.333/0001-81", "11222333000181"),
        ("TED ENVIADA", "12345678909", "12345678909"),
        ("PIX ENVIADO", "84g7vsuo000128", "84G7VSUO000128"),
        ("PIX ENVIADO", "11987654321", None),
        ("PIX ENVIADO", "11222333000181 12345678909", None),
        ("PIX ENVIADO", "Padaria Modelo", None),
        ("PIX ENVIADO", "", None),
        ("TED RECEBIDA                       11222333000181", "", "11222333000181"),
        ("TED RECEBIDA                       11222333000181", "12345678909", "12345678909"),
        ("TED RECEBIDA                       11987654321", "", None),
        ("DEBITO AUTOMATICO", "11222333000181", None),
    ],
)
def test_a_tax_id_in_the_complement(name, complement, tax_id):
    """One number with right check digits is the other party's tax id; a phone number or a name is only text.

    Without a complement it may stand at the end of the name.
    """
    expected = Counterparty(tax_id=tax_id) if tax_id else None

    assert read(row(transactionName=name, historicComplement=complement))[0].counterparty == expected


@pytest.mark.parametrize(
    ("complement", "party"),
    [
        ("Ana Modelo ***.456.789-**", Counterparty(tax_id_masked="***.456.789-**")),
        ("***456789** 11222333000181", Counterparty(tax_id="11222333000181")),
        ("***456789** ***111222**", None),
    ],
)
def test_a_masked_tax_id_is_none(complement, party):
    """It is shown as such, where no whole one stands beside it."""
    assert read(row(transactionName="PIX RECEBIDO", historicComplement=complement))[0].counterparty == party


NO_TEXTS = {
    "creditDebitType": "the direction",
    "amount": "its amount",
    "transactionDate": "its day",
    "completedAuthorisedPaymentType": "whether it may still change",
    "transactionCurrency": "in what it is",
    "partieCheckDigit": "a part of the other party's account",
}
"""Fields of a row that hold no text of the bank, with what they hold."""


def test_every_text_of_a_row_is_in_its_entry():
    """Nothing that the bank says is dropped: each field of a full row is filled with a word of its own."""
    sent = {name: f"WORD{number}" for number, name in enumerate(Row.__struct_fields__) if name not in NO_TEXTS}

    (found,) = read(row(**sent))

    assert all(word in f"{found.description} {found.document} {found.counterparty}" for word in sent.values())


def test_texts_that_are_numbers():
    """A number is as good as a text."""
    (found,) = read(row(transactionName=7, historicComplement=11222333000181, documentNumber=9))

    assert (found.description, found.document) == ("7 - 11222333000181", "9")


@pytest.mark.parametrize(
    ("sent", "text"), [(["ALFA", {"nome": "BETA"}], "ALFA BETA"), ({"texto": "ALFA"}, "ALFA"), (1.5, "1.5"), (True, "")]
)
def test_texts_of_another_form_withhold_nothing(sent, text):
    """All that they say is kept."""
    (found,) = read(row(historicComplement=sent, documentNumber=sent))

    assert (found.description, found.document) == (text, text or None)


@pytest.mark.parametrize(
    ("sent", "party"),
    [
        (
            {
                "partieCnpjCpf": "11.222.333/0001-81",
                "partieCompeCode": "341",
                "partieBranchCode": "0057",
                "partieNumber": "72023",
                "partieCheckDigit": "7",
            },
            parties.counterparty(tax_ids=["11222333000181"], bank="341", branch="0057", account="720237"),
        ),
        ({"partieCnpjCpf": 12345678909, "partieCompeCode": 33}, parties.counterparty(tax_ids=["12345678909"], bank=33)),
        ({"partieCompeCode": "341"}, parties.counterparty(tax_ids=["11222333000181"], bank="341")),
        (
            {"partieCnpjCpf": "", "partieCompeCode": "000", "partieBranchCode": "0000", "partieNumber": "0"},
            parties.counterparty(tax_ids=["11222333000181"]),
        ),
    ],
)
def test_the_other_party_in_fields_of_its_own(sent, party):
    """They go before the text, in which the tax id may stand; zeros name nobody."""
    (found,) = read(row(transactionName="PIX ENVIADO", historicComplement="11222333000181", **sent))

    assert found.counterparty == party


def test_no_tax_id_in_the_field_for_one():
    """What stands there is kept in the text."""
    (found,) = read(row(transactionName="PIX ENVIADO", partieCnpjCpf="11222333000180", complement="LOJA 7"))

    assert (found.counterparty, found.description) == (None, "PIX ENVIADO - LOJA 7 - 11222333000180")


@pytest.mark.parametrize("field", ["transactionName", "historicComplement", "documentNumber"])
def test_the_end_to_end_id_of_a_pix_in_its_texts(field):
    """Wherever it stands; it stays there too."""
    identity = "E90400888202603101205abcDEF12345"
    (found,) = read(row(**{field: f"PIX {identity}"}))

    assert found.end_to_end_id == identity
    assert identity in f"{found.description} {found.document}"
