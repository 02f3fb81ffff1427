"""The gateway's reader and its whole line, as they run, in front of one simulated bank and in virtual time.

Guard, bulkhead, retry, breaker, quota and the reading of bodies are the real ones. Only the innermost transport is the
bank itself, and time is virtual: a call takes a moment of it, a wait as long as it would.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import httpx

from gateway.auth import Auth
from gateway.clock import Clock
from gateway.flow import Flow, Token, TokenNeeded
from gateway.line import build_line
from gateway.model import Account, Period, Statement
from gateway.statement import StatementReader
from simulators.bank import Bank
from simulators.certify.harnesses.account import Harness
from simulators.clock import FrozenClock
from simulators.inprocess import InProcess

__all__ = ["LineHarness", "OneToken", "VirtualTime"]

CALL_SECONDS = 0.05
"""What each call takes of the virtual time."""
LARGEST_BODY_BYTES = 2 * 1024 * 1024
"""Unpacked; less than the gateway reads elsewhere, so that a body which is too large is so early."""


class VirtualTime:
    """Seconds that pass only in `sleep` and `pass_by`, and move the world's clock with them.

    Args:
        clock: the world's clock.
    """

    def __init__(self, clock: FrozenClock) -> None:
        self._clock = clock
        self._passed = 0.0

    def monotonic(self) -> float:
        """The seconds that have passed."""
        return self._passed

    async def sleep(self, seconds: float) -> None:
        """Let time pass, and other tasks run."""
        self.pass_by(seconds)
        await asyncio.sleep(0)

    def pass_by(self, seconds: float) -> None:
        """Let time pass."""
        self._passed += seconds
        self._clock.advance(timedelta(seconds=seconds))


class _Pool:
    """Connections to the one bank."""

    def __init__(self, bank: Bank, time: VirtualTime) -> None:
        self._bank = bank
        self._time = time

    def addressed(self, request: httpx.Request) -> httpx.Request:
        """The request as it is."""
        return request

    @asynccontextmanager
    async def transport(
        self, host: str, certificate: tuple[str, str] | None, *, new: bool = False
    ) -> AsyncIterator[httpx.AsyncBaseTransport]:
        """The bank, shown that certificate."""
        self._time.pass_by(CALL_SECONDS)
        yield InProcess(lambda: [self._bank], certificate[0] if certificate else None)


class OneToken:
    """Keeps the token of one account.

    Args:
        clock: tells when it is to be renewed.
        store: keeps the successor of a refresh token that was spent, before anything else is done.
    """

    def __init__(self, clock: Clock, store: Callable[[str], object] = lambda _: None) -> None:
        self._clock = clock
        self._store = store
        self._held: Token | None = None

    async def token(
        self, account: Account, auth: Auth, needed: TokenNeeded, run: Callable[[Flow[Token]], Awaitable[Token]]
    ) -> Token:
        """The token that is held, or a new one in the place of one that is refused or old."""
        held, now = self._held, self._clock.now()
        if held is None or held is needed.refused or now >= held.renew_at:
            held = self._held = await run(auth.obtain(held, now))
            if auth.rotates and held.refresh:
                self._store(held.refresh)
        return held


class LineHarness(Harness):
    """One account at one simulated bank, and the gateway in front of it.

    Args:
        slug: the bank.
        now: the present.
        page_size: entries asked for in one page; 0 for the connector's own choice.
        more: further arguments of `Harness`.
    """

    def __init__(self, slug: str, now: datetime, *, page_size: int = 0, **more: Any) -> None:
        super().__init__(slug, now, **more)
        self.time = VirtualTime(self.clock)
        pool = _Pool(self.bank, self.time)
        line = build_line(
            pool,
            self.clock,
            monotonic=self.time.monotonic,
            sleep=self.time.sleep,
            random=lambda: 0.5,
            largest_body=LARGEST_BODY_BYTES,
        )
        self._reader = StatementReader(line, OneToken(self.clock), self.clock, page_size=page_size)

    async def read(self, period: Period) -> Statement:
        """The statement of a period.

        Raises:
            GatewayError: as the gateway.
        """
        return await self._reader.read(self.account, period)

    def called(self, kind: str) -> int:
        """How many calls of a kind of operation the bank has seen."""
        operations = self.bank.contract.operations
        return sum(
            record.operation is not None and operations[record.operation].kind == kind
            for record in self.world.journal.records
        )
