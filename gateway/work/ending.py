"""Steps that are completed although their caller goes away, and tasks that are cancelled until they have ended."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from gateway.limits import CANCEL_AGAIN_SECONDS

__all__ = ["ended", "meanwhile", "to_the_end"]

T = TypeVar("T")


async def ended(*tasks: asyncio.Task[Any]) -> None:
    """Cancel tasks until they have ended. SQLAlchemy swallows a cancellation that meets it closing a connection."""
    while left := {task for task in tasks if not task.done()}:
        for task in left:
            task.cancel()
        await asyncio.wait(left, timeout=CANCEL_AGAIN_SECONDS)


@asynccontextmanager
async def meanwhile(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Do some work beside the block; leaving it cancels the work until it has ended."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        await ended(task)


async def to_the_end(work: Coroutine[Any, Any, T]) -> T:
    """The result of the work. A cancellation waits until the work has ended, and then takes effect.

    Raises:
        Exception: as the work does.
    """
    working = asyncio.create_task(work)
    cancelled: asyncio.CancelledError | None = None
    while not working.done():
        try:
            await asyncio.wait({working})
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        if not working.cancelled():
            working.exception()  # retrieved, so that asyncio does not log an exception that is never retrieved
        raise cancelled
    return working.result()
