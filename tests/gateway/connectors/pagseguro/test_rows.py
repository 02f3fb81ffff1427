"""What a row of PagSeguro says of a movement: event, amount, day, instant and whether it is blocked."""

from datetime import datetime
from decimal import Decimal

import pytest

from gateway.connectors.rows.pagseguro import EVENTS
from gateway.errors import BankFailure
from gateway.model import BRASILIA, TransactionType
from tests.gateway.connectors.pagseguro.answers import (
    TENTH,
    read,
    row,
)


@pytest.mark.parametrize("code", [*EVENTS, "01", " 4 ", 16])
def test_the_sign_comes_from_the_event(code):
    """An amount has no sign of its own; the event's code gives it, however it is padded."""
    (movement,) = read(row(tipo_evento=code, valor_parcela=7.25))

    assert movement.amount == EVENTS[str(code).strip().lstrip("0")][0] * Decimal("7.25")


@pytest.mark.parametrize("code", ["7", "08", 8, "31", "32"])
def test_balances_and_notices_are_no_entries(code):
    """Balance rows and notices of a postponed release among the entries move nothing."""
    assert read(row(tipo_evento=code)) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"tipo_evento": "77"},
        {"tipo_evento": ""},
        {"tipo_evento": None},
        {"valor_parcela": None},
        {"valor_parcela": " "},
        {"valor_parcela": "NaN"},
        {"valor_parcela": "1.555"},
        {"valor_parcela": "1,555"},
        {"valor_parcela": [1]},
        {"valor_parcela": -1.0},
        {"data_movimentacao": None},
        {"data_movimentacao": "3/10/2026"},
    ],
)
def test_what_cannot_be_read_is_not_dropped(wrong):
    """A row without a known event, a readable amount or a day fails the statement."""
    with pytest.raises(BankFailure) as failure:
        read(row(**wrong))
    assert failure.value.code == "unexpected_bank_response"


@pytest.mark.parametrize(
    ("day", "clock"), [("2026-03-10", "25:00:00"), ("9/3/2026", "10:00:00"), ("ontem", "10:00:00"), ([1], "10:00:00")]
)
def test_an_instant_of_a_sale_that_cannot_be_read_withholds_nothing(day, clock):
    """The day of an entry stands elsewhere."""
    assert read(row(data_venda_ajuste=day, hora_venda_ajuste=clock))[0].booked_at is None


@pytest.mark.parametrize(
    ("amounts", "moved"),
    [
        ({"valor_liquido_antecipacao": 9.5, "valor_parcela": 10, "valor_liquido_transacao": 20}, "9.5"),
        ({"valor_liquido_antecipacao": 0.0, "valor_parcela": 10, "valor_liquido_transacao": 20}, "10"),
        ({"valor_parcela": None, "valor_liquido_transacao": 20, "valor_total_transacao": 21}, "20"),
        ({"valor_parcela": 0.0, "valor_liquido_transacao": None, "valor_total_transacao": 21.37}, "21.37"),
        ({"valor_parcela": 0.0}, "0"),
        ({"valor_parcela": "12.34"}, "12.34"),
        ({"valor_parcela": "1.234,56"}, "1234.56"),
        ({"valor_parcela": "0,80"}, "0.80"),
        ({"valor_liquido_antecipacao": "", "valor_parcela": "  ", "valor_liquido_transacao": "20.00"}, "20.00"),
        ({"valor_liquido_antecipacao": "0.00", "valor_parcela": 7, "valor_liquido_transacao": -1.5}, "7"),
    ],
)
def test_which_amount_moved_the_account(amounts, moved):
    """After anticipation, else the instalment, else the sale, net before gross; whole numbers and texts are read."""
    assert read(row(**amounts))[0].amount == Decimal(moved)


def test_the_smallest_row():
    """Event, day and amount suffice: no id, no instant, no document."""
    (movement,) = read(row(meio_pagamento=None, movimento_api_codigo=None, codigo_venda="  ", hora_venda_ajuste=""))

    assert (movement.type, movement.bank_id, movement.booked_at) == (TransactionType.OUTROS, None, None)
    assert (movement.document, movement.description) == (None, "Venda")


@pytest.mark.parametrize("day", ["2026-03-10T00:00:00-03:00", " 2026-03-10", "20260310", 20260310])
def test_the_day_in_other_spellings(day):
    """With a time, or without its signs, as the layout of the file has it."""
    assert read(row(data_movimentacao=day))[0].date == TENTH


def test_the_instant_may_lie_before_the_day():
    """The day is that of the account; the instant is when the sale or adjustment was posted."""
    (movement,) = read(row(data_venda_ajuste="2026-03-08", hora_venda_ajuste="23:59:59"))

    assert movement.date == TENTH
    assert movement.booked_at == datetime(2026, 3, 8, 23, 59, 59, tzinfo=BRASILIA)


@pytest.mark.parametrize(
    ("day", "clock", "instant"),
    [
        ("2026-03-08T00:00:00", "23:59:59", datetime(2026, 3, 8, 23, 59, 59, tzinfo=BRASILIA)),
        ("2026-03-08 00:00:00.0", "09:05", datetime(2026, 3, 8, 9, 5, tzinfo=BRASILIA)),
        ("08/03/2026", "23:59:59", datetime(2026, 3, 8, 23, 59, 59, tzinfo=BRASILIA)),
        ("20260308", "090500", datetime(2026, 3, 8, 9, 5, tzinfo=BRASILIA)),
        (20260308, 90500, datetime(2026, 3, 8, 9, 5, tzinfo=BRASILIA)),
        ("2026-03-08", "12:00:00Z", datetime(2026, 3, 8, 9, tzinfo=BRASILIA)),
        ("0000-00-00", "00:00:00", None),
        ("2026-03-08", None, None),
        ("        ", "      ", None),
    ],
)
def test_the_instant_in_other_spellings(day, clock, instant):
    """The day may have a time of its own, or lack its signs; zeros and blanks fill an empty field."""
    assert read(row(data_venda_ajuste=day, hora_venda_ajuste=clock))[0].booked_at == instant


@pytest.mark.parametrize("code", ["29", "30"])
def test_money_in_custody_is_marked(code):
    """It is blocked, or freed, and has not gone for good."""
    assert [each.blocked for each in read(row(tipo_evento=code), row())] == [True, False]
