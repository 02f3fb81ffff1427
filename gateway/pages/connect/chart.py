"""The balance of the last days as a small chart, in the page itself."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

from msgspec import Struct

from gateway.accounts.connect_content import Preview
from gateway.pages.connect.words import day, money

__all__ = ["Chart", "chart_of"]

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


def chart_of(preview: Preview) -> Chart | None:
    """The chart of a preview; None where there is no balance, or only one."""
    balances: Sequence[Decimal] = preview.balances
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
    at_most = preview.first + timedelta(days=balances.index(highest))
    at_least = preview.first + timedelta(days=balances.index(lowest))
    return Chart(
        line=" ".join(points),
        zero=f"{height(Decimal(0)):.1f}" if lowest < 0 < highest else None,
        label=(
            f"Saldo no fim de cada dia, de {day(preview.first)} a {day(preview.last)}: começa em {money(balances[0])}, "
            f"o maior é {money(highest)} em {day(at_most)}, o menor é {money(lowest)} em {day(at_least)}, e termina em "
            f"{money(balances[-1])}."
        ),
        highest=money(highest),
        lowest=money(lowest),
    )
