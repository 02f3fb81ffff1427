"""Balances at the ends of days as a small chart, drawn in the page itself (SVG) and told in words."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from msgspec import Struct

from gateway.pages.words import day, money

__all__ = ["Chart", "balance_chart"]

WIDTH, HEIGHT, MARGIN = 640, 160, 8
"""The size of the drawing, which the page scales."""


class Chart(Struct, frozen=True, kw_only=True):
    """A line of balances, with what a person who does not see it has to know."""

    line: str
    """The points of the line."""
    zero: str | None
    """The height of a balance of nothing; None where it is outside."""
    label: str
    highest: str
    lowest: str
    width: int = WIDTH
    height: int = HEIGHT


def balance_chart(first: date, balances: Sequence[Decimal]) -> Chart | None:
    """The chart of the balances at the ends of successive days; None where there are fewer than two.

    Args:
        first: the day of the first balance.
        balances: one for each day.
    """
    if len(balances) < 2:
        return None
    highest, lowest = max(balances), min(balances)
    span = highest - lowest or Decimal(1)
    step = Decimal(WIDTH - 2 * MARGIN) / (len(balances) - 1)

    def height(amount: Decimal) -> Decimal:
        return MARGIN + (highest - amount) / span * (HEIGHT - 2 * MARGIN)

    # A balance stays until it changes: a line of steps does not show money that was never there.
    points: list[str] = []
    for number, amount in enumerate(balances):
        if number:
            points.append(f"{MARGIN + number * step:.1f},{height(balances[number - 1]):.1f}")
        points.append(f"{MARGIN + number * step:.1f},{height(amount):.1f}")
    days = [day(first + timedelta(days=number)) for number in range(len(balances))]
    return Chart(
        line=" ".join(points),
        zero=f"{height(Decimal(0)):.1f}" if lowest < 0 < highest else None,
        label=(
            f"Saldo no fim de cada dia, de {days[0]} a {days[-1]}: começa em {money(balances[0])}, o maior é "
            f"{money(highest)} em {days[balances.index(highest)]}, o menor é {money(lowest)} em "
            f"{days[balances.index(lowest)]}, e termina em {money(balances[-1])}."
        ),
        highest=money(highest),
        lowest=money(lowest),
    )
