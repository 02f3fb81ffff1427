"""The texts of a row of BTG Pactual: its kind, the other party, and that nothing is dropped."""

from decimal import Decimal

import pytest

from gateway.model import Counterparty, TransactionType
from tests.gateway.connectors.btg_pactual.answers import read, row


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Pix recebido - ALFA", TransactionType.PIX),
        ("PIX ENVIADO", TransactionType.PIX),
        ("Devolução do pix enviado para ANA", TransactionType.PIX),
        ("Devolucao de Pix", TransactionType.PIX),
        ("Devolução de venda", TransactionType.OUTROS),
        ("TED recebida", TransactionType.TED),
        ("Pagamento de boleto", TransactionType.BOLETO),
        ("Liquidacao de boleto 12", TransactionType.BOLETO),
        ("Tarifa de manutencao", TransactionType.TARIFA_SERVICOS_AVULSOS),
        ("Pixel Ltda", TransactionType.OUTROS),
        ("Compra com Pix", TransactionType.OUTROS),
        ("Boleto pago por ALFA LTDA", TransactionType.BOLETO),
        ("Pagamento de conta / tributo - DARF", TransactionType.CONVENIO_ARRECADACAO),
        ("Rendimento líquido", TransactionType.RENDIMENTO_APLIC_FINANCEIRA),
        ("COMPRA NO CARTAO", TransactionType.CARTAO),
        (None, TransactionType.OUTROS),
    ],
)
def test_the_kind_is_told_by_the_first_words(text, kind):
    """Only by those; the direction never is."""
    movement = read(row(description=text, type="debit"))[0]

    assert (movement.type, movement.amount) == (kind, Decimal("-1.5"))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Pix enviado para Ana Sá de Teste", "Ana Sá de Teste"),
        ("Devolução do pix enviado para ANA SÁ DE TESTE ", "ANA SÁ DE TESTE"),
        ("Pix recebido de ALFA LTDA", "ALFA LTDA"),
        ("DEVOLUCAO DO PIX RECEBIDO DE ALFA LTDA", "ALFA LTDA"),
        ("TED recebida de ALFA LTDA", "ALFA LTDA"),
        ("Ted enviado para ALFA LTDA", "ALFA LTDA"),
        ("Devolução da TED enviada para ALFA LTDA", "ALFA LTDA"),
        ("Pagamento de boleto enviado para ALFA LTDA", "ALFA LTDA"),
        ("Boleto pago por ALFA LTDA", "ALFA LTDA"),
        ("Pix enviado para ", None),
        ("Pix enviado", None),
        ("Pagamento de boleto", None),
        ("Pix recebido - ALFA", None),
        ("Tarifa de Pix enviado para Ana", None),
        (None, None),
    ],
)
def test_a_text_names_the_other_party(text, name):
    """In the forms that were seen; no other text names anybody."""
    movement = read(row(description=text, type="debit"))[0]

    assert movement.counterparty == (Counterparty(name=name) if name else None)


def test_an_id_nobody_knows_is_not_taken():
    """Entries keep their identity when ids appear one day."""
    assert read(row(transactionId="x", id="y")) == read(row())


def test_every_text_is_found_in_the_entry():
    """Each text of a full row; `id` alone is none, for nobody has seen it kept."""
    sent = {
        "description": "umtexto",
        "descriptionDetails": "detalhe",
        "category": {"name": "CATEGORIA", "id": "codigo", "more": [{"name": "outra"}]},
        "endToEndId": "E-de-outra-forma",
    }

    (movement,) = read(row(id="x", **sent))

    for text in ("umtexto", "detalhe", "CATEGORIA", "codigo", "outra", "E-de-outra-forma"):
        assert text in movement.description


def test_receivables_of_two_brands():
    """What differs only in the details is two entries that differ; the acquirer is the other party."""
    category = {"name": "CARD_RECEIVABLES"}
    rows = [
        row(category=category, descriptionDetails=f"ADQUIRENTE S.A. - {brand} | CNPJ: 11.222.333/0001-81")
        for brand in ("VisaCredit", "EloDebit")
    ]

    visa, elo = read(*rows)

    assert visa.description != elo.description
    assert visa.type == elo.type == TransactionType.CARTAO
    assert visa.counterparty == elo.counterparty == Counterparty(name="ADQUIRENTE S.A.", tax_id="11222333000181")


@pytest.mark.parametrize("details", ["ADQUIRENTE", "- Visa | CNPJ: 1", "Visa | CNPJ: 11222333000181", 7, {}, ["A - B"]])
def test_details_of_another_form_name_nobody(details):
    """They are told all the same, where they are texts."""
    assert read(row(descriptionDetails=details))[0].counterparty is None


def test_the_end_to_end_id_of_a_pix():
    """Of a Pix, and of its return."""
    for one in ("E30306294202603101214abcdefghijk", "D30306294202603101214abcdefghijk"):
        movement = read(row(description="Pix recebido", endToEndId=one))[0]

        assert (movement.end_to_end_id, movement.description) == (one, "Pix recebido")


def test_texts_that_came_as_something_else():
    """Numbers, objects and lists are told like any other; a blank instant is none."""
    assert read(row(description=12))[0].description == "12"
    assert read(row(description={"title": "Pix", "parts": ["A", "B"]}))[0].description == "Pix A B"
    assert read(row(description=1.5, category=7, endToEndId=99.0))[0].description == "1.5 - 7 - 99"
    assert read(row(dateHour=" "))[0].booked_at is None


def test_numbers_of_a_movement_are_told():
    """The model of a client has a reference of the payer and three numbers; none is part of the entry's identity."""
    details = {
        "originId": "ab-1",
        "barcode": "34191790010104351004791020150008291070026000",
        "ourNumber": 109,
        "x": None,
    }
    movement, plain = read(row(description="Boleto", txId="ped0001", details=details), row(description="Boleto"))

    assert movement.description == (
        "Boleto - ped0001 - ab-1 - barcode 34191790010104351004791020150008291070026000 - ourNumber 109"
    )
    assert movement.content == plain.content
    assert read(row(description="Boleto", details="lote 7"))[0].description == "Boleto - lote 7"
    assert read(row(description="Boleto", details=[], txId=0))[0].description == "Boleto"


def test_a_text_with_blanks_before_it_names_the_other_party():
    """Blanks at its beginning say nothing."""
    assert read(row(description="  Pix recebido de ALFA LTDA"))[0].counterparty.name == "ALFA LTDA"
