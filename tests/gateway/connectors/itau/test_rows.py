"""What a row of Itaú says of a movement: amount, direction, day, instant and id."""

from datetime import date, datetime
from decimal import Decimal

import httpx
import msgspec
import pytest

from gateway.connectors.itau import StatementPage
from gateway.connectors.rows.itau import Row
from gateway.errors import BankFailure
from gateway.model import BRASILIA, Period, TransactionType
from simulators.certify.harnesses.pure import PureHarness
from simulators.ledger import Fixed, LedgerEntry
from tests.gateway.connectors.itau.answers import (
    ITAU,
    MARCH,
    NOW,
    ledger,
    read,
    row,
)


@pytest.mark.parametrize(
    ("operation", "value", "amount"),
    [("D", "-61.9", "-61.9"), ("D", "61.9", "-61.9"), ("C", "0.01", "0.01"), ("C", "-3", "3"), ("D", "0", "0")],
)
def test_operation_gives_the_sign(operation, value, amount):
    """The sign is that of `operation`, whether the value repeats it or not."""
    body = msgspec.json.encode({"data": [{"events": [row(operation=operation, amount={"value": "VALUE"})]}]})

    (movement,) = ITAU.movements(msgspec.json.decode(body.replace(b'"VALUE"', value.encode()), type=StatementPage))

    assert movement.amount == Decimal(amount)


@pytest.mark.parametrize(
    "wrong",
    [
        {"operation": "E"},
        {"amount": {"value": None}},
        {"amount": {"value": 1, "currency": "USD"}},
        {"amount": {"value": "1.580"}},
        {"operation": "", "amount": {"value": 1}},
        {"operation": None, "amount": {"value": 1}},
        {"amount": {"value": 1e300}},
        {"date": {"event": "2026-03-11T12:00:00Z"}},
        {"date": {"accounting": "3/11/2026"}},
    ],
)
def test_what_cannot_be_read_is_not_dropped(wrong):
    """A row without a readable day, direction or amount in reais fails the statement."""
    with pytest.raises(BankFailure) as failure:
        read(row(**wrong))
    assert failure.value.code == "unexpected_bank_response"


@pytest.mark.parametrize("stamp", ["ontem", "2026-02-30T10:00:00Z", "0001-01-01T00:00:00Z", 20260311, [], {}])
def test_an_instant_that_cannot_be_read_withholds_nothing(stamp):
    """The day of an entry stands elsewhere."""
    (movement,) = read(row(date={"accounting": "2026-03-10", "event": stamp}))

    assert (movement.date, movement.booked_at) == (date(2026, 3, 10), None)


@pytest.mark.parametrize(
    "stamp",
    [
        "2026-03-12T02:59:00Z",
        "2026-03-12T02:59:00.000Z",
        "2026-03-11T23:59:00-03:00",
        "2026-03-11T23:59:00.000000999-03:00",
    ],
)
def test_the_accounting_date_is_the_day(stamp):
    """The instant crosses midnight in UTC and has up to nine decimals; the day is told on its own."""
    (movement,) = read(row(date={"accounting": "2026-03-10", "event": stamp}))

    assert movement.date == date(2026, 3, 10)
    assert movement.booked_at == datetime(2026, 3, 11, 23, 59, tzinfo=BRASILIA)


def test_a_payment_lot():
    """A lot has no id and no instant of its own; its code is kept as document."""
    (lot,) = read(
        row(
            type="agrupamento",
            code="2026-03-11SALARIOS",
            number_events=4,
            date={"accounting": "2026-03-11", "event": "2026-03-11T23:59:59.999999999-03:00"},
            literal={"shortened": "SISPAG SALARIOS"},
        )
    )

    assert (lot.date, lot.booked_at, lot.bank_id) == (date(2026, 3, 11), None, None)
    assert (lot.document, lot.description) == ("2026-03-11SALARIOS", "SISPAG SALARIOS")
    assert lot.type is TransactionType.FOLHA_PAGAMENTO


@pytest.mark.parametrize("stamp", ["2026-03-11T23:59:59.999999999-03:00", "2026-03-12T02:59:59.999999999Z"])
@pytest.mark.parametrize("kind", ["lancamento", "desconhecido_9", ""])
def test_the_last_instant_of_a_day_is_no_instant(stamp, kind):
    """The bank fills it in where it knows none: whatever the row calls itself, nothing was booked then."""
    (movement,) = read(row(type=kind, date={"accounting": "2026-03-11", "event": stamp}))

    assert (movement.date, movement.booked_at) == (date(2026, 3, 11), None)


def test_lots_are_told_as_a_warning():
    """How to have the bank show single entries instead is in the warning's remedy."""
    pair = PureHarness("itau", NOW, source=ledger((9, "5"), (10, "-1"), (11, "-2")))
    honest = pair.bank.answer

    def grouped(request):
        response = honest(request)
        return httpx.Response(response.status_code, content=response.content.replace(b'"lancamento"', b'"agrupamento"'))

    pair.bank.answer = grouped
    found = pair.read(Period(date(2026, 3, 11), date(2026, 3, 12)))

    shown = {warning.code: warning.detail for warning in found.warnings}
    assert shown["grouped_entries"] == "1 entries are the totals of lots"


def test_instants_of_entries():
    """Each entry but a payment lot has the instant of its booking, to the millisecond for a Pix."""
    moments = {
        "PIX": datetime(2026, 3, 10, 23, 59, 59, 417_000, tzinfo=BRASILIA),
        "SAQUE": datetime(2026, 3, 11, 0, 0, 1, tzinfo=BRASILIA),
        "FOLHA_PAGAMENTO": datetime(2026, 3, 11, 9, tzinfo=BRASILIA),
    }
    entries = [LedgerEntry(booked_at=moment, amount=Decimal(-1), type=kind) for kind, moment in moments.items()]

    shown = {e.type.value: e.booked_at for e in PureHarness("itau", NOW, source=Fixed(entries)).read(MARCH).entries}

    assert shown == {**moments, "FOLHA_PAGAMENTO": None}


@pytest.mark.parametrize("sent", [{"id": "  "}, {"id": ""}, {"id": None}, {}])
def test_a_blank_id_is_none(sent):
    """Two rows without an id are two entries."""
    first, second = read(row(**sent), row(**sent))

    assert (first.bank_id, second.bank_id) == (None, None)


@pytest.mark.parametrize("stamp", ["", "  ", None])
def test_a_blank_instant_is_none(stamp):
    """The day is told on its own."""
    (movement,) = read(row(date={"accounting": " 2026-03-11 ", "event": stamp}))

    assert (movement.date, movement.booked_at) == (date(2026, 3, 11), None)


@pytest.mark.parametrize(("operation", "amount"), [("c", 1), ("Crédito", 1), ("DEBITO", -1), (" d ", -1)])
def test_directions_in_any_writing(operation, amount):
    """Words are compared without case and accents."""
    assert [each.amount for each in read(row(operation=operation, amount={"value": 1}))] == [amount]


@pytest.mark.parametrize("currency", ["", None, "brl", "R$", " BRL "])
def test_reais_in_any_writing(currency):
    """The currency may be left out or written otherwise; another one is refused."""
    assert read(row(amount={"value": -1.5, "currency": currency}))[0].amount == Decimal("-1.5")


@pytest.mark.parametrize("operation", ["", None, " "])
@pytest.mark.parametrize(("value", "amount"), [(-1.5, "-1.5"), (0, "0"), (-0.0, "0")])
def test_a_minus_sign_is_that_of_a_debit(operation, value, amount):
    """Where no operation says so; what has neither is refused."""
    found = read(row(operation=operation, amount={"value": value}))[0].amount

    assert found == Decimal(amount)
    assert found.is_signed() is (found < 0)


@pytest.mark.parametrize("origin", [None, {"identifier": " "}, {"identifier": None}])
def test_a_blank_number_is_none(origin):
    """An entry without a number of its document has none, rather than an empty one."""
    assert read(row(origin=origin))[0].document is None


def test_an_id_may_be_a_number():
    """It is the same id as its text."""
    assert read(row(id=4711))[0].bank_id == "4711"


@pytest.mark.parametrize("stamp", ["2026-03-11T12:00:00", "2026-03-11"])
def test_an_instant_without_an_offset_is_none(stamp):
    """Entries are stamped in UTC and lots in the time of Brasília, so that it may be either."""
    found = read(row(date={"accounting": "2026-03-11", "event": stamp}))[0]

    assert (found.date, found.booked_at) == (date(2026, 3, 11), None)


def test_rows_that_hold_the_same_have_one_hash():
    """Whatever the order of the names in their objects; a row that holds other objects alone has none."""
    one, same, other = (
        msgspec.json.decode(b'{"date":{},"amount":{},"literal":%b}' % literal, type=Row)
        for literal in (b'{"complete":"a","code":"1"}', b'{"code":"1","complete":"a"}', b'{"complete":"b","code":"1"}')
    )

    assert hash(one) == hash(same)
    assert hash(one) != hash(other)
    with pytest.raises(TypeError):
        hash(msgspec.json.decode(b'{"date":{},"amount":{},"origin":{}}', type=Row))
