"""What a row of Sicoob says of a movement: amount, direction, days, id and document."""

from datetime import date, datetime
from decimal import Decimal

import msgspec
import pytest

from gateway.connectors.rows.sicoob import money
from gateway.connectors.sicoob import Month
from gateway.errors import BankFailure
from gateway.model import BRASILIA, Period, TransactionType
from tests.gateway.connectors.sicoob.answers import SICOOB, fetched, read, row


@pytest.mark.parametrize(
    ("sent", "amount"),
    [("1555.05", "1555.05"), ("1.555,05", "1555.05"), ("1555,05", "1555.05"), ("7", "7"), (1555.05, "1555.05")],
)
def test_amounts_are_texts_with_a_dot(sent, amount):
    """A dot is decimal unless there is a comma; numbers are as exact as texts."""
    assert read(row(valor=sent, tipo="CREDITO"))[0].amount == Decimal(amount)


@pytest.mark.parametrize(("sent", "amount"), [("CREDITO", 1), ("C", 1), ("credito ", 1), ("DEBITO", -1), ("D", -1)])
def test_the_sign_stands_in_tipo(sent, amount):
    """Amounts have no sign; `tipo` has it, as a word or a letter."""
    assert read(row(tipo=sent, descricao="CRÉD.DÉB."))[0].amount == amount


@pytest.mark.parametrize("sent", ["-10.00", "-10,00", -10])
def test_a_debit_may_carry_its_minus(sent):
    """It is the same entry with and without."""
    usual, found = read(row(valor="10.00"))[0], read(row(valor=sent))[0]

    assert (found.amount, found.content) == (usual.amount, usual.content)


def test_a_debit_of_nothing_has_no_sign():
    """Zero is zero, whatever its direction."""
    assert str(read(row(valor="0.00"))[0].amount) == "0.00"


@pytest.mark.parametrize(
    "wrong",
    [
        {"valor": "-1.00", "tipo": "CREDITO"},
        {"valor": "1,555.05"},
        {"valor": "1.5.5,00"},
        {"valor": "string"},
        {"valor": ""},
        {"valor": None},
        {"valor": {}},
        {"tipo": "ESTORNO"},
        {"dataLote": "10/13/2026"},
        {"dataLote": "3/10/2026"},
        {"dataLote": ""},
    ],
)
def test_what_cannot_be_read_is_not_dropped(wrong):
    """A row without a readable amount, direction or day fails the statement, alone and in its month."""
    with pytest.raises(BankFailure) as failure:
        read(row(**wrong))
    assert failure.value.code == "unexpected_bank_response"
    with pytest.raises(BankFailure, match="cannot be read"):
        fetched(Period(date(2026, 3, 9), date(2026, 3, 10)), {"transacoes": [row(**wrong)]})


@pytest.mark.parametrize("written", ["10/03/2026", " 10/03/2026 00:00 ", "2026-03-10"])
def test_a_day_in_either_form(written):
    """A client in production expects days with slashes, too; they can be read in one way and leave the id as it is."""
    (movement,) = read(row(dataLote=written))

    assert movement.date == date(2026, 3, 10)
    assert movement.content == read(row())[0].content


@pytest.mark.parametrize("absent", ["valor", "tipo", "dataLote"])
def test_a_row_cannot_do_without(absent):
    """Amount, direction and day of booking must be there."""
    sparse = {name: value for name, value in row().items() if name != absent}
    with pytest.raises(BankFailure):
        fetched(Period(date(2026, 3, 9), date(2026, 3, 10)), {"transacoes": [sparse]})


@pytest.mark.parametrize("sent", [{}, {"transactionId": None}, {"transactionId": " "}, {"transactionId": []}])
def test_rows_without_an_id(sent):
    """An id that is absent, null, blank or no text is none."""
    (movement,) = read(row(numeroDocumento=None, cpfCnpj=None, descricao=None, descInfComplementar=None, **sent))

    assert (movement.bank_id, movement.document, movement.counterparty, movement.description) == (None, None, None, "")


@pytest.mark.parametrize(("sent", "identity"), [("4C19A0-77B2E1", "4C19A0-77B2E1"), (" 7 ", "7"), (7, "7")])
def test_an_id_may_be_a_number(sent, identity):
    """A number is as good as a text, and blanks around it mean nothing."""
    assert read(row(transactionId=sent))[0].bank_id == identity


@pytest.mark.parametrize(
    ("sent", "amount"), [(b"1.23456789E7", "12345678.9"), (b"1E2", "100"), (b"1555.05", "1555.05")]
)
def test_numbers_may_have_an_exponent(sent, amount):
    """A program that writes a large number so means no other amount; in balances likewise."""
    body = b'{"saldoAnterior": %b, "transacoes": [{"tipo": "D", "valor": %b, "dataLote": "2026-03-10"}]}' % (sent, sent)
    month = msgspec.json.decode(body, type=Month)

    assert [movement.amount for movement in SICOOB.movements(month)] == [-Decimal(amount)]
    assert money(month.saldoAnterior) == Decimal(amount)


def test_a_single_row_may_stand_without_its_list():
    """As gateways write it that turn a list of one into the one."""
    sent = {"saldoAnterior": "10.00", "saldoAtual": "9.00", "transacoes": row()}

    balances, _, months = fetched(Period(date(2026, 3, 9), date(2026, 3, 10)), sent)

    assert [movement.amount for month in months for movement in SICOOB.movements(month)] == [-1]
    assert (balances.closing.amount, balances.contradictions) == (9, ())


@pytest.mark.parametrize(
    ("sent", "instant"),
    [
        ("2026-03-10T10:27", datetime(2026, 3, 10, 10, 27, tzinfo=BRASILIA)),
        ("2026-03-10T10:27:05", datetime(2026, 3, 10, 10, 27, 5, tzinfo=BRASILIA)),
        ("2026-03-10T00:00:00", None),
        ("2026-03-10T00:00", None),
        ("2026-03-10", None),
        ("2026-02-19T10:00", None),
        ("2026-03-11T08:00", None),
        ("ontem", None),
        (None, None),
        (20260310, None),
    ],
)
def test_data_is_the_instant_of_booking_only_sometimes(sent, instant):
    """Midnight and other days are no instant of booking; the day of booking is always `dataLote`."""
    (movement,) = read(row(data=sent))

    assert (movement.date, movement.booked_at) == (date(2026, 3, 10), instant)


def test_the_document_of_a_pix_is_none():
    """What stands on every Pix tells no two apart; numbers and texts of other rows are kept."""
    sent = ("Pix", "PIX ", 1029, "BANDEIRA X")
    found = read(*(row(numeroDocumento=document) for document in sent))

    assert [movement.document for movement in found] == [None, None, "1029", "BANDEIRA X"]
    assert [movement.type for movement in found[:2]] == [TransactionType.PIX] * 2
