"""Measures how long a reading has waited for its bank: this decides who is named as the cause of a missed deadline.

A reading may be late because its bank takes too long, or because the gateway does (`docs/waits.md`). Only the first is
a failure of the bank.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx

__all__ = ["HELD", "BankTime", "held_back"]

HELD = "held"
"""The extension of a request with the seconds for which the gateway has held it back itself."""


@contextmanager
def held_back(request: httpx.Request, monotonic: Callable[[], float]) -> Iterator[None]:
    """Count the time of the block as one for which the gateway holds the request back.

    Args:
        monotonic: gives the present instant in seconds.
    """
    began = monotonic()
    try:
        yield
    finally:
        request.extensions[HELD] = request.extensions.get(HELD, 0.0) + monotonic() - began


class BankTime:
    """A stopwatch: how long one reading has waited for its bank."""

    def __init__(self) -> None:
        self.step = "statement"
        """Kind of the last operation: `token`, `statement`, `balance`, ..."""
        self._seconds = 0.0

    @contextmanager
    def at_bank(self, step: str, request: httpx.Request | None = None) -> Iterator[None]:
        """Count the time of the block as the bank's, without the time for which the gateway holds the request back."""
        self.step, began, before = step, _now(), _held(request)
        try:
            yield
        finally:
            self._seconds += max(0.0, _now() - began - _held(request) + before)

    def mostly(self, seconds: float) -> bool:
        """Whether the bank took more than half of so many seconds."""
        return self._seconds > seconds / 2


def _held(request: httpx.Request | None) -> float:
    seconds: float = request.extensions.get(HELD, 0.0) if request is not None else 0.0
    return seconds


def _now() -> float:
    return asyncio.get_running_loop().time()
