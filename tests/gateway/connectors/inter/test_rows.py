"""What a row of Banco Inter says of a movement: amount, direction, day, instant, document and id."""

from datetime import date, datetime
from decimal import Decimal

import msgspec
import pytest

from gateway.connectors.inter import StatementPage
from gateway.errors import BankFailure
from gateway.model import BRASILIA, TransactionType
from tests.gateway.connectors.inter.answers import INTER, fetched, read, row


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("24.9", "-24.9"),
        ("1000.00", "-1000.00"),
        ("0.01", "-0.01"),
        ("7", "-7"),
        ("1.23456789E7", "-12345678.9"),
        ("-5.10", "-5.10"),
    ],
)
def test_amounts_are_texts(text, amount):
    """An amount is a text with up to two decimals, or one with an exponent, and is read exactly."""
    assert read(row(valor=text))[0].amount == Decimal(amount)


@pytest.mark.parametrize(
    "wrong",
    [
        {"valor": "-1.00", "tipoOperacao": "C"},
        {"valor": "1,000"},
        {"valor": "1.00,0"},
        {"valor": "NaN"},
        {"valor": None},
        {"valor": " "},
        {"tipoOperacao": "X"},
        {"dataTransacao": "3/10/2026"},
        {"dataTransacao": None},
    ],
)
def test_what_cannot_be_read_is_not_dropped(wrong):
    """A row without a readable amount, direction or day fails the statement."""
    with pytest.raises(BankFailure) as failure:
        read(row(**wrong))
    assert failure.value.code == "unexpected_bank_response"


def test_a_row_may_have_only_what_it_needs():
    """Day, direction and amount suffice; unknown kinds are OUTROS."""
    (movement,) = read({"dataEntrada": "2026-03-10", "tipoOperacao": "C", "valor": "1", "tipoTransacao": "SEGURO"})

    assert (movement.date, movement.type, movement.bank_id) == (date(2026, 3, 10), TransactionType.OUTROS, None)


@pytest.mark.parametrize(
    ("operation", "amount"),
    [("C", 1), ("D", -1), ("d ", -1), ("CREDITO", 1), ("Débito", -1), ("CREDIT", 1), ("SAÍDA", -1), ("Entrada", 1)],
)
def test_the_direction_is_a_letter_or_a_word(operation, amount):
    """Letters in production; a client's tests have words."""
    assert read(row(tipoOperacao=operation))[0].amount == amount


def test_inclusion_is_an_instant_only_with_a_time():
    """A date-time is the instant of booking in Brasília, a plain date is none."""
    with_time, without = read(row(dataInclusao="2026-03-10 15:02:11.417"), row(dataInclusao="2026-03-10"))

    assert with_time.booked_at == datetime(2026, 3, 10, 15, 2, 11, 417_000, tzinfo=BRASILIA)
    assert without.booked_at is None


@pytest.mark.parametrize("amount", ["24.9", 24.9, 24, "24"])
def test_an_amount_may_be_a_number(amount):
    """A number in place of the documented text is read as exactly; three decimals are not read at all."""
    assert read(row(valor=amount))[0].amount == -Decimal(str(amount))
    with pytest.raises(BankFailure):
        read(row(valor="1.555"))


@pytest.mark.parametrize("written", [b"1E+2", b"1.0e2", b"100.000", b'"1.0E2"'])
def test_a_number_may_have_an_exponent(written):
    """It is the same number, in whichever way a program writes it."""
    body = b'{"transacoes": [{"dataTransacao": "2026-03-10", "tipoOperacao": "D", "valor": %b}]}' % written

    (movement,) = INTER.movements(msgspec.json.decode(body, type=StatementPage))

    assert movement.amount == -100


@pytest.mark.parametrize(
    ("sent", "amount"), [("1.234,56", "1234.56"), ("24,9", "24.9"), ("1.234.567,00", "1234567.00"), ("0,5", "0.5")]
)
def test_an_amount_in_the_brazilian_way(sent, amount):
    """A comma before one or two digits can only be the decimal sign; clients of this bank expect it."""
    assert str(read(row(valor=sent, tipoOperacao="C"))[0].amount) == amount


@pytest.mark.parametrize("sent", ["10/03/2026 15:02:11", "2026-03-10 15h02", "ontem", 1773165731417])
def test_an_inclusion_that_cannot_be_read_withholds_nothing(sent):
    """The instant of inclusion is extra: where it cannot be read there is none, and what came is told."""
    (movement,) = read(row(dataInclusao=sent))

    assert (movement.date, movement.booked_at) == (date(2026, 3, 10), None)
    assert str(sent) in movement.description


@pytest.mark.parametrize("blank", [None, "", " "])
def test_the_day_of_inclusion_stands_in_for_a_day_that_is_left_out(blank):
    """All fields of a row are optional; without a day of the movement there is that of its inclusion."""
    (movement,) = read(row(dataTransacao=blank, dataEntrada=blank, dataInclusao="2026-03-10 15:02:11.417"))

    assert (movement.date, movement.booked_at.hour) == (date(2026, 3, 10), 15)


@pytest.mark.parametrize(
    ("sent", "document", "description"),
    [
        ("000000", None, ""),
        (" 0 ", None, ""),
        (123, "123", ""),
        (12.5, "12.5", ""),
        ({"numero": "77"}, None, "numeroDocumento 77"),
        (["A1"], None, "A1"),
        (True, None, ""),
    ],
)
def test_a_document_of_any_form(sent, document, description):
    """A number is a document as well, zeros are none, and texts within another form are told."""
    (movement,) = read(row(numeroDocumento=sent))

    assert (movement.document, movement.description) == (document, description)


@pytest.mark.parametrize("blank", [None, "", " "])
def test_rows_without_id_are_not_one_row(blank):
    """A blank id names no row, so that two of them are two rows."""
    sent = [row(idTransacao=blank, descricao=text) for text in ("a", "b")]
    movements, _ = fetched({"transacoes": sent, "totalElementos": 2, "ultimaPagina": True}, opening="12", closing="10")

    assert [(movement.bank_id, movement.description) for movement in movements] == [(None, "a"), (None, "b")]


def test_an_id_may_be_a_number():
    """It names the row as its digits do."""
    one, other = read(row(idTransacao=4711), row(idTransacao="4711"))

    assert one.bank_id == other.bank_id == "4711"


@pytest.mark.parametrize(("sent", "shown"), [("Isento", "Isento"), ("1.20", "cpmf 1.20"), ("0.00", ""), (None, "")])
def test_the_old_tax_is_told(sent, shown):
    """The bank documents `cpmf` for every row."""
    assert read(row(cpmf=sent))[0].description == shown
