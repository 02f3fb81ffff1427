"""Checks a list of entries, oldest first, by the balance that the bank gives after each of them.

Each balance must be the one before it plus the entries between the two: within a list, from one list to the next, and
where two lists overlap. Lost entries that cancel each other out between two balances are not noticed.
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
    """One row of a list: the amount that it moves, and the balance after it, if the bank gives one."""

    day: date
    amount: Decimal
    balance: Decimal | None
    row: R | None
    """The row itself; None for a balance row, which moves nothing and whose day means nothing."""

    @property
    def place(self) -> tuple[date, Decimal, Decimal | None]:
        """What two lists that overlap have in common of one row."""
        return self.day, self.amount, self.balance


class RunningBalance:
    """The balance of a list as its links are added, oldest first.

    Proves that no entries are missing between the first and the last balance whose sum is not zero.

    Args:
        bank: slug, for the failure.
    """

    def __init__(self, bank: str) -> None:
        self.bank = bank
        self._moved = ZERO
        self.opening: Decimal | None = None
        """The balance before the first link; None until a balance has been added."""
        self._bank_gave_latest = False
        """Whether the bank itself gave the balance after the last link."""

    @property
    def closing(self) -> Decimal | None:
        """The balance after the last link; None where the bank gave none there."""
        return self.opening + self._moved if self.opening is not None and self._bank_gave_latest else None

    def fits(self, links: Sequence[BalanceLink[R]]) -> bool:
        """Whether these links could be added without a contradiction."""
        other = RunningBalance(self.bank)
        other.opening, other._moved = self.opening, self._moved
        try:
            for link in links:
                other.add(link)
        except IncoherentPages:
            return False
        return True

    def add(self, link: BalanceLink[R]) -> None:
        """Add a link.

        Raises:
            IncoherentPages: the balance after it does not follow from the one before.
        """
        self._moved += link.amount
        self._bank_gave_latest = self._bank_gave_latest and link.row is None
        if link.balance is not None:
            self.check_balance(link.balance)

    def check_balance(self, balance: Decimal) -> None:
        """Compare the balance that the bank gives at this place with the links so far; the first one sets `opening`.

        Raises:
            IncoherentPages: the links lead to another balance.
        """
        if self.opening is None:
            self.opening = balance - self._moved
        elif self.opening + self._moved != balance:
            detail = f"the entries lead to a balance of {self.opening + self._moved}, the bank tells {balance}"
            raise IncoherentPages(self.bank, detail)
        self._bank_gave_latest = True


def join(
    bank: str, history: Sequence[BalanceLink[R]], latest: Sequence[BalanceLink[R]], first: date
) -> list[BalanceLink[R]]:
    """The history, continued by those latest links that it does not have yet.

    Args:
        bank: slug, for the failure.
        history: the links from `first` on.
        latest: links without a gap up to now; they may begin before, within or after the history.
        first: the first day of the history; latest links of earlier days are left out.

    Raises:
        IncoherentPages: the two differ on a day that both have.
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
    """History and latest links joined as by `join`, each in the order in which the two fit together.

    Args:
        running: the balance before them; it chooses where several orders fit together.
        histories: the history in each possible order.
        latest: the latest links in each possible order.
        first: as for `join`.

    Raises:
        IncoherentPages: the two fit together in no order.
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
