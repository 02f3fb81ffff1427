"""Records the outcomes of readings beside the answers: a database that fails or hangs holds no statement back.

A note is a task of its own. The answer waits for it a little, because a note may add a warning to it, and goes out
without it when that takes too long. The note then goes on until its own deadline, which one in parts has for each of
them. The number of notes is limited.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from functools import partial
from typing import Any, TypeVar

import structlog

from gateway.concurrency.shares import metered
from gateway.limits import NOTE_SECONDS, NOTE_WAIT_SECONDS, NOTES_AT_ONCE
from gateway.storage.accounts.records import AccountRecord
from gateway.storage.engine.database import DATABASE_ERRORS

__all__ = ["Notes"]

T = TypeVar("T")

LAST = object()

log = structlog.get_logger("gateway.accounts")


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

    async def write_parts(self, record: AccountRecord, parts: AsyncGenerator[None, None]) -> None:
        """Let a generator keep the entries of a statement whose outcome is noted, each part until it gives something.

        Each part has the deadline of a note. When the gateway closes, the present part is the last one.
        """

        async def writing() -> None:
            async with aclosing(parts):
                while not self._closing and await self._in_time(partial(anext, parts, LAST)) is not LAST:
                    pass

        task = self._begun(record, writing, failed="entries_not_kept")
        if task is not None and not await self._ended_soon(task):
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
        if len(self._under_way) >= self._most:
            log.warning(failed, bank=record.bank, account=record.id, kind="TooMany")
            return None
        task = asyncio.create_task(metered(self._written(record, writing, failed)))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return task

    async def _ended_soon(self, task: asyncio.Task[Any]) -> bool:
        """Whether a note has ended before the answer has waited for it too long."""
        done, _ = await asyncio.wait({task}, timeout=self._wait_seconds)
        return bool(done)

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
