"""The texts of a row of BS2, and the other party."""

import msgspec
import pytest

from gateway.model import Counterparty, TransactionType
from tests.gateway.connectors.bs2.answers import read, row


def test_numbers_get_their_zeros_back():
    """Bank and branch have three and four digits again; the account has none in front."""
    party = {"nome": "Beta Serviços ME ", "documento": "99888777000100", "banco": 1, "agencia": 33, "conta": 45678}

    (movement,) = read(row(favorecido=party))

    assert movement.counterparty == Counterparty(
        "Beta Serviços ME",
        "99888777000100",
        bank="001",
        branch="0033",
        account="45678",
        ispb="00000000",
        bank_name="BCO DO BRASIL S.A.",
    )


@pytest.mark.parametrize(
    "party",
    [
        None,
        {},
        {"nome": "", "documento": "", "nomeBanco": "", "banco": 0, "agencia": 0, "conta": 0},
        {"nome": None, "banco": None, "conta": [1]},
    ],
)
def test_nobody_is_made_up(party):
    """Zeros, blanks and nulls name nobody."""
    assert read(row(favorecido=party))[0].counterparty is None


def test_the_other_party_depends_on_the_direction():
    """The payer of a credit and the payee of a debit; the other one would be the account itself."""
    parties = {"remetente": {"nome": "Alfa"}, "favorecido": {"nome": "Beta"}}

    credit, debit = read(row(tipoMovimentacao=2, **parties), row(**parties))

    assert (credit.counterparty.name, debit.counterparty.name) == ("Alfa", "Beta")


@pytest.mark.parametrize(("direction", "side"), [(2, "favorecido"), (1, "remetente")])
@pytest.mark.parametrize("other", [None, {"nome": "", "documento": "", "banco": 0}])
def test_a_side_that_is_told_alone_is_not_dropped(direction, side, other):
    """Such as whom a returned Pix was sent to. It may be the account itself, so that it is no other party."""
    empty = {"favorecido": "remetente", "remetente": "favorecido"}[side]
    sides = {side: {"nome": "Beta Serviços", "documento": "99888777000100"}, empty: other}

    (movement,) = read(row(tipoMovimentacao=direction, descricao="Estorno Pix", **sides))

    assert (movement.description, movement.counterparty) == ("Estorno Pix - Beta Serviços - 99888777000100", None)


@pytest.mark.parametrize(
    ("texts", "description"),
    [
        ({"descricao": "Débito Pix", "observacao": "NF 4411"}, "Débito Pix - NF 4411"),
        ({"descricao": "Débito Pix", "observacao": " "}, "Débito Pix"),
        ({"descricao": "", "descricaoAbreviada": "Pix Enviado "}, "Pix Enviado"),
        ({"descricao": None, "observacao": "NF 4411"}, "NF 4411"),
        ({"descricao": "Débito Pix", "descricaoAbreviada": "Pix Enviado"}, "Débito Pix - Pix Enviado"),
        (
            {"descricao": "Tarifa Manutenção de Conta", "descricaoAbreviada": "TARIFA MANUTENCAO"},
            "Tarifa Manutenção de Conta",
        ),
        ({}, ""),
    ],
)
def test_the_note_follows_the_title(texts, description):
    """The long text, the short one where it says something else, then what the payer wrote, which has its own field."""
    (movement,) = read(row(**texts))

    assert movement.description == description
    assert movement.note == ((texts.get("observacao") or "").strip() or None)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("DEVOLUCAO DEBITO PIX", TransactionType.PIX),
        ("Crédito Pix Qr Code", TransactionType.PIX),
        ("ted enviada", TransactionType.TED),
        ("Pagamento de Boleto", TransactionType.BOLETO),
        ("TARIFA-MANUTENCAO", TransactionType.TARIFA_SERVICOS_AVULSOS),
        ("Rendimentos da conta", TransactionType.RENDIMENTO_APLIC_FINANCEIRA),
        ("Pixel Informática", TransactionType.OUTROS),
    ],
)
def test_texts_tell_the_kind_of_a_category_that_no_list_has(text, kind):
    """Texts are compared without case, accents and punctuation, by whole words; a known category goes before them."""
    unknown, short, known = read(
        row(tipoCategoria=4711, descricao=text),
        row(tipoCategoria=None, descricao=None, descricaoAbreviada=text),
        row(tipoCategoria=20, descricao=text),
    )

    assert (unknown.type, short.type, known.type) == (kind, kind, TransactionType.TARIFA_SERVICOS_AVULSOS)


def test_the_code_of_a_category_is_no_text():
    """It decides the kind; what a person reads has the name of the category alone."""
    (movement,) = read(row(tipoCategoria={"codigo": "20", "nome": "Tarifa"}, descricao="Pacote"))

    assert movement.description == "Pacote - Tarifa"


def test_every_text_of_a_row_is_told():
    """Whatever the bank says of a movement is somewhere in its entry, but for the holder itself."""
    party = {
        "nome": "nomex",
        "documento": "99888777000100",
        "nomeBanco": "bancox",
        "banco": 1,
        "agencia": 33,
        "conta": 778899,
    }
    full = row(
        protocolo="protocolox",
        tipoCategoria="categoriax",
        descricao="descricaox",
        descricaoAbreviada="abreviadax",
        documento="documentox",
        observacao="observacaox",
        remetente={"nome": "holderx"},
        favorecido=party,
        pix={"endToEndId": "E71027866202603021402aB3dE6gH9j1", "txId": "txidx", "campo": {"descricao": "innerx"}},
    )

    (movement,) = read(full)

    shown = str(msgspec.to_builtins(movement))
    wanted = ["protocolox", "categoriax", "descricaox", "abreviadax", "documentox", "observacaox", "txidx", "innerx"]
    wanted += ["nomex", "99888777000100", "bancox", "'bank': '001'", "0033", "778899"]
    assert [word for word in wanted if word not in shown] == []
    assert movement.end_to_end_id == "E71027866202603021402aB3dE6gH9j1"
    assert (movement.bank_id, "holderx" in shown) == ("protocolox", False)


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ({"banco": "Banco Exemplo S.A."}, {"bank_name": "Banco Exemplo S.A."}),
        ({"banco": "00360305"}, {"bank": "104", "ispb": "00360305"}),
        ({"banco": 360305}, {"bank": "104", "ispb": "00360305"}),
        ({"banco": "0341"}, {"bank": "341"}),
        ({"banco": 341.0}, {"bank": "341"}),
        ({"ispb": "00360305"}, {"bank": "104"}),
        ({"agencia": "1505-9", "conta": "12345-X"}, {"branch": "1505-9", "account": "12345-X"}),
        ({"agencia": "33", "conta": "0001234-P"}, {"branch": "0033", "account": "0001234-P"}),
        ({"agencia": "0-0", "conta": "000778899"}, {"branch": None, "account": "778899"}),
        ({"agencia": 33.0, "conta": 778899.0}, {"branch": "0033", "account": "778899"}),
        ({"nome": 4711}, {"name": "4711"}),
        ({"documento": 12345678909}, {"tax_id": "12345678909"}),
    ],
)
def test_the_other_party_in_other_spellings(sent, told):
    """A check digit stays where it is, a number gets its zeros back; nothing lands in another field."""
    party = read(row(favorecido=sent))[0].counterparty

    assert {name: getattr(party, name) for name in told} == told


def test_every_text_of_the_other_party_is_told():
    """What has no field of its own joins the description; a bare text, or a list of one, is the other party too."""
    known = read(row(favorecido={"nome": "Beta", "tipoConta": "poupança", "chave": ["a@b.c"]}))[0]
    bare, listed = read(row(favorecido="Beta"), row(favorecido=[{"nome": "Beta"}]))

    assert (known.counterparty.name, known.description) == ("Beta", "poupança - a@b.c")
    assert bare.counterparty == listed.counterparty == Counterparty("Beta")


def test_texts_that_came_as_numbers():
    """They are told like any other."""
    sent = row(descricao=4411, descricaoAbreviada=12.0, observacao=77, tipoCategoria={"codigo": "77", "nome": "Pix"})

    (movement,) = read(sent)

    assert (movement.description, movement.note, movement.type) == ("4411 - 12 - 77 - Pix", "77", TransactionType.PIX)


@pytest.mark.parametrize("pix", [None, "x", [], {"endToEndId": None}, {"endToEndId": "E123"}])
def test_a_pix_object_of_any_form(pix):
    """Only an end-to-end id is taken for one."""
    assert read(row(pix=pix))[0].end_to_end_id is None
