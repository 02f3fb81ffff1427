"""What a simulated bank put on its pages in one reading, so that a lost row can be named by its place."""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from simulators.bank import Bank
from simulators.call import Call
from simulators.faults import Slice
from simulators.ledger import LedgerEntry

__all__ = ["Place", "Sent"]


class Place(Struct, frozen=True):
    """Where a row stands in the bank's list."""

    row: int
    page: int
    """Both counted from 1."""
    sent: bool
    """Whether that page was asked for and had the row."""
    asked: bool
    """Whether that page was asked for; where it lacks the row, a fault took it away."""

    def __str__(self) -> str:
        return f"row {self.row} of page {self.page}"


class Sent:
    """Records what a bank cuts into pages.

    Args:
        bank: the bank, whose `cut` is recorded from now on.
    """

    def __init__(self, bank: Bank) -> None:
        self._places: dict[int, Place] = {}
        self._cuts: list[tuple[Sequence[Any], int, int, Sequence[Any]]] = []
        cut = bank.cut

        def recording(call: Call, rows: Sequence[Any], start: int, size: int) -> Slice[Any]:
            part = cut(call, rows, start, size)
            self._cuts.append((rows, start, size, part.rows))
            return part

        vars(bank)["cut"] = recording

    def forget(self) -> None:
        """Begin anew: another reading follows."""
        self._cuts.clear()
        self._places.clear()

    def place_of(self, entry: LedgerEntry) -> Place | None:
        """Where an entry stood, or would have stood; None where the bank lists something else than entries."""
        for rows, start, size, given in self._cuts:
            sent = {row.serial for row in given if isinstance(row, LedgerEntry)}
            for number, row in enumerate(rows):
                if not isinstance(row, LedgerEntry):
                    continue
                asked, known = start <= number < start + size, self._places.get(row.serial)
                if known is None or row.serial in sent or (asked and not known.sent):
                    page, place = divmod(number, max(size, 1))
                    self._places[row.serial] = Place(place + 1, page + 1, row.serial in sent, asked)
        self._cuts.clear()
        return self._places.get(entry.serial)
