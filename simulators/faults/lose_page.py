"""A page is lost: where it should be, the next one stands."""

from simulators.faults.fault import Fault

__all__ = ["LosePage"]


class LosePage(Fault, frozen=True):
    """Loses page `page`, counted from 0."""

    page: int = 1

    def cut(self, start: int, size: int) -> int:
        """From the lost page on, every page is the one after it."""
        return start + size if start // size >= self.page else start
