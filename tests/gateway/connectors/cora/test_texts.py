"""The texts of a row of Cora, its kind and the other party."""

import msgspec
import pytest

from gateway.model import Counterparty, TransactionType
from tests.gateway.connectors.cora.answers import (
    read,
    row,
)


@pytest.mark.parametrize(
    "transaction",
    [None, [], [{}], "", {}, {"type": None, "description": True, "counterParty": []}, {"refunded": False, "fee": 0}],
)
def test_a_transaction_that_says_nothing(transaction):
    """It leaves a plain movement."""
    (movement,) = read(row(transaction=transaction))

    assert (movement.type, movement.description, movement.counterparty) == (TransactionType.OUTROS, "", None)


@pytest.mark.parametrize(
    ("transaction", "description", "name"),
    [
        ("Compra na loja", "Compra na loja", None),
        ([{"type": "PIX", "description": "Aluguel"}], "Aluguel", None),
        ({"type": "PIX", "description": 7}, "7", None),
        ({"type": "PIX", "counterParty": "Ana Souza"}, "Pix enviado - Ana Souza", "Ana Souza"),
        ({"type": "PIX", "counterParty": [{"name": "Ana Souza"}]}, "Pix enviado - Ana Souza", "Ana Souza"),
        ({"type": "PIX", "counterparty": {"name": "Ana Souza"}}, "Pix enviado - Ana Souza", "Ana Souza"),
        ({"type": "BOLETO", "nossoNumero": 123}, "Boleto pago - nossoNumero 123", None),
    ],
)
def test_a_transaction_of_any_form(transaction, description, name):
    """A text in place of an object, a list of one, a number in place of a text, another capital: nothing is lost."""
    (movement,) = read(row(transaction=transaction))

    assert movement.description == description
    assert movement.counterparty == (Counterparty(name=name) if name else None)


@pytest.mark.parametrize("name", ["counterParty", "counterparty"])
@pytest.mark.parametrize("party", ["Ana Souza", {"name": "Ana Souza"}])
def test_the_other_party_beside_the_transaction(name, party):
    """Some clients expect it there, by either name."""
    (movement,) = read(row(transaction={"type": "PIX"}, **{name: party}))

    assert movement.counterparty == Counterparty(name="Ana Souza")


@pytest.mark.parametrize("name", ["description", "title"])
def test_a_text_beside_the_transaction(name):
    """Some clients look for the text in the entry itself."""
    alone, beside = read(
        row(**{name: "Aluguel de março"}),
        row(id="ent_2", transaction={"type": "PIX", "description": "Pago"}, **{name: "Aluguel de março"}),
    )

    assert (alone.description, beside.description) == ("Aluguel de março", "Pago - Aluguel de março")


@pytest.mark.parametrize(
    ("identity", "tax_id"),
    [
        (11222333000181, "11222333000181"),
        (12345678909, "12345678909"),
        (123456797, "00123456797"),
        (7, None),
        (True, None),
    ],
)
def test_a_tax_id_as_a_number(identity, tax_id):
    """A number has lost its zeros; check digits decide whether it is one, and what is none is told."""
    (movement,) = read(row(transaction={"type": "PIX", "counterParty": {"name": "Ana", "identity": identity}}))

    assert movement.counterparty.tax_id == tax_id
    assert ("7" in movement.description) is (identity == 7)


def test_the_bank_s_own_text_comes_first():
    """Only where the bank writes nothing is the description composed, by direction and party."""
    party = {"name": "Padaria Modelo Ltda ", "identity": "11.222.333/0001-81"}
    other, credit, debit, unknown = read(
        row(transaction={"type": "PIX", "description": "Aluguel ", "counterParty": party}),
        row(type="CREDIT", transaction={"type": "PIX", "description": "", "counterParty": party}),
        row(transaction={"type": "TRANSFER"}),
        row(transaction={"type": "RAFFLE"}, counterParty=party),
    )

    assert other.description == "Aluguel"
    assert credit.description == "Pix recebido - Padaria Modelo Ltda"
    assert (debit.description, debit.type) == ("Transferência enviada", TransactionType.TED)
    assert (unknown.description, unknown.type) == ("RAFFLE - Padaria Modelo Ltda", TransactionType.OUTROS)
    assert unknown.counterparty == Counterparty(name="Padaria Modelo Ltda", tax_id="11222333000181")


@pytest.mark.parametrize("kind", ["BOLETO", "BANK_SLIP", "INVOICE"])
def test_names_of_a_boleto(kind):
    """The bank's other calls name a boleto otherwise, and clients expect these names here too."""
    (movement,) = read(row(type="CREDIT", transaction={"type": kind}))

    assert (movement.type, movement.description) == (TransactionType.BOLETO, "Boleto recebido")


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("pix", None, TransactionType.PIX),
        ("Bank Slip", None, TransactionType.BOLETO),
        ("TRANSFERÊNCIA", None, TransactionType.TED),
        ("DEBIT_CARD", None, TransactionType.CARTAO),
        ("pix_refund", None, TransactionType.PIX),
        ("RAFFLE", "Pagamento de boleto 12", TransactionType.BOLETO),
        (None, "TARIFA DE MANUTENCAO", TransactionType.TARIFA_SERVICOS_AVULSOS),
        (None, "Transf enviada", TransactionType.OUTROS),
    ],
)
def test_kinds_in_any_writing(kind, text, expected):
    """Kinds are compared without case and punctuation; of one that no list names the text decides."""
    assert read(row(transaction={"type": kind, "description": text}))[0].type is expected


def test_every_text_of_a_row_is_told():
    """Whatever the bank says is somewhere in the entry, but for the id that related rows share, which names nothing."""
    inner = {"name": "innerx", "identity": "***.456.789-**", "bankName": "bancox"}
    transaction = {
        "id": "transactionx",
        "type": "kindx",
        "description": "textx",
        "counterParty": inner,
        "category": {"main": "mainx", "sub": "subx"},
        "endToEndId": "E37880206202603021402aB3dE6gH9j1",
    }
    beside = {"name": "besidex", "identity": "11.222.333/0001-81"}

    (movement,) = read(row(id="identityx", type="DEBIT", transaction=transaction, counterParty=beside))

    shown = str(msgspec.to_builtins(movement))
    words = ("identityx", "kindx", "textx", "innerx", "bancox", "mainx", "subx", "besidex", "11222333000181")
    assert [word for word in words if word not in shown] == []
    assert movement.end_to_end_id == "E37880206202603021402aB3dE6gH9j1"
    assert movement.description.startswith("textx")
    assert "transactionx" not in shown


def test_a_second_tax_id_is_told():
    """Where the party beside the transaction is another one, its tax id stands in the description."""
    inner = {"name": "Padaria", "identity": "11222333000181"}

    for beside, shown in (("99888777000100", True), ("11.222.333/0001-81", False), (None, False)):
        (movement,) = read(row(transaction={"type": "PIX", "counterParty": inner}, counterParty={"identity": beside}))

        assert movement.counterparty.tax_id == "11222333000181"
        assert (str(beside) in movement.description) is shown
