"""What a statement must hold, in a form that can be compared quickly: its entries in whatever order."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any
from zlib import crc32

from msgspec import Struct

__all__ = ["Truth", "Wrong", "check_amounts", "truth_of"]


class Wrong(Exception):
    """A result is not the truth; its time does not count."""


class Truth(Struct, frozen=True):
    """All entries of a statement, added up."""

    entries: int
    moved: Decimal
    """The sum of all amounts without their signs."""
    checksum: int
    """Of the day and the signed amount of each entry; the same in whatever order."""


def truth_of(entries: Iterable[tuple[str, Decimal]]) -> Truth:
    """What these entries, each a day and an amount, add up to."""
    count, moved, checksum = 0, Decimal(0), 0
    for day, amount in entries:
        count += 1
        moved += abs(amount)
        checksum += crc32(f"{day} {amount:.2f}".encode())
    return Truth(count, moved, checksum)


def check_amounts(truth: Truth, rows: Iterable[dict[str, Any]]) -> None:
    """Compare rows that have an `amount`, signed or not.

    Raises:
        Wrong: there are more or fewer of them, or they move another sum.
    """
    count, moved = 0, Decimal(0)
    for row in rows:
        count += 1
        moved += abs(row["amount"])
    if (count, moved) != (truth.entries, truth.moved):
        raise Wrong(f"{count} entries of {moved} instead of {truth.entries} of {truth.moved}")
