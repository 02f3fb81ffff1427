"""Cancels work for a caller that has hung up.

The server does not stop a handler whose caller has gone; it only sends a message to a handler that receives. So a task
that receives runs beside work that asks banks, and cancels it when the caller hangs up: no one would read the answer,
and others need the bank, its slots and its quotas. Work that is shared with callers that still wait goes on for them,
and so does the renewal of a token (`gateway.accounts.access.tokens`), which may have spent a token that is valid once.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from litestar import Request, Response
from litestar.types import Receive

__all__ = ["CLIENT_GONE", "CallerGone", "attended", "caller_gone"]

T = TypeVar("T")

CLIENT_GONE = 499
"""Status in log and metrics of a request whose caller went away before the answer."""


class CallerGone(Exception):
    """The caller has hung up. An answer would not reach it."""


async def attended(request: Request[Any, Any, Any], work: Coroutine[Any, Any, T]) -> T:
    """The result of the work, as long as the caller waits for it. The body of the request must have been read.

    Raises:
        CallerGone: the caller has hung up; the work was cancelled and has ended.
        Exception: as the work does.
    """
    attending = _Attending(asyncio.current_task())
    watching = asyncio.create_task(attending.watch(request.receive))
    watching.add_done_callback(_retrieve)
    try:
        return await work
    except BaseException:
        # Whatever the cancelled work has raised.
        if attending.has_cancelled():
            raise CallerGone from None
        raise
    finally:
        watching.cancel()


class _Attending:
    """Cancels a task once its caller has gone.

    Args:
        task: the present one, in which the work is done.
    """

    def __init__(self, task: asyncio.Task[Any] | None) -> None:
        if task is None:
            raise RuntimeError("only a task can be cancelled")
        self._task = task
        self._cancelled_before = task.cancelling()
        self._gone = False

    async def watch(self, receive: Receive) -> None:
        """Wait until the caller has gone, and cancel the task then. Other messages are ignored."""
        while (await receive())["type"] != "http.disconnect":
            pass
        self._gone = True
        self._task.cancel()

    def has_cancelled(self) -> bool:
        """Whether the task was cancelled here, and for nothing else; the cancellation is then over."""
        return self._gone and self._task.uncancel() <= self._cancelled_before


def _retrieve(ended: asyncio.Task[None]) -> None:
    if not ended.cancelled():
        ended.exception()  # retrieved, so that asyncio does not log an exception that is never retrieved


def caller_gone(request: Request[Any, Any, Any], error: CallerGone) -> Response[None]:
    """The response for a request whose caller has gone: a status for log and metrics."""
    return Response(None, status_code=CLIENT_GONE)
