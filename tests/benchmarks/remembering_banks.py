"""Simulated banks that work an answer out once, and take a chosen time for each: `python -m ... SECONDS ARGUMENTS`.

A simulated bank checks and writes every answer anew, which takes longer than the gateway takes. Here an answer is
remembered by all that it depends on, so that the bank is never what is measured. The simulators' own arguments follow
the number of seconds.
"""

import asyncio
import sys
from collections.abc import Callable
from typing import Any

import httpx

from simulators.bank import Bank
from simulators.cli import main
from simulators.faults.delivery import ON_END
from simulators.serving import server

Remembered = tuple[int, list[tuple[bytes, bytes]], bytes]


def remembering(answer: Callable[[Bank, httpx.Request], httpx.Response]) -> Callable[..., httpx.Response]:
    """The same function, with successful answers to reads remembered."""
    kept: dict[Any, Remembered] = {}

    def remembered(bank: Bank, request: httpx.Request) -> httpx.Response:
        key = (
            bank.contract.slug,
            request.method,
            str(request.url),
            request.headers.get("authorization"),
            request.content,
        )
        if key not in kept:
            response = answer(bank, request)
            if request.method != "GET" or response.status_code != 200:
                return response
            kept[key] = response.status_code, response.headers.raw, response.content
        status, headers, content = kept[key]
        nothing_follows = {ON_END: lambda: None}
        return httpx.Response(status, headers=headers, content=content, request=request, extensions=nothing_follows)

    return remembered


def slow(application: Any, seconds: float) -> Any:
    """An application that waits before each answer of a bank."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if seconds and scope["type"] == "http" and not scope["path"].startswith("/_sim"):
            await asyncio.sleep(seconds)
        await application(scope, receive, send)

    return app


if __name__ == "__main__":
    seconds = float(sys.argv.pop(1))
    plain = server.application
    Bank.answer = remembering(Bank.answer)  # type: ignore[method-assign]
    server.application = lambda simulation: slow(plain(simulation), seconds)
    main()
