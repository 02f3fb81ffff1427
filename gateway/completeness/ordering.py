"""Finding the order of a list whose rows each tell the balance after them, when the bank documents none.

Within a day each row leads from one balance to another: from what its balance was without it to its balance. A day's
rows are in order when each begins where the one before it ended. Such an order, if there is one, is a trail that uses
every row once, and what a day ends with does not depend on which of several trails is taken.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import TypeVar

from gateway.completeness.running_balance import BalanceLink
from gateway.model import ZERO

__all__ = ["directions", "in_order", "trail"]

R = TypeVar("R")


def directions(links: Sequence[BalanceLink[R]]) -> list[list[BalanceLink[R]]]:
    """The ways of reading a list, oldest first, in which its balances follow and no day comes before an earlier one.

    The list may begin with its oldest or its newest link, as a whole or within its days, and balances that stand among
    the links may stand at either end. Where every link tells a balance, any other order is found too. The order in
    which they came stands first where it fits, and alone where none does.
    """
    came = list(links)
    balances = [link for link in came if link.row is None]
    moves = [link for link in came if link.row is not None]
    if moves and moves[0].day < moves[-1].day and _agrees(came):
        return [came]
    candidates = [came]
    if came[: len(balances)] == balances or came[len(moves) :] == balances:
        back = moves[::-1]
        candidates += [[*balances, *order] for order in (back, sorted(moves, key=_day), sorted(back, key=_day))]
        if (order := _by_balances(balances, moves)) is not None:
            candidates.append([*balances, *order])
    # Last, because a balance that comes first is sooner the one before all links than the one after them.
    candidates.append(came[::-1])
    found: dict[tuple[int, ...], list[BalanceLink[R]]] = {}
    for candidate in candidates:
        if _agrees(candidate):
            found.setdefault(tuple(map(id, candidate)), candidate)
    return list(found.values()) or [came]


def _by_balances(balances: Sequence[BalanceLink[R]], moves: Sequence[BalanceLink[R]]) -> list[BalanceLink[R]] | None:
    """The order that the balances of all links tell, from the one that stands apart, or else from where none ends."""
    if any(link.balance is None for link in moves):
        return None
    told = {link.balance for link in balances}
    starts = told or {link.balance - link.amount for link in moves if link.balance is not None} - {
        link.balance for link in moves
    }
    start = next(iter(starts)) if len(starts) == 1 else None
    return None if start is None else in_order(start, moves)


def _agrees(links: Sequence[BalanceLink[R]]) -> bool:
    """Whether each balance, where there is one, follows from the one before it, and no day comes before an earlier."""
    balance: Decimal | None = None
    moved, day = ZERO, date.min
    for link in links:
        if link.row is not None:
            if link.day < day:
                return False
            day = link.day
        moved += link.amount
        if link.balance is not None:
            if balance is not None and balance + moved != link.balance:
                return False
            balance, moved = link.balance, ZERO
    return True


def _day(link: BalanceLink[R]) -> date:
    return link.day


def in_order(opening: Decimal, links: Sequence[BalanceLink[R]]) -> list[BalanceLink[R]] | None:
    """The links in the order in which their balances follow from each other, oldest first; None when there is none.

    The order in which they came is kept where it fits, read from either end.

    Args:
        opening: the balance before the first of them.
        links: each with its day, what it moves, and the balance after it.
    """
    for candidate in (list(links), list(reversed(links))):
        if _follows(opening, candidate):
            return candidate
    found: list[BalanceLink[R]] = []
    balance = opening
    for _, group in groupby(sorted(links, key=lambda link: link.day), key=lambda link: link.day):
        day = trail(balance, list(group))
        if day is None:
            return None
        found += day
        balance += sum((link.amount for link in day), Decimal(0))
    return found


def _follows(balance: Decimal, links: Sequence[BalanceLink[R]]) -> bool:
    """Whether each link begins with the balance of the one before it, and no day comes before an earlier one."""
    for number, link in enumerate(links):
        balance += link.amount
        if balance != link.balance or (number and link.day < links[number - 1].day):
            return False
    return True


def trail(start: Decimal, links: list[BalanceLink[R]]) -> list[BalanceLink[R]] | None:
    """A way from the start through every link (Hierholzer), or None when there is none.

    Args:
        start: the balance before the first of them.
        links: of one day, each with the balance after it.
    """
    leaving: defaultdict[Decimal, list[BalanceLink[R]]] = defaultdict(list)
    for link in reversed(links):
        if link.balance is None:
            return None
        leaving[link.balance - link.amount].append(link)
    path: list[BalanceLink[R]] = []
    walked: list[tuple[Decimal, BalanceLink[R] | None]] = [(start, None)]
    while walked:
        balance, arrived_by = walked[-1]
        if leaving[balance]:
            link = leaving[balance].pop()
            walked.append((balance + link.amount, link))
        else:
            walked.pop()
            if arrived_by is not None:
                path.append(arrived_by)
    path.reverse()
    return path if len(path) == len(links) and _follows(start, path) else None
