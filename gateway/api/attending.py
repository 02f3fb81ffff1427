"""Noticing that a caller has hung up.

The server does not stop a handler whose caller has gone; it only has news of it for whoever listens. So what asks banks
for a caller is done while somebody listens, and is cancelled when he hangs up: nobody would read the answer, and the
bank, its places and its quotas are needed by others. What is shared with callers who still wait goes on for them, and
so does the renewal of a token (`gateway.accounts.tokens`), which may have spent one that is good for one use.
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
    """The caller has hung up. The answer to it reaches nobody."""


async def attended(request: Request[Any, Any, Any], work: Coroutine[Any, Any, T]) -> T:
    """What the work comes to, as long as the caller waits for it; the body of the request has been read before.

    Raises:
        CallerGone: the caller has hung up; the work was cancelled and has ended.
        Exception: what the work raised.
    """
    working = asyncio.create_task(metered(work))
    listening = asyncio.create_task(_hung_up(request.receive))
    try:
        await asyncio.wait({working, listening}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise CallerGone
        return working.result()
    finally:
        listening.cancel()
        working.cancel()
        await asyncio.wait({working, listening})
        for ended in (working, listening):
            if not ended.cancelled():
                ended.exception()  # looked at, so that nobody complains of what nobody waits for


async def _hung_up(receive: Receive) -> None:
    """Return when the caller has gone. Whatever else he sends is passed over."""
    while (await receive())["type"] != "http.disconnect":
        pass


def caller_gone(request: Request[Any, Any, Any], error: CallerGone) -> Response[None]:
    """What becomes of a request whose caller has gone: a status for log and metrics."""
    return Response(None, status_code=CLIENT_GONE)
