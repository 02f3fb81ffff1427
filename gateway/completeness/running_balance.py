"""Proving a list of entries, oldest first, by the balance that the bank tells after each of them.

A balance must follow from the one before: within a list, from one list to the next, and where two lists overlap. What
cancels out between two neighbours cannot be noticed this way.
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from itertools import product
from typing import Generic, TypeVar

from msgspec import Struct

from gateway.errors import IncoherentPages
from gateway.model import ZERO

__all__ = ["BalanceLink", "RunningBalance", "join", "join_either"]

R = TypeVar("R")


class BalanceLink(Struct, Generic[R], frozen=True):
    """One row of a list: what it moves, and the balance after it if the bank tells one."""

    day: date
    amount: Decimal
    balance: Decimal | None
    row: R | None
    """None for a row that only tells a balance; it moves nothing and its day means nothing."""

    @property
    def place(self) -> tuple[date, Decimal, Decimal | None]:
        """What the same row has in common in two lists."""
        return self.day, self.amount, self.balance


class RunningBalance:
    """The balance as it goes from link to link.

    Args:
        bank: slug, for the failure.
    """

    def __init__(self, bank: str) -> None:
        self.bank = bank
        self._moved = ZERO
        self.opening: Decimal | None = None
        """The balance before the first link, known as soon as the bank has told any."""
        self._told = False

    @property
    def closing(self) -> Decimal | None:
        """The balance after the last link, if the bank itself told it there."""
        return self.opening + self._moved if self.opening is not None and self._told else None

    def fits(self, links: Sequence[BalanceLink[R]]) -> bool:
        """Whether the balance can go on by these links."""
        other = RunningBalance(self.bank)
        other.opening, other._moved = self.opening, self._moved
        try:
            for link in links:
                other.add(link)
        except IncoherentPages:
            return False
        return True

    def add(self, link: BalanceLink[R]) -> None:
        """Go on by a link.

        Raises:
            IncoherentPages: the balance told after it does not follow from the one before.
        """
        self._moved += link.amount
        self._told = self._told and link.row is None
        if link.balance is not None:
            self.meet(link.balance)

    def meet(self, balance: Decimal) -> None:
        """Take the balance that the bank tells at this place.

        Raises:
            IncoherentPages: the links before lead to another one.
        """
        if self.opening is None:
            self.opening = balance - self._moved
        elif self.opening + self._moved != balance:
            detail = f"the entries lead to a balance of {self.opening + self._moved}, the bank tells {balance}"
            raise IncoherentPages(self.bank, detail)
        self._told = True


def join(
    bank: str, history: Sequence[BalanceLink[R]], latest: Sequence[BalanceLink[R]], first: date
) -> list[BalanceLink[R]]:
    """The history, then what the latest links have beyond it, whether or not they repeat the end of it.

    Args:
        bank: slug, for the failure.
        history: the links from `first` on.
        latest: links without a gap up to now, whichever day they begin with.
        first: the first day of the history; what the latest links tell of days before it is left out.

    Raises:
        IncoherentPages: on a day that both have they differ.
    """
    earlier = [link for link in latest if link.row is not None and link.day < first]
    if earlier:
        before = BalanceLink[R](first, ZERO, earlier[-1].balance, None)
        latest = [before, *(link for link in latest if link.row is not None and link.day >= first)]
    moves = [link for link in latest if link.row is not None]
    begin = moves[0].day if moves else date.max
    split = next((n for n, link in enumerate(history) if link.row is not None and link.day >= begin), len(history))
    repeated = [link.place for link in history[split:] if link.row is not None]
    if repeated != [link.place for link in moves][: len(repeated)]:
        raise IncoherentPages(bank, "the latest entries differ from the end of the history")
    return [*history[:split], *latest]


def join_either(
    running: RunningBalance,
    histories: Sequence[list[BalanceLink[R]]],
    latest: Sequence[list[BalanceLink[R]]],
    first: date,
) -> list[BalanceLink[R]]:
    """History and latest links as `join` has them, each in the direction in which they follow from each other.

    Args:
        running: the balance before them, by which one of several joined lists is chosen.
        histories: the history in each direction in which it may be read.
        latest: the latest links, likewise.
        first: as for `join`.

    Raises:
        IncoherentPages: they follow from each other in no direction.
    """
    found: list[list[BalanceLink[R]]] = []
    failures: list[IncoherentPages] = []
    for history, last_days in product(histories, latest):
        try:
            found.append(join(running.bank, history, last_days, first))
        except IncoherentPages as failure:
            failures.append(failure)
    if not found:
        raise failures[0]
    return next(filter(running.fits, found), found[0])
