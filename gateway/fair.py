"""Few at work at once, and whoever waits is served in turn: a crowd of one group does not hold up the others.

Groups may have groups in them: tenants take turns, and within the turns of a tenant the banks he asks.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeAlias

__all__ = ["Fair"]

_Path: TypeAlias = tuple[str, ...]


class _Ring:
    """The groups of one group, the one that has waited longest for a turn first; and who waits in no group of it."""

    def __init__(self) -> None:
        self.groups: OrderedDict[str, _Ring] = OrderedDict()
        self.waiting: deque[asyncio.Future[None]] = deque()

    @property
    def empty(self) -> bool:
        return not (self.groups or self.waiting)

    def add(self, path: _Path, called: asyncio.Future[None]) -> None:
        """Somebody of a group begins to wait."""
        ring = self
        for group in path:
            ring = ring.groups.setdefault(group, _Ring())
        ring.waiting.append(called)

    def remove(self, path: _Path, called: asyncio.Future[None]) -> None:
        """Somebody waits no longer, if he is still among those who wait."""
        if path:
            if (inner := self.groups.get(path[0])) is not None:
                inner.remove(path[1:], called)
                if inner.empty:
                    del self.groups[path[0]]
        elif called in self.waiting:
            self.waiting.remove(called)

    def next(self, resting: set[_Path], at: _Path = ()) -> tuple[_Path, asyncio.Future[None], bool] | None:
        """Whose turn it is, where, and whether others wait there; None when all groups that wait are resting."""
        if self.waiting and at not in resting:
            called = self.waiting.popleft()
            return at, called, bool(self.waiting)
        for group, inner in self.groups.items():
            if (found := inner.next(resting, (*at, group))) is not None:
                self.groups.move_to_end(group)
                if inner.empty:
                    del self.groups[group]
                return found
        return None


class Fair:
    """Places to work, given to the groups in turn and within a group in order of arrival.

    Args:
        most: places.
        pace: seconds between two of an innermost group as long as others of it wait, so that the processor has time for
            what else there is to do; places that are free meanwhile are for other groups.
    """

    def __init__(self, most: int, pace: float = 0.0) -> None:
        self._free = most
        self._pace = pace
        self._ring = _Ring()
        self._resting: set[_Path] = set()
        """Groups of which one has just been given a place."""

    @asynccontextmanager
    async def place(self, *groups: str) -> AsyncIterator[None]:
        """A place for somebody of a group, for as long as the context lasts.

        Args:
            groups: the group, and those within it, outermost first; always the same number of them.
        """
        await self._enter(groups)
        try:
            yield
        finally:
            self._free += 1
            self._give()

    async def _enter(self, path: _Path) -> None:
        called: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._ring.add(path, called)
        self._give()
        try:
            await called
        except asyncio.CancelledError:
            if called.done() and not called.cancelled():
                self._free += 1  # called in the moment of being cancelled: the place goes on to the next
                self._give()
            else:
                self._ring.remove(path, called)
            raise

    def _give(self) -> None:
        """Give free places to the first of the groups that have waited longest for one."""
        while self._free and (found := self._ring.next(self._resting)) is not None:
            path, called, others = found
            if called.done():
                continue
            self._free -= 1
            called.set_result(None)
            if others and self._pace:
                self._resting.add(path)
                asyncio.get_running_loop().call_later(self._pace, self._rested, path)

    def _rested(self, path: _Path) -> None:
        self._resting.discard(path)
        self._give()
