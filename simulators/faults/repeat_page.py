"""A page comes twice, and all after it one page later."""

from simulators.faults.fault import Fault

__all__ = ["RepeatPage"]


class RepeatPage(Fault, frozen=True):
    """Repeats page `page`, counted from 0."""

    page: int = 0

    def cut(self, start: int, size: int) -> int:
        """After the repeated page, every page is the one before it."""
        return start - size if start // size > self.page else start
