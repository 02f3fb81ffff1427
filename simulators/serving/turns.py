"""Who answers a request: the thread that serves all banks, or, where a ledger is large, another one meanwhile."""

import asyncio

import httpx

from simulators.bank import Bank

__all__ = ["Turns"]


class Turns:
    """The banks of one world. At each of them, one request is answered after the other."""

    def __init__(self) -> None:
        self._locks: dict[str, asyncio.Lock] = {}

    async def answer(self, bank: Bank, request: httpx.Request) -> httpx.Response:
        """The bank's answer.

        A bank with a large ledger is asked in a thread of its own, so that all other banks go on answering; its own
        further requests wait for their turn.

        Raises:
            HandshakeRefused: as `Bank.answer`.
            httpx.TransportError: as `Bank.answer`.
        """
        slug = bank.contract.slug
        if not bank.has_large_ledger() and slug not in self._locks:
            return bank.answer(request)
        lock = self._locks.setdefault(slug, asyncio.Lock())  # it stays: after a reset, a request may still be answered
        async with lock:
            return await asyncio.to_thread(bank.answer, request)
