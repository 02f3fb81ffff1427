"""A page is lost: where it should be, the next one stands."""

from typing import Annotated, ClassVar

from msgspec import Meta

from simulators.faults.fault import Fault

__all__ = ["LosePage"]


class LosePage(Fault, frozen=True):
    """Loses page `page`, counted from 0."""

    title: ClassVar = "A page is lost"
    failures: ClassVar = frozenset({"unexpected_bank_response"})

    page: Annotated[int, Meta(ge=0)] = 1

    def cut(self, start: int, size: int) -> int:
        """From the lost page on, every page is the one after it."""
        return start + size if start // size >= self.page else start
