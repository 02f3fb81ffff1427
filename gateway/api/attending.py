"""Cancels work for a caller that has hung up.

The server does not stop a handler whose caller has gone; it only sends a message to a handler that receives. So work
that asks banks runs beside a task that receives, and is cancelled when the caller hangs up: no one would read the
answer, and others need the bank, its slots and its quotas. Work that is shared with callers that still wait goes on for
them, and so does the renewal of a token (`gateway.accounts.access.tokens`), which may have spent a token that is valid
once.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from litestar import Request, Response
from litestar.types import Receive

from gateway.concurrency.shares import metered

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
    working = asyncio.create_task(metered(work))
    hanging_up = asyncio.create_task(_hung_up(request.receive))
    try:
        await asyncio.wait({working, hanging_up}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise CallerGone
        return working.result()
    finally:
        hanging_up.cancel()
        working.cancel()
        await asyncio.wait({working, hanging_up})
        for ended in (working, hanging_up):
            if not ended.cancelled():
                ended.exception()  # retrieved, so that asyncio does not log an exception that is never retrieved


async def _hung_up(receive: Receive) -> None:
    """Return when the caller has gone. Other messages are ignored."""
    while (await receive())["type"] != "http.disconnect":
        pass


def caller_gone(request: Request[Any, Any, Any], error: CallerGone) -> Response[None]:
    """The response for a request whose caller has gone: a status for log and metrics."""
    return Response(None, status_code=CLIENT_GONE)
