"""The list moves by some entries between two pages, as when an entry is booked or removed meanwhile."""

from typing import Annotated, ClassVar

from msgspec import Meta

from simulators.faults.fault import Fault

__all__ = ["ShiftPage"]


class ShiftPage(Fault, frozen=True):
    """Shifts page `page`, counted from 0, and all after it by `by` entries; a negative shift repeats entries."""

    title: ClassVar = "The list moves by some entries between two pages"
    failures: ClassVar = frozenset({"unexpected_bank_response"})

    page: Annotated[int, Meta(ge=0)] = 1
    by: int = -1

    def cut(self, start: int, size: int) -> int:
        """The shifted beginning."""
        return max(0, start + self.by) if start // size >= self.page else start
