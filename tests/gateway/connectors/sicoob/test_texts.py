"""Texts of Sicoob: the kind of a movement, the other party between the marks, and all else that a row says."""

import pytest

from gateway.connectors import parties
from gateway.connectors.rows.sicoob import Row
from gateway.model import Counterparty, TransactionType
from tests.gateway.connectors.sicoob.answers import read, row


@pytest.mark.parametrize(
    ("text", "document", "kind"),
    [
        ("PIX EMITIDO OUTRA IF", "Pix", TransactionType.PIX),
        ("TRANSF. RECEBIDA", "Pix", TransactionType.PIX),
        ("CRÉD.LIQUIDAÇÃO COBRANÇA", "1", TransactionType.BOLETO),
        ("CRED.LIQUIDACAO COBRANCA", "1", TransactionType.BOLETO),
        ("DÉB.CONV.DEMAIS EMPRESAS", "BANDEIRA X", TransactionType.CONVENIO_ARRECADACAO),
        ("CR COMPRAS BANDEIRA X", "1", TransactionType.CARTAO),
        ("TARIFA PACOTE SERVIÇOS", "1", TransactionType.PACOTE_TARIFA_SERVICOS),
        ("TARIFA COBRANÇA", "1", TransactionType.TARIFA_SERVICOS_AVULSOS),
        ("CRÉD.TED-STR", "1", TransactionType.TED),
        ("DÉB.TIT.COMPE EFETIVADO", "1", TransactionType.BOLETO),
        ("DÉB.TÍTULO COBRANÇA", "1", TransactionType.BOLETO),
        ("CRED.TRANSF.CONTAS INTERCREDIS", "1", TransactionType.TRANSFERENCIA_MESMA_INSTITUICAO),
        ("CR ANTECIPAÇÃO BANDEIRA X", "1", TransactionType.CARTAO),
        ("DEP.DINHEIRO", "1", TransactionType.DEPOSITO),
        ("RESGATE RDC", "1", TransactionType.RESGATE_APLIC_FINANCEIRA),
        ("DÉBITO PACOTE SERVIÇOS", "1", TransactionType.PACOTE_TARIFA_SERVICOS),
        ("INTEGRALIZAÇÃO DE CAPITAL", "1", TransactionType.OUTROS),
        ("TARIFA PIX RECEBIDO", "Pix", TransactionType.TARIFA_SERVICOS_AVULSOS),
        ("EST.PIX EMIT.OUT.IF", "Pix", TransactionType.PIX),
        ("DÉBITO TED", "1", TransactionType.TED),
        ("DEB.EMI.TED DIF.TIT", "1", TransactionType.TED),
        ("EST. PIX EMITIDO OUTRA IF - MESMA TIT.", "1", TransactionType.PIX),
        ("CRÉD. DEVOLUÇÃO PIX", "1", TransactionType.PIX),
        ("TRANSF. PIX SICOOB", "1", TransactionType.PIX),
        ("CRÉD.LIQ.COBRANÇA", "1", TransactionType.BOLETO),
        ("DÉB.TIT. COBRANÇA EFETIVADO", "1", TransactionType.BOLETO),
        ("DÉB. PAGAMENTO DE BOLETO", "1", TransactionType.BOLETO),
        ("DB.CONV.TR FD-RFB", "1", TransactionType.CONVENIO_ARRECADACAO),
        ("DB.TR.C.DIF.TIT.INT", "1", TransactionType.TRANSFERENCIA_MESMA_INSTITUICAO),
        ("CRED.TR.CT.INTERCRE", "1", TransactionType.TRANSFERENCIA_MESMA_INSTITUICAO),
        ("COMP MASTER MAESTRO", "1", TransactionType.CARTAO),
        ("CR ANT MSTD", "1", TransactionType.CARTAO),
        ("DEB PACOTE TARIFAS", "1", TransactionType.PACOTE_TARIFA_SERVICOS),
        ("CR ANTERIOR", "1", TransactionType.OUTROS),
    ],
)
def test_the_kind_is_in_the_text(text, document, kind):
    """There is no field for the kind; the bank's texts begin alike, and every Pix has the same document."""
    assert read(row(descricao=text, numeroDocumento=document))[0].type is kind


@pytest.mark.parametrize(
    ("sent", "tax_id", "text"),
    [
        ("Recebimento Pix|@12.345.678 0001-95|@", "12345678000195", "Recebimento Pix 12.345.678 0001-95"),
        ("Pagamento Pix |@84.G7V.SUO 0001-28|@", "84G7VSUO000128", "Pagamento Pix 84.G7V.SUO 0001-28"),
        ("Pagamento Pix|@***.456.789-**|@", "***.456.789-**", "Pagamento Pix ***.456.789-**"),
        ("Pix|@PADARIA MODELO|@", None, "Pix PADARIA MODELO"),
        ("E00000000202603101027abcdefghijk", None, "E00000000202603101027abcdefghijk"),
        ("12.345.678 0001-95", None, "12.345.678 0001-95"),
        ("", None, ""),
        (None, None, ""),
        (["texto", {"mais": "outro"}], None, "texto outro"),
        (7, None, "7"),
    ],
)
def test_the_other_party_stands_between_marks(sent, tax_id, text):
    """A CNPJ between the marks is the other party; a masked CPF is shown as masked; free text is not."""
    (movement,) = read(row(descInfComplementar=sent))

    assert movement.counterparty == parties.counterparty(tax_ids=[tax_id])
    assert movement.description == text


@pytest.mark.parametrize(
    ("sent", "name", "tax_id"),
    [
        ("Recebimento Pix|@PADARIA MODELO LTDA|@12.345.678 0001-95|@", "PADARIA MODELO LTDA", "12345678000195"),
        ("Recebimento Pix|@ANA MODELO|@***.456.789-**|@almoco", "ANA MODELO", "***.456.789-**"),
        ("Recebimento Pix|@ANA MODELO|@***.456.78", "ANA MODELO", None),
        ("Recebimento Pix|@ANA MODELO|@**", "ANA MODELO", None),
        ("Recebimento Pix|@COMERCIO DE MATERIAIS DE CONSTRUCAO MODE|@LO LTDA|@12.345.678 0001-95|@",
         "COMERCIO DE MATERIAIS DE CONSTRUCAO MODELO LTDA", "12345678000195"),
        ("Pagamento Pix|@12.345.678 0001-95|@festa junina", None, "12345678000195"),
    ],
)  # fmt: skip
def test_a_received_pix_names_the_payer_before_the_tax_id(sent, name, tax_id):
    """What stands before the tax id is a name, broken after forty signs; what stands behind it is the payer's text."""
    (movement,) = read(row(descInfComplementar=sent, numeroDocumento="Pix"))

    assert movement.counterparty == parties.counterparty(name=name, tax_ids=[tax_id])


@pytest.mark.parametrize(
    "sent",
    [
        "Pagamento Pix|@***.456.7|@123.456.789-09",
        "Pagamento Pix|@***.456.7|@11987654321",
        "Pagamento Pix|@12.345.678 000|@",
        "Pagamento Pix|@12.345.678 0001-9",
    ],
)
def test_neither_the_payers_text_nor_a_remnant_is_a_tax_id(sent):
    """A number in the text of whoever paid, or what is left of a tax id that was cut off, names nobody."""
    assert read(row(descInfComplementar=sent))[0].counterparty is None


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        ("FAV.: VIMERCATI MATERIAL DE CONSTRUCAO L|@TDA", "VIMERCATI MATERIAL DE CONSTRUCAO LTDA"),
        ("REM.: ALFA MODELO LTDA", "ALFA MODELO LTDA"),
        ("Fav.:ANA MODELO", "ANA MODELO"),
        ("FAVELA MODELO", None),
        ("ALFA REM.: BETA", None),
        ("FAV.:", None),
    ],
)
def test_a_transfer_names_the_other_party_behind_a_word_of_the_banks(sent, name):
    """Whom it favours or who sent it; the text keeps that word."""
    (found,) = read(row(descricao="DÉB.TRANSF.CONTAS", descInfComplementar=sent))

    assert found.counterparty == (Counterparty(name=name) if name else None)
    assert found.description == f"DÉB.TRANSF.CONTAS - {sent.replace('|@', '')}"


def test_a_text_broken_after_forty_signs_is_one_again():
    """A part of full width goes on in the next, a shorter one ended in a blank; a tax id is never glued on."""
    sent = "Pagamento Pix|@***.456.789-**|@manutencao da piscina da chacara Burle M|@arx paga por|@Ana"
    named = f"Recebimento Pix|@{'A' * 40}|@12.345.678 0001-95|@"
    first, second = read(row(descInfComplementar=sent), row(descInfComplementar=named))

    assert first.description == "Pagamento Pix ***.456.789-** manutencao da piscina da chacara Burle Marx paga por Ana"
    assert second.description == f"Recebimento Pix {'A' * 40} 12.345.678 0001-95"


def test_a_tax_id_of_its_own_goes_first():
    """The rare field for the tax id is taken before the marks."""
    (movement,) = read(row(cpfCnpj="123.456.789-09", descInfComplementar="Pix|@12.345.678 0001-95|@"))

    assert movement.counterparty == Counterparty(tax_id="12345678909")


@pytest.mark.parametrize("text", ["DEBITO PAGAMENTO SALARIO", "DÉB.PAGAMENTO SALÁRIO", "Pagamento Salário"])
def test_texts_are_compared_without_case_accents_and_punctuation(text):
    """However the bank writes it."""
    (movement,) = read(row(descricao=text))

    assert movement.type is TransactionType.FOLHA_PAGAMENTO


NO_TEXTS = {
    "tipo": "the direction",
    "valor": "its amount",
    "dataLote": "its day",
    "data": "the instant of booking where it lies on that day",
}
"""Fields of a row that hold no text of the bank, with what they hold."""


def test_every_text_of_a_row_is_in_its_entry():
    """Nothing that the bank says is dropped: each field of a full row is filled with a word of its own."""
    sent = {name: f"WORD{number}" for number, name in enumerate(Row.__struct_fields__) if name not in NO_TEXTS}

    (found,) = read(row(**sent))

    shown = f"{found.description} {found.document} {found.bank_id}"
    assert all(word in shown for word in sent.values())


@pytest.mark.parametrize(
    ("sent", "party", "kept"),
    [
        ("123.456.789-09", Counterparty(tax_id="12345678909"), False),
        ("***.456.789-**", Counterparty(tax_id_masked="***.456.789-**"), False),
        ("123.456.789-00", None, True),
        ("ISENTO", None, True),
    ],
)
def test_what_is_no_tax_id_stays_in_the_text(sent, party, kept):
    """Nothing in the field for the tax id is lost, and nothing of it is said twice."""
    (found,) = read(row(cpfCnpj=sent, descricao="TEXTO"))

    assert (found.counterparty, found.description) == (party, f"TEXTO - {sent}" if kept else "TEXTO")


def test_two_tax_ids_are_both_kept():
    """One of them is the other party's, the other stays in the text."""
    (found,) = read(row(cpfCnpj="***.456.789-**", descInfComplementar="Pix|@ALFA|@12.345.678 0001-95|@"))

    assert found.counterparty == Counterparty(name="ALFA", tax_id="12345678000195")
    assert found.description == "Pix ALFA 12.345.678 0001-95 - ***.456.789-**"


def test_the_payers_own_text_is_a_note():
    """What stands behind the tax id, made one again where it was broken; it stays in the description as well."""
    identity = "E02038232202603101205abcDEF12345"
    sent = f"Recebimento Pix|@ANA MODELO|@***.456.789-**|@{'A' * 40}|@lmoco {identity}"
    found, none = read(row(descInfComplementar=sent), row(descInfComplementar="Recebimento Pix|@ANA MODELO"))

    assert found.note == f"{'A' * 40}lmoco {identity}"
    assert found.note in found.description
    assert found.end_to_end_id == identity
    assert (none.note, none.end_to_end_id) == (None, None)
