"""What a row of Santander says of a movement: amount, direction, day, document and whether it is final."""

from datetime import date
from decimal import Decimal

import pytest

from gateway.connectors.wording import balance_called
from gateway.errors import BankFailure
from simulators.certify.harnesses.pure import PureHarness
from tests.gateway.connectors.santander.answers import NOW, WEEK, body, converse, ledger, read, row


@pytest.mark.parametrize(("written", "amount"), [("636.27", "-636.27"), (24.9, "-24.9"), (7, "-7"), ("0", "0")])
def test_amounts_are_texts_or_numbers(written, amount):
    """An amount is a text as a rule and a number sometimes, and is exact in both forms."""
    assert read(row(amount=written))[0].amount == Decimal(amount)


@pytest.mark.parametrize(
    "other",
    [
        {"amount": "1234,50"},
        {"amount": "1.234,50"},
        {"amount": 1234.5},
        {"amount": "-1234.50"},
        {"amount": -1234.5},
        {"transactionDate": "2026-03-10"},
        {"transactionDate": "10-03-2026"},
        {"transactionDate": "2026-03-10T00:00:00"},
    ],
)
def test_another_form_of_amount_or_day_is_the_same_entry(other):
    """It is read, and known by the same content as the form that the bank uses."""
    usual, found = read(row(amount="1234.50")), read(row(**{"amount": "1234.50", **other}))

    assert found == usual


@pytest.mark.parametrize(
    ("direction", "sign"),
    [
        ("CREDITO", 1),
        ("CRÉDITO", 1),
        ("CREDIT", 1),
        ("c", 1),
        ("DEBITO", -1),
        ("Débito", -1),
        ("DEBIT ", -1),
        ("D", -1),
    ],
)
def test_directions_in_any_words(direction, sign):
    """The direction is told in Portuguese, in English or by a letter."""
    assert read(row(creditDebitType=direction))[0].amount == sign


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount": "-1.00", "creditDebitType": "CREDITO"},
        {"amount": "1.555"},
        {"amount": "NaN"},
        {"amount": None},
        {"creditDebitType": "ESTORNO"},
        {"transactionCurrency": "USD"},
        {"transactionCurrency": 840},
        {"creditDebitType": None},
        {"amount": ""},
        {"amount": "1.234,5678"},
        {"transactionDate": "2026-02-30"},
        {"transactionDate": "31/02/2026"},
        {"transactionDate": None},
    ],
)
def test_what_cannot_be_read_is_not_dropped(wrong):
    """A row without a readable amount, direction or day fails the statement."""
    with pytest.raises(BankFailure) as failure:
        converse(body(row(**wrong)))
    assert failure.value.code == "unexpected_bank_response"


@pytest.mark.parametrize(
    ("stage", "provisional"),
    [
        ("TRANSACAO_EFETIVADA", False),
        ("LANCAMENTO_FUTURO", True),
        ("Transação processando", True),
        ("OUTRA", False),
        (None, False),
    ],
)
def test_what_the_bank_calls_future_is_not_final(stage, provisional):
    """Rows of this API that follow Open Finance say so in a field of their own."""
    assert read(row(completedAuthorisedPaymentType=stage))[0].provisional is provisional


@pytest.mark.parametrize("currency", ["BRL", "brl ", "R$", "", None])
def test_reais_in_any_writing(currency):
    """Rows that follow Open Finance name the currency."""
    assert read(row(transactionCurrency=currency)) == read(row())


@pytest.mark.parametrize("sent", ["10/03/2026 14:33", "10/03/2026T14:33:00-03:00", " 10/03/2026 00:00:00"])
def test_a_day_with_a_time(sent):
    """The day is told as it stands."""
    assert read(row(transactionDate=sent))[0].date == date(2026, 3, 10)


@pytest.mark.parametrize(
    ("number", "document"),
    [("000000", None), ("0", None), (0, None), ("", None), (None, None), ("004711", "004711"), (7, "7")],
)
def test_zeros_are_no_document(number, document):
    """A document number of zeros stands for none."""
    assert read(row(documentNumber=number))[0].document == document


def test_twins_are_two_entries():
    """Two rows that are equal in everything are two movements with an id each."""
    found = PureHarness("santander", NOW, source=ledger((10, "5"), (10, "5"), (11, "5"))).read(WEEK)

    assert [entry.amount for entry in found.entries] == [5, 5, 5]
    assert len({entry.id for entry in found.entries}) == 3


def test_a_row_that_is_called_a_balance_is_noticed():
    """Printed statements have such rows among the movements; nothing here would tell that it is none."""
    (movement,) = read(row(transactionName="SALDO ANTERIOR", historicComplement="CONTA CORRENTE"))

    assert balance_called(movement.description) == "SALDO ANTERIOR"
