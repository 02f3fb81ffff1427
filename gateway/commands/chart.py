"""A small chart of balances for terminals, of block characters or, where the encoding lacks them, of plain ones."""

from collections.abc import Sequence
from decimal import Decimal

__all__ = ["chart"]

BLOCKS = "▁▂▃▄▅▆▇█"
PLAIN = ".:#"
HEIGHT = 4
"""Lines of a chart."""


def chart(balances: Sequence[Decimal], width: int, *, plain: bool = False) -> list[str]:
    """The lines of a chart, the highest balance on top; none for no balance.

    Args:
        balances: one for each day. Of more days than there are columns, each column shows its last one.
        width: most columns.
        plain: whether to use ASCII alone.
    """
    if not balances or width < 1:
        return []
    marks = PLAIN if plain else BLOCKS
    columns = min(width, len(balances))
    shown = [balances[(column + 1) * len(balances) // columns - 1] for column in range(columns)]
    least, span = min(shown), max(shown) - min(shown)
    steps = HEIGHT * len(marks)
    # The least balance has a mark too, or its day would look like a day without one.
    heights = [1 + int((value - least) / span * (steps - 1)) if span else steps // 2 for value in shown]
    lines = []
    for line in reversed(range(HEIGHT)):
        filled = [min(len(marks), max(0, height - line * len(marks))) for height in heights]
        lines.append("".join(marks[each - 1] if each else " " for each in filled).rstrip())
    return lines
