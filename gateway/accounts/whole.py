"""Steps that belong together, done to the end for a caller who goes away meanwhile; and tasks that really end."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from gateway.limits import CANCEL_AGAIN_SECONDS

__all__ = ["ended", "to_the_end"]

T = TypeVar("T")


async def ended(task: asyncio.Task[Any]) -> None:
    """Cancel a task until it has ended. SQLAlchemy swallows a cancellation that meets it closing a connection."""
    while not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=CANCEL_AGAIN_SECONDS)


async def to_the_end(work: Coroutine[Any, Any, T]) -> T:
    """What the work comes to. A cancellation waits until the work has ended, and then takes effect.

    Raises:
        Exception: what the work raised.
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
            working.exception()  # looked at, so that nobody complains of what nobody waits for
        raise cancelled
    return working.result()
