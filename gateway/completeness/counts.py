"""Counts the rows of a paged list and compares them with the number that the bank announces.

The keys of the latest rows are kept, and eight bytes of each older one, so that a long list takes little memory. A row
that comes again is noticed at once where the first is among the latest; otherwise when twice as many rows have come, or
at the end. So pages that repeat themselves for ever are noticed as well, wherever their circle begins.
"""

from collections.abc import Hashable, Iterable

from gateway.completeness.digests import Digests
from gateway.errors import IncoherentPages
from gateway.limits import HELD_KEYS

__all__ = ["MOST_PAGES", "RowCount"]

MOST_PAGES = 20_000
"""A list of more pages is a loop. Ends a conversation that nothing else bounds, such as one driven by `converse`."""


class RowCount:
    """The rows of one paged list.

    Proves that as many rows came as the bank announced, and that no row with a key came twice. Without an announced
    total a missing row is not noticed.

    Args:
        bank: slug, for the failure.
        most_held: how many keys are kept.
    """

    def __init__(self, bank: str, most_held: int = HELD_KEYS) -> None:
        self._bank = bank
        self._most_held = most_held
        self._pages = 0
        self.rows = 0
        """How many rows have come so far."""
        self._latest: set[Hashable] = set()
        """Keys of the latest rows."""
        self._older = Digests()
        """Keys of the rows before the latest ones."""
        self._compare_at = 2 * most_held
        """Number of rows at which the older keys are compared next."""
        self.announced: int | None = None
        """How many rows the bank announced; None where it has given no number."""

    def add(self, keys: Iterable[Hashable], announced: int | None) -> None:
        """Count the rows of one page.

        Args:
            keys: one key for each row, unique in the whole list; None for a row without a key.
            announced: how many rows the bank says the whole list has; None where it gives no number.

        Raises:
            IncoherentPages: a row came twice, the total changed, or the pages never end.
        """
        self._pages += 1
        if self._pages > MOST_PAGES:
            raise IncoherentPages(self._bank, f"more than {MOST_PAGES} pages")
        for key in keys:
            self.rows += 1
            if key is not None:
                if key in self._latest:
                    raise IncoherentPages(self._bank, f"page {self._pages} repeats an entry of the same answer")
                self._latest.add(key)
        if len(self._latest) > self._most_held:
            self._let_go()
        if announced is None:
            return
        if self.announced is not None and announced != self.announced:
            raise IncoherentPages(self._bank, f"the announced total changed from {self.announced} to {announced}")
        self.announced = announced

    @property
    def is_whole(self) -> bool:
        """Whether as many rows came as announced; also where no number was announced."""
        return self.announced in {None, self.rows}

    def finish(self) -> None:
        """Check the list at its end.

        Raises:
            IncoherentPages: another number of rows came than was announced, or a row came twice.
        """
        if self.rows > self._most_held:
            self._let_go()
            self._compare()
        if not self.is_whole:
            raise IncoherentPages(self._bank, f"the bank announced {self.announced} entries and sent {self.rows}")

    def _let_go(self) -> None:
        """Keep eight bytes of each key, and compare them where twice as many rows have come as at the last time."""
        self._older.add(self._latest)
        self._latest.clear()
        if self.rows >= self._compare_at:
            self._compare_at = 2 * self.rows
            self._compare()

    def _compare(self) -> None:
        if self._older.repeated():
            raise IncoherentPages(self._bank, f"within {self._pages} pages an entry of the same answer comes again")
