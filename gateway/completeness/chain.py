"""Checks by the balances before and after each entry that a list, newest first, has no gap.

Each entry begins with the balance with which its older neighbour ends. That alone misses entries that cancel each
other out, and entries lost at an end of the list. Therefore:

- pages overlap: each repeats the last known entry, so that none can be lost between two pages;
- the chain reaches past both ends of the period, to an entry before it and, where there is one, to an entry after it;
- the entries at its ends must be those that the bank gives when it is asked for them alone;
- where no entry follows a period without entries, the account's present balance must be that of its newest entry.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import groupby, pairwise

from msgspec import Struct

from gateway.completeness.counts import MOST_PAGES
from gateway.completeness.digests import DigestSet
from gateway.completeness.ordering import trail
from gateway.completeness.running_balance import BalanceLink
from gateway.errors import IncoherentPages
from gateway.model import ZERO

__all__ = ["SECOND", "Chain", "ChainLink", "newest_first"]

SECOND = timedelta(seconds=1)


class ChainLink(Struct, frozen=True):
    """One entry as a link of the chain: when it was booked, and the balances before and after it.

    Two entries may have one id, where it is that of what has caused both; all fields together tell them apart.
    """

    id: str
    at: datetime
    before: Decimal
    after: Decimal


def newest_first(links: Sequence[ChainLink]) -> list[int]:
    """The indexes of the links from the newest to the oldest; those of one instant as their balances follow.

    The order in which a bank lists entries of one second is not documented. Where their balances follow in no order,
    they stay as they came, and `Chain.add_page` refuses them.
    """
    places = sorted(range(len(links)), key=lambda place: links[place].at, reverse=True)
    found: list[int] = []
    for _, group in groupby(places, key=lambda place: links[place].at):
        together = list(group)
        found += _following(together, links) if len(together) > 1 else together
    return found


def _following(group: list[int], links: Sequence[ChainLink]) -> list[int]:
    """The indexes of links of one instant, ordered so that each begins with the balance at which the next ends."""
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
    """The links of a period and of its surroundings, newest first; instants are whole seconds.

    Proves that no entry of the period is missing or comes twice. `add_page` checks each link against its neighbour,
    `check_ends` the two ends, and `check_present_balance` the newest end where its answer asks for it.

    Args:
        bank: slug, for the failure.
        start: the first instant of the period.
        end: the first instant after it.
        earlier: the entry that the bank gives when asked for its newest one before the period alone; None for none.
    """

    def __init__(self, bank: str, start: datetime, end: datetime, earlier: ChainLink | None) -> None:
        self._bank = bank
        self._start, self._end, self._earlier = start, end, earlier
        self._pages = 0
        self._seen = DigestSet()
        """The hashes of all links."""
        self._newest: ChainLink | None = None
        self._last: ChainLink | None = None
        """The newest link that is not after the period."""
        self._before: list[ChainLink] = []
        self.tail: list[ChainLink] = []
        """The oldest link, preceded by those that are at most a second younger; newest first."""

    def add_page(self, links: Sequence[ChainLink], *, overlapping: bool) -> int:
        """Add a page, newest first; give how many of its first links repeat links of the page before.

        Args:
            links: the links of the page.
            overlapping: whether the page must repeat the oldest known link.

        Raises:
            IncoherentPages: the page does not continue the chain, or there are too many pages.
        """
        known = self._known(links) if overlapping else 0
        self._pages += 1
        if self._pages > MOST_PAGES:
            raise IncoherentPages(self._bank, f"more than {MOST_PAGES} pages")
        for link in links[known:]:
            self._add(link)
        if self.tail:
            until = self.tail[-1].at + SECOND
            self.tail = [link for link in self.tail if link.at <= until]
        return known

    def is_in_period(self, link: ChainLink) -> bool:
        """Whether a link was booked in the period."""
        return self._start <= link.at < self._end

    @property
    def reaches_before_period(self) -> bool:
        """Whether the chain has reached `earlier`, or has passed the place where it should be."""
        return any(link == self._earlier or link.at < self._start - SECOND for link in self._before)

    @property
    def opening(self) -> Decimal:
        """The balance before the period; zero where the account has no earlier entry."""
        return self._before[0].after if self._before else ZERO

    @property
    def closing(self) -> Decimal:
        """The balance at the end of the period; zero where the account has no entry until then."""
        return self._last.after if self._last else ZERO

    def check_ends(self, newest: ChainLink | None, *, may_have_grown: bool) -> bool:
        """Check both ends of the chain against the entries that the bank gave alone.

        Args:
            newest: the entry that the bank gave, before the list was read, as the newest one up to the list's end.
            may_have_grown: whether entries may have been booked between that answer and the list.

        Returns:
            Whether the newest end still has to be checked by `check_present_balance`.

        Raises:
            IncoherentPages: an end is not the entry that the bank gave.
        """
        if self._earlier is not None and self._earlier not in self._before:
            raise IncoherentPages(self._bank, "the list does not reach the newest entry before the period")
        # A bank that leaves out the last second of the time it is asked for cannot give an entry of that second.
        unnamed = self._before[: self._before.index(self._earlier)] if self._earlier else self._before
        named_at = self._earlier.at if self._earlier else None
        if any(link.at < self._start - SECOND and link.at != named_at for link in unnamed):
            raise IncoherentPages(self._bank, "the list has other entries before the period than the bank named")
        if self._earlier is None and self.tail and self.tail[-1].before != ZERO:
            raise IncoherentPages(self._bank, "earlier entries are missing: the oldest one does not begin at zero")
        if self._newest is not None and self._newest.at >= self._end:
            return False
        arrived = may_have_grown and self._newest is not None and (newest is None or newest.at < self._newest.at)
        if self._newest != newest and not arrived and not self._is_newest(newest):
            raise IncoherentPages(self._bank, "the list does not begin with the newest entry")
        return bool(unnamed) or self._earlier is None or self._last is None or not self.is_in_period(self._last)

    def check_present_balance(self, balance: Decimal) -> None:
        """Check that the account's present balance is the one after the newest link.

        Raises:
            IncoherentPages: it is another one.
        """
        if balance != self.closing:
            raise IncoherentPages(self._bank, "the account's balance is not that after its newest entry")

    def _is_newest(self, link: ChainLink | None) -> bool:
        """Whether a link is of the newest second; the bank may give any entry of that second as the newest."""
        if link is None or self._newest is None:
            return False
        return hash(link) in self._seen and link.at == self._newest.at

    def _known(self, links: Sequence[ChainLink]) -> int:
        last = self.tail[-1]
        known = links.index(last) + 1 if last in links else 0
        if not known or list(links[:known]) != self.tail[-known:]:
            raise IncoherentPages(self._bank, "two pages that should overlap do not")
        return known

    def _add(self, link: ChainLink) -> None:
        if (seen := hash(link)) in self._seen:
            raise IncoherentPages(self._bank, "an entry came twice")
        self._seen.update([seen])
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
