"""Finds the order of a list whose rows carry the balance after them, where the bank documents no order.

Each row leads from one balance to another: from its balance less its amount to its balance. The rows of a day are in
order when each begins at the balance at which the one before it ended. With balances as nodes and rows as edges, such
an order is a trail that uses every edge once. All trails of a day end at the same balance, so that any of them will do.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import TypeVar

from gateway.completeness.running_balance import BalanceLink
from gateway.model import ZERO

__all__ = ["follows", "follows_from", "in_order", "possible_orders", "trail"]

R = TypeVar("R")


def possible_orders(links: Sequence[BalanceLink[R]]) -> list[list[BalanceLink[R]]]:
    """The orders of a list, oldest first, in which its balances follow from each other and its days ascend.

    The bank may list from the oldest or from the newest link, as a whole or within each day, and may put balance rows
    at either end. Where every link has a balance, any other order is found too, with balance rows anywhere. The order
    of arrival is the first result where it fits, and the only one where no order does.
    """
    came = list(links)
    balances = [link for link in came if link.row is None]
    moves = [link for link in came if link.row is not None]
    if moves and moves[0].day < moves[-1].day and _agrees(came):
        return [came]
    candidates = [came]
    last: list[list[BalanceLink[R]] | None] = [came[::-1], _by_balances(balances, moves)]
    if came[: len(balances)] == balances or came[len(moves) :] == balances:
        back = moves[::-1]
        candidates += [[*balances, *order] for order in (back, sorted(moves, key=_day), sorted(back, key=_day))]
        # A balance that comes first is more likely the one before all links than the one after them.
        last.reverse()
    found: dict[tuple[int, ...], list[BalanceLink[R]]] = {}
    for candidate in (*candidates, *filter(None, last)):
        if _agrees(candidate):
            found.setdefault(tuple(map(id, candidate)), candidate)
    return list(found.values()) or [came]


def follows(links: Sequence[BalanceLink[R]]) -> bool:
    """Whether there is an order in which the balances of these links follow from each other and their days ascend."""
    return any(_agrees(order) for order in possible_orders(links))


def _by_balances(balances: Sequence[BalanceLink[R]], moves: Sequence[BalanceLink[R]]) -> list[BalanceLink[R]] | None:
    """The order that follows from the balances of all links, wherever balance rows stood; None where they decide none.

    It starts at the one balance at which more links begin than end, or else at that of the balance rows.
    """
    if any(link.balance is None for link in moves):
        return None
    ends = Counter(link.balance for link in moves if link.balance is not None)
    begins = Counter(link.balance - link.amount for link in moves if link.balance is not None)
    starts = list((begins - ends).elements()) or list({link.balance for link in balances if link.balance is not None})
    ordered = in_order(starts[0], moves) if len(starts) == 1 else None
    if ordered is None:
        return None
    places: dict[Decimal | None, int] = {link.balance: place for place, link in enumerate(ordered, 1)}
    places |= {starts[0]: 0, None: 0}
    if any(link.balance not in places for link in balances):
        return None
    behind: defaultdict[int, list[BalanceLink[R]]] = defaultdict(list)
    for link in balances:
        behind[places[link.balance]].append(link)
    return [*behind[0], *(each for place, link in enumerate(ordered, 1) for each in (link, *behind[place]))]


def _agrees(links: Sequence[BalanceLink[R]]) -> bool:
    """Whether each balance that is given follows from the one before it, and the days ascend."""
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
    """The links in an order in which their balances follow from each other, oldest first; None where there is none.

    The order of arrival, or its reverse, is kept where it fits.

    Args:
        opening: the balance before the first link.
        links: links that all have a balance; of one that has none no order is found.
    """
    for candidate in (list(links), list(reversed(links))):
        if follows_from(opening, candidate):
            return candidate
    found: list[BalanceLink[R]] = []
    balance = opening
    for _, group in groupby(sorted(links, key=_day), key=_day):
        day = trail(balance, list(group))
        if day is None:
            return None
        found += day
        balance += sum((link.amount for link in day), ZERO)
    return found


def follows_from(balance: Decimal, links: Sequence[BalanceLink[R]]) -> bool:
    """Whether each link begins at the balance of the one before it, the first at `balance`, and the days ascend."""
    for number, link in enumerate(links):
        balance += link.amount
        if balance != link.balance or (number and link.day < links[number - 1].day):
            return False
    return True


def trail(start: Decimal, links: list[BalanceLink[R]]) -> list[BalanceLink[R]] | None:
    """A trail from `start` through every link, found by Hierholzer's algorithm; None where there is none.

    Args:
        start: the balance before the first link.
        links: the links of one day; where one has no balance there is no trail.
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
    return path if len(path) == len(links) and follows_from(start, path) else None
