"""How amounts, days and tax ids are written on pages."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from gateway.pages.words import day, instant, money, tax_id


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("12345678909", "123.456.789-09"),
        ("11222333000181", "11.222.333/0001-81"),
        ("11.222.333/0001-81", "11.222.333/0001-81"),
        ("12ABC34501DE35", "12.ABC.345/01DE-35"),
        ("1122233300018", "1122233300018"),
        ("", ""),
    ],
)
def test_tax_ids(typed: str, written: str) -> None:
    """By their length, with or without punctuation; letters of a new CNPJ stay."""
    assert tax_id(typed) == written


def test_amounts_and_times() -> None:
    """With a comma, in Brasília's time."""
    assert [money(Decimal(each)) for each in ("1234.5", "-0.125")] == ["R$\u00a01.234,50", "-R$\u00a00,125"]
    assert (day(date(2026, 3, 9)), instant(datetime(2026, 3, 9, 2, 5, tzinfo=UTC))) == (
        "09/03/2026",
        "08/03/2026 às 23:05",
    )
