"""What a row of BS2 says of a movement: amount, direction, time, kind and numbers."""

from datetime import date
from decimal import Decimal

import msgspec
import pytest

from gateway.connectors.bs2 import StatementPage
from gateway.errors import BankFailure
from gateway.model import TransactionType
from tests.gateway.connectors.bs2.answers import BS2, read, row


@pytest.mark.parametrize(
    ("written", "amount"), [(b"0.0", "0.0"), (b"12.34", "12.34"), (b"275", "275"), (b"10000000.00", "10000000.00")]
)
def test_amounts_come_with_any_number_of_decimals(written, amount):
    """A number is read exactly as it is written."""
    body = msgspec.json.encode({"saldo": {"inicial": 0, "final": 0}, "movimentacoes": [row()], "total": 1})
    page = msgspec.json.decode(body.replace(b"1.5", written), type=StatementPage)

    (movement,) = BS2.movements(page)

    assert str(movement.amount.copy_abs()) == amount


@pytest.mark.parametrize(("written", "amount"), [("12,34", "12.34"), ("1.580,12", "1580.12"), ("12.34", "12.34")])
def test_amounts_may_be_texts(written, amount):
    """A comma can only be the sign of decimals."""
    assert read(row(valor=written, tipoMovimentacao=2))[0].amount == Decimal(amount)


@pytest.mark.parametrize("written", [None, "", "1.580", 1.555, "1,580.12", {"valor": 1}, True])
def test_amounts_that_are_none(written):
    """What may be read in two ways is not read."""
    with pytest.raises(BankFailure) as failure:
        read(row(valor=written))

    assert failure.value.code == "unexpected_bank_response"


def test_a_day_is_no_instant():
    """Midnight would be invented."""
    (movement,) = read(row(movimentadoEm="2026-03-10"))

    assert (movement.date, movement.booked_at) == (date(2026, 3, 10), None)


def test_a_debit_may_carry_its_minus():
    """The direction says the same, and the row is known by the same content."""
    (usual,), (signed,) = read(row(tipoMovimentacao="01")), read(row(tipoMovimentacao="01", valor=-1.5))

    assert signed == usual
    assert signed.amount == Decimal("-1.5")


@pytest.mark.parametrize(
    ("direction", "amount"),
    [
        *((word, "-1.5") for word in (1, "1", "01", 1.0, "D", "d ", "DEBITO", "Débito", "debit")),
        *((word, "1.5") for word in (2, "2", "C", "c", "CREDITO", "Crédito", "Credit")),
    ],
)
def test_only_the_direction_gives_the_sign(direction, amount):
    """A text that speaks of a return or a credit changes nothing."""
    texts = {"descricao": "Devolução Débito Pix", "descricaoAbreviada": "Credito", "tipoCategoria": 18}

    (movement,) = read(row(tipoMovimentacao=direction, **texts))

    assert movement.amount == Decimal(amount)


@pytest.mark.parametrize(
    "wrong",
    [
        {"valor": -1, "tipoMovimentacao": 2},
        {"valor": "NaN"},
        {"valor": 1e300},
        {"tipoMovimentacao": 0},
        {"tipoMovimentacao": ""},
        {"tipoMovimentacao": "E"},
        {"movimentadoEm": "10/03/2026"},
        {"tipoMovimentacao": None},
        {"valor": "1.555"},
    ],
)
def test_what_cannot_be_read_is_not_dropped(wrong):
    """A row without a readable amount, direction or time fails the statement."""
    with pytest.raises(BankFailure) as failure:
        read(row(**wrong))
    assert failure.value.code == "unexpected_bank_response"


@pytest.mark.parametrize(
    ("written", "day", "hour"),
    [
        ("2026-03-10T23:59:59.999", date(2026, 3, 10), 23),
        ("2026-03-11T02:59:59.999+00:00", date(2026, 3, 10), 23),
        ("2026-03-10T23:59:59-03:00", date(2026, 3, 10), 23),
        ("2026-03-10T00:00:00", date(2026, 3, 10), 0),
    ],
)
def test_times_are_local_unless_they_say_otherwise(written, day, hour):
    """A time without offset is Brasília's; an offset is respected."""
    (movement,) = read(row(movimentadoEm=written))

    assert (movement.date, movement.booked_at.hour) == (day, hour)


@pytest.mark.parametrize(
    ("category", "kind"),
    [
        (2, TransactionType.TED),
        (17, TransactionType.PIX),
        (18, TransactionType.PIX),
        (20, TransactionType.TARIFA_SERVICOS_AVULSOS),
        (4711, TransactionType.OUTROS),
        (None, TransactionType.OUTROS),
        ("10", TransactionType.PIX),
        ("02", TransactionType.TED),
        ([], TransactionType.OUTROS),
    ],
)
def test_categories_are_an_open_list(category, kind):
    """A category that no list names is OUTROS."""
    assert read(row(tipoCategoria=category))[0].type is kind


def test_a_protocolo_as_a_number():
    """The id is the same whether the bank writes it as text or as number."""
    written, number = read(row(), row(protocolo=2180001001234567820260310500001))

    assert (number.bank_id, number.content) == (written.bank_id, written.content)


@pytest.mark.parametrize(
    ("written", "document"), [("0", None), (0, None), ("", None), (None, None), (4711, "4711"), ("0042", "0042")]
)
def test_document_zero_is_none(written, document):
    """The bank writes 0 where there is no document."""
    assert read(row(documento=written))[0].document == document


@pytest.mark.parametrize("nothing", ["0", 0, "000", "", None])
def test_protocolo_zero_is_none(nothing):
    """As with documents; two rows without an id are two rows."""
    found = read(row(protocolo=nothing), row(protocolo=nothing))

    assert [each.bank_id for each in found] == [None, None]
