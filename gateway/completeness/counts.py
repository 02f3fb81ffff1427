"""What paged answers have in common: an end, and a sum that must come out right.

A list that is read page by page can lose, repeat or shift entries between two pages. `RowCount` holds what the pages
announce against what they hold, so that such a reading is never taken for a statement.
"""

from collections.abc import Hashable, Iterable

from gateway.errors import IncoherentPages

__all__ = ["MOST_PAGES", "RowCount"]

MOST_PAGES = 20_000
"""A conversation of more pages than this is a loop."""


class RowCount:
    """The account of one paged answer: keys seen, total announced.

    Args:
        bank: slug, for the failure.
    """

    def __init__(self, bank: str) -> None:
        self._bank = bank
        self._pages = 0
        self._rows = 0
        self._seen: set[Hashable] = set()
        self._announced: int | None = None

    def add(self, keys: Iterable[Hashable], announced: int | None) -> None:
        """Account for one page.

        Args:
            keys: one key for each row, unique in the whole answer; None for a row that has no key.
            announced: how many rows the bank says the whole answer has; None when it does not say.

        Raises:
            IncoherentPages: a row came twice, the total changed, or the pages never end.
        """
        self._pages += 1
        if self._pages > MOST_PAGES:
            raise IncoherentPages(self._bank, f"more than {MOST_PAGES} pages")
        for key in keys:
            self._rows += 1
            if key is not None:
                if key in self._seen:
                    raise IncoherentPages(self._bank, f"page {self._pages} repeats an entry of the same answer")
                self._seen.add(key)
        if announced is None:
            return
        if self._announced is not None and announced != self._announced:
            raise IncoherentPages(self._bank, f"the announced total changed from {self._announced} to {announced}")
        self._announced = announced

    @property
    def rows(self) -> int:
        """Rows accounted for."""
        return self._rows

    @property
    def announced(self) -> int | None:
        """The total the bank announced, or None."""
        return self._announced

    @property
    def is_whole(self) -> bool:
        """Whether as many rows came as the bank announced, if it announced any number."""
        return self._announced in {None, self._rows}

    def finish(self) -> None:
        """Close the account.

        Raises:
            IncoherentPages: the bank announced another number of rows than came.
        """
        if not self.is_whole:
            raise IncoherentPages(self._bank, f"the bank announced {self._announced} entries and sent {self._rows}")
