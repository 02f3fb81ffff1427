"""A page comes twice, and all after it one page later."""

from typing import Annotated, ClassVar

from msgspec import Meta

from simulators.faults.fault import Fault

__all__ = ["RepeatPage"]


class RepeatPage(Fault, frozen=True):
    """Repeats page `page`, counted from 0."""

    title: ClassVar = "A page comes twice"
    failures: ClassVar = frozenset({"unexpected_bank_response"})

    page: Annotated[int, Meta(ge=0)] = 0

    def cut(self, start: int, size: int) -> int:
        """After the repeated page, every page is the one before it."""
        return start - size if start // size > self.page else start
