"""Records the outcomes of readings beside the answers: a database that fails or hangs holds no statement back.

A note is a task of its own. The answer waits for it a little, because a note may add a warning to it, and goes out
without it when that takes too long. The note then goes on until its own deadline, which one in parts has for each of
them. The number of notes is limited.

Of one account the entries of one large statement are kept at a time. Each statement that waits for that takes room on
the disk, so that one waits no longer once a later one has come that has all of its days: what the earlier one would
have stored, the later one stores too, or something newer.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

import structlog
from msgspec import Struct

from gateway.concurrency.shares import metered
from gateway.limits import NOTE_SECONDS, NOTE_WAIT_SECONDS, NOTES_AT_ONCE
from gateway.model import Period
from gateway.storage.accounts.records import AccountRecord
from gateway.storage.engine.database import DATABASE_ERRORS

__all__ = ["Entries", "Notes"]

T = TypeVar("T")

LAST = object()

log = structlog.get_logger("gateway.accounts")


class Entries(Struct, frozen=True, eq=False):
    """The entries of a large statement, which are kept in parts."""

    days: Period
    """The days of which they are all."""
    fetched_at: datetime
    parts: AsyncGenerator[None, None]
    """Keeps a part each time that it is asked for something."""

    def has_all_of(self, other: "Entries") -> bool:
        """Whether the other ones, where they are kept first, leave nothing that these do not replace."""
        first, last = other.days.first, other.days.last
        return first in self.days and last in self.days and other.fetched_at <= self.fetched_at


class Notes:
    """Writes notes.

    Args:
        wait_seconds: time that an answer waits for its note.
        deadline_seconds: time after which a note is given up.
        most: notes that are being written or wait for it.
    """

    def __init__(
        self,
        wait_seconds: float = NOTE_WAIT_SECONDS,
        deadline_seconds: float = NOTE_SECONDS,
        most: int = NOTES_AT_ONCE,
    ) -> None:
        self._wait_seconds = wait_seconds
        self._deadline_seconds = deadline_seconds
        self._most = most
        self._under_way: set[asyncio.Task[Any]] = set()
        self._waiting: dict[str, dict[Entries, asyncio.Future[None]]] = {}
        """By the id of each account of which some are being kept: those that wait, in order, each with its end."""
        self._closing = False

    async def write(self, record: AccountRecord, writing: Callable[[], Awaitable[T]]) -> T | None:
        """The result of `writing`; None when it failed, takes too long, or too many notes are being written already."""
        task = self._begun(record, partial(self._in_time, writing), failed="outcome_not_noted")
        if task is None:
            return None
        if await self._ended_soon(task):
            return task.result()
        log.warning("outcome_noted_late", bank=record.bank, account=record.id)
        return None

    async def write_parts(self, record: AccountRecord, entries: Entries) -> None:
        """Keep the entries of a statement whose outcome is noted, after those of the same account that came before.

        Each part has the deadline of a note. When the gateway closes, the present part is the last one.
        """
        waiting = self._waiting.get(record.id, {})
        _let_go(waiting, entries)
        if record.id in self._waiting:
            if self._is_full(record, "entries_not_kept"):
                return
        elif self._begun(record, partial(self._kept, record, waiting), failed="entries_not_kept") is None:
            return
        self._waiting[record.id] = waiting
        ended = waiting[entries] = asyncio.get_running_loop().create_future()
        if not await self._ended_soon(ended):
            log.info("entries_kept_after_answer", bank=record.bank, account=record.id)

    async def aclose(self) -> None:
        """Wait for the notes that are being written, of those in parts for the present part."""
        self._closing = True
        while self._under_way:
            await asyncio.wait(set(self._under_way))

    def _begun(
        self, record: AccountRecord, writing: Callable[[], Awaitable[T]], failed: str
    ) -> asyncio.Task[T | None] | None:
        """The task that writes; None where too many do. `failed` is the name of the log line of one that fails."""
        if self._is_full(record, failed):
            return None
        task = asyncio.create_task(metered(self._written(record, writing, failed)))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return task

    def _is_full(self, record: AccountRecord, failed: str) -> bool:
        """Whether as many are written, or wait for it, as there may be; the log then says that one more has failed."""
        if len(self._under_way) + sum(map(len, self._waiting.values())) < self._most:
            return False
        log.warning(failed, bank=record.bank, account=record.id, kind="TooMany")
        return True

    async def _ended_soon(self, ending: asyncio.Future[Any]) -> bool:
        """Whether a note has ended before the answer has waited for it too long."""
        done, _ = await asyncio.wait({ending}, timeout=self._wait_seconds)
        return bool(done)

    async def _kept(self, record: AccountRecord, waiting: dict[Entries, asyncio.Future[None]]) -> None:
        """Keep the entries that wait, and those that come meanwhile, one statement after the other."""
        try:
            while waiting and not self._closing:
                entries = next(iter(waiting))
                ended = waiting.pop(entries)
                await self._written(record, partial(self._kept_in_parts, entries.parts), "entries_not_kept")
                ended.set_result(None)
                # Its statement may have a file of its own, which is closed once nothing refers to it.
                del entries
        finally:
            del self._waiting[record.id]

    async def _kept_in_parts(self, parts: AsyncGenerator[None, None]) -> None:
        async with aclosing(parts):
            while not self._closing and await self._in_time(partial(anext, parts, LAST)) is not LAST:
                pass

    async def _written(self, record: AccountRecord, writing: Callable[[], Awaitable[T]], failed: str) -> T | None:
        try:
            return await writing()
        except DATABASE_ERRORS as error:
            log.warning(failed, bank=record.bank, account=record.id, kind=type(error).__name__)
        except Exception as error:
            log.exception(failed, bank=record.bank, account=record.id, exc_info=error)
        return None

    async def _in_time(self, writing: Callable[[], Awaitable[T]]) -> T:
        async with asyncio.timeout(self._deadline_seconds):
            return await writing()


def _let_go(waiting: dict[Entries, asyncio.Future[None]], later: Entries) -> None:
    """End the waiting of entries for which later ones stand in. Afterwards nothing here refers to their statement."""
    for earlier in [each for each in waiting if later.has_all_of(each)]:
        waiting.pop(earlier).set_result(None)
