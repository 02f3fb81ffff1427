"""The list moves by some entries between two pages, as when an entry is booked or removed meanwhile."""

from simulators.faults.fault import Fault

__all__ = ["ShiftPage"]


class ShiftPage(Fault, frozen=True):
    """Shifts page `page`, counted from 0, and all after it by `by` entries; a negative shift repeats entries."""

    page: int = 1
    by: int = -1

    def cut(self, start: int, size: int) -> int:
        """The shifted beginning."""
        return max(0, start + self.by) if start // size >= self.page else start
