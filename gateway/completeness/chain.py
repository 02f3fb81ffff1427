"""Proving by running balances that a list of entries, newest first, has no gap.

Each entry begins with the balance with which its older neighbour ends. That alone misses entries that cancel each
other out, and entries lost at an end of the list. Therefore:

- pages overlap: a page repeats the last known entry, so that nothing can be lost between two of them;
- the chain reaches past both ends of the period, to an entry before it and, where there is one, after it;
- the entries at its ends must be those that the bank names when it is asked for them alone;
- where nothing comes after a period without entries, the account's balance must be that of its newest entry.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import groupby, pairwise

from msgspec import Struct

from gateway.completeness.counts import MOST_PAGES
from gateway.completeness.ordering import trail
from gateway.completeness.running_balance import BalanceLink
from gateway.errors import IncoherentPages
from gateway.model import ZERO

__all__ = ["SECOND", "Chain", "ChainLink", "newest_first"]

SECOND = timedelta(seconds=1)


class ChainLink(Struct, frozen=True):
    """One entry as a link: when it was booked, and the balances around it."""

    id: str
    at: datetime
    before: Decimal
    after: Decimal


def newest_first(links: Sequence[ChainLink]) -> list[int]:
    """The places of links in the order of time, newest first; those of one instant as their balances follow.

    Nobody documents how a bank lists what was booked in one second. Where no order of them lets the balances follow,
    they stay as they came, and the chain breaks there.
    """
    places = sorted(range(len(links)), key=lambda place: links[place].at, reverse=True)
    found: list[int] = []
    for _, group in groupby(places, key=lambda place: links[place].at):
        found += _following(list(group), links)
    return found


def _following(group: list[int], links: Sequence[ChainLink]) -> list[int]:
    """The places of links of one instant so that each begins with the balance with which the next one ends."""
    for candidate in (group, group[::-1]):
        if all(links[newer].before == links[older].after for newer, older in pairwise(candidate)):
            return candidate
    moves = [BalanceLink(links[n].at.date(), links[n].after - links[n].before, links[n].after, n) for n in group]
    ends = {links[place].after for place in group}
    # Where there is one, the oldest begins with a balance with which no other ends.
    for start in sorted({links[place].before for place in group}, key=lambda balance: balance in ends):
        if (way := trail(start, moves)) is not None:
            return [move.row for move in reversed(way) if move.row is not None]
    return group


class Chain:
    """The links of a period and of its surroundings, newest first; instants count in whole seconds.

    Args:
        bank: slug, for the failure.
        start: the first instant of the period.
        end: the first instant after it.
        earlier: what the bank, asked for it alone, calls its newest entry before the period.
    """

    def __init__(self, bank: str, start: datetime, end: datetime, earlier: ChainLink | None) -> None:
        self._bank = bank
        self._start, self._end, self._earlier = start, end, earlier
        self._pages = 0
        self._ids: set[str] = set()
        self._newest: ChainLink | None = None
        self._last: ChainLink | None = None
        """The newest link that is not after the period."""
        self._before: list[ChainLink] = []
        self.tail: list[ChainLink] = []
        """The oldest link, last, after those that are at most a second younger."""

    def join(self, links: Sequence[ChainLink], *, overlapping: bool) -> int:
        """Add a page and give how many of its links were known: those that an overlapping page repeats.

        Raises:
            IncoherentPages: the page does not continue the chain.
        """
        known = self._known([link.id for link in links]) if overlapping else 0
        self._pages += 1
        if self._pages > MOST_PAGES:
            raise IncoherentPages(self._bank, f"more than {MOST_PAGES} pages")
        for link in links[known:]:
            self._add(link)
        if self.tail:
            until = self.tail[-1].at + SECOND
            self.tail = [link for link in self.tail if link.at <= until]
        return known

    def holds(self, link: ChainLink) -> bool:
        """Whether a link lies in the period."""
        return self._start <= link.at < self._end

    @property
    def complete(self) -> bool:
        """Whether the chain has reached the entry before the period, or gone past the place where it should be."""
        wanted = self._earlier.id if self._earlier else None
        return any(link.id == wanted or link.at < self._start - SECOND for link in self._before)

    @property
    def opening(self) -> Decimal:
        """The balance before the period; an account begins at zero."""
        return self._before[0].after if self._before else ZERO

    @property
    def closing(self) -> Decimal:
        """The balance at the end of the period."""
        return self._last.after if self._last else ZERO

    def close(self, newest: ChainLink | None, *, moving: bool) -> bool:
        """Check both ends.

        Args:
            newest: what the bank, asked for it alone before the list, calls the newest entry up to the list's end.
            moving: whether entries may have arrived in the list since.

        Returns:
            whether only the account's present balance can still tell that the newest known entry is the newest.

        Raises:
            IncoherentPages: an end does not fit what the bank named.
        """
        ids = [link.id for link in self._before]
        if self._earlier is not None and self._earlier.id not in ids:
            raise IncoherentPages(self._bank, "the list does not reach the newest entry before the period")
        # A bank that leaves out the last second of what it is asked for cannot name an entry of that second.
        unnamed = self._before[: ids.index(self._earlier.id)] if self._earlier else self._before
        if any(link.at < self._start - SECOND and link.at != self._earlier_at for link in unnamed):
            raise IncoherentPages(self._bank, "the list has other entries before the period than the bank named")
        if self._earlier is None and self.tail and self.tail[-1].before != ZERO:
            raise IncoherentPages(self._bank, "earlier entries are missing: the oldest one does not begin at zero")
        if self._newest is not None and self._newest.at >= self._end:
            return False
        arrived = moving and self._newest is not None and (newest is None or newest.at < self._newest.at)
        if (self._newest and self._newest.id) != (newest and newest.id) and not arrived and not self._is_newest(newest):
            raise IncoherentPages(self._bank, "the list does not begin with the newest entry")
        return bool(unnamed) or self._earlier is None or self._last is None or not self.holds(self._last)

    def rest_on(self, balance: Decimal) -> None:
        """Check the newest link against the account's present balance.

        Raises:
            IncoherentPages: it is not the balance after that link.
        """
        if balance != self.closing:
            raise IncoherentPages(self._bank, "the account's balance is not that after its newest entry")

    def _is_newest(self, link: ChainLink | None) -> bool:
        """Whether a link is of the newest second, of which the bank may call any entry the newest."""
        if link is None or self._newest is None:
            return False
        return link.id in self._ids and link.at == self._newest.at

    @property
    def _earlier_at(self) -> datetime | None:
        return self._earlier.at if self._earlier else None

    def _known(self, ids: list[str]) -> int:
        tail = [link.id for link in self.tail]
        known = ids.index(tail[-1]) + 1 if tail[-1] in ids else 0
        if not known or ids[:known] != tail[-known:]:
            raise IncoherentPages(self._bank, "two pages that should overlap do not")
        return known

    def _add(self, link: ChainLink) -> None:
        if link.id in self._ids:
            raise IncoherentPages(self._bank, "an entry came twice")
        self._ids.add(link.id)
        if self.tail and self.tail[-1].before != link.after:
            raise IncoherentPages(self._bank, "the balances of two neighbours do not meet")
        if self.tail and self.tail[-1].at < link.at:
            raise IncoherentPages(self._bank, "the list is not in the order of time")
        self._newest = self._newest or link
        if link.at < self._end:
            self._last = self._last or link
        if link.at < self._start:
            self._before.append(link)
        self.tail.append(link)
