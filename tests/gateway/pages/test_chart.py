"""The chart of balances, and amounts and instants in words."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from gateway.pages.chart import HEIGHT, MARGIN, WIDTH, balance_chart
from gateway.pages.words import instant, money

FIRST = date(2026, 3, 1)


def test_a_line_of_steps_from_edge_to_edge() -> None:
    """A balance stays until the next day's: no point lies between two balances."""
    chart = balance_chart(FIRST, [Decimal(100), Decimal(-50), Decimal(100)])

    assert chart is not None
    points = [tuple(map(float, point.split(","))) for point in chart.line.split()]
    top, bottom = MARGIN, HEIGHT - MARGIN
    middle = WIDTH / 2
    assert points == [(MARGIN, top), (middle, top), (middle, bottom), (WIDTH - MARGIN, bottom), (WIDTH - MARGIN, top)]
    assert float(chart.zero or "nan") == pytest.approx(top + (bottom - top) * 2 / 3, abs=0.05)


def test_it_is_told_in_words() -> None:
    """Begin, end, highest and lowest balance with their days."""
    chart = balance_chart(FIRST, [Decimal(10), Decimal("-1234.5"), Decimal(0)])

    assert chart is not None
    assert chart.label.replace("\u00a0", " ") == (
        "Saldo no fim de cada dia, de 01/03/2026 a 03/03/2026: começa em R$ 10,00, o maior é R$ 10,00 em 01/03/2026, "
        "o menor é -R$ 1.234,50 em 02/03/2026, e termina em R$ 0,00."
    )


def test_balances_that_do_not_change_are_a_line_too() -> None:
    """One balance alone is none, and nothing is no balance below zero."""
    flat = balance_chart(FIRST, [Decimal(0), Decimal(0)])
    assert flat is not None
    assert flat.zero is None
    assert balance_chart(FIRST, [Decimal(1)]) is None
    assert balance_chart(FIRST, []) is None


def test_amounts_are_exact() -> None:
    """Cents are not rounded away, however large the amount is."""
    assert money(Decimal("999999999999.99")) == "R$\u00a0999.999.999.999,99"
    assert money(Decimal("-0.005")) == "-R$\u00a00,005"
    assert money(Decimal(1000)) == "R$\u00a01.000,00"


def test_instants_are_those_of_brasilia() -> None:
    """Whatever their offset."""
    assert instant(datetime(2026, 3, 1, 2, 5, tzinfo=UTC)) == "28/02/2026 às 23:05"
