"""The whole path on one screen: account -> flow -> drive -> normalise -> check."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Protocol, TypeAlias, TypeVar

import httpx

from gateway.assemble import assemble
from gateway.auth import Auth, signed
from gateway.bank_time import BankTime
from gateway.clock import Clock
from gateway.concurrency.pacing import resting
from gateway.concurrency.shares import SHARES
from gateway.concurrency.workers import LARGE
from gateway.connectors import Connector, find
from gateway.errors import BankFailure, CallerError, GatewayError, IncoherentPages
from gateway.flow import Flow, Page, Token, TokenNeeded, drive
from gateway.judgement import unexpected
from gateway.limits import (
    MANY_ENTRIES,
    STATEMENT_ATTEMPTS,
    STATEMENT_BYTES,
    STATEMENT_DEADLINE_SECONDS,
    STATEMENT_REQUESTS,
    TOKEN_RENEWAL_GRACE_SECONDS,
    TOKEN_RENEWAL_SECONDS,
)
from gateway.model import Account, HeldAccount, Movement, Period, Statement, Verdict
from gateway.reach import earliest
from gateway.reading_slots import ReadingSlots
from gateway.unreadable import readable

__all__ = ["Line", "StatementReader", "TokenKeeper"]

T = TypeVar("T")


Send: TypeAlias = Callable[[httpx.Request], Awaitable[httpx.Response]]


class Line(Protocol):
    """What carries a request to a bank, by its extension `deadline`, an instant of the event loop's clock."""

    async def send(
        self, request: httpx.Request, *, account: Account, certificate: tuple[str, str] | None
    ) -> httpx.Response:
        """The bank's answer, whatever its status.

        Raises:
            BankFailure: there was no usable answer.
            ForbiddenRequest: the contract does not list the request.
        """
        ...


class TokenKeeper(Protocol):
    """Who keeps the tokens: one renewal however many callers wait, no refresh token used twice or lost."""

    async def token(
        self,
        account: Account,
        auth: Auth,
        needed: TokenNeeded,
        run: Callable[[Flow[Token]], Awaitable[Token]],
    ) -> Token:
        """A token other than the refused one; `run` carries the conversation that obtains it.

        Raises:
            BankFailure: the bank refuses to give one.
        """
        ...


class StatementReader:
    """Reads statements: everything it needs is given, it keeps nothing between two readings.

    Args:
        line: carries requests.
        tokens: keeps tokens.
        clock: tells what day it is in Brasília.
        page_size: entries to ask for in one page; 0 for the largest each bank accepts.
        deadline: seconds after which a statement is given up.
    """

    def __init__(
        self,
        line: Line,
        tokens: TokenKeeper,
        clock: Clock,
        *,
        page_size: int = 0,
        deadline: float = STATEMENT_DEADLINE_SECONDS,
    ) -> None:
        self._line = line
        self._tokens = tokens
        self._clock = clock
        self._page_size = page_size
        self.deadline = deadline
        self._reading_slots = ReadingSlots()

    async def read(self, account: Account, period: Period) -> Statement:
        """The whole statement of a period, or a failure; never a part of one.

        Raises:
            CallerError: the bank cannot be asked for that period.
            BankFailure: the bank gave something other than a statement, or took too long (`deadline_exceeded`).
            GatewayError: `deadline_exceeded`, where the gateway did.
        """
        connector = find(account.bank, self._page_size)
        self._check_period(connector, period)
        async with self._in_time(connector, account, "statement") as (deadline, bank_time):
            return await self._read(connector, account, period, deadline, bank_time)

    async def identify(self, account: Account) -> HeldAccount:
        """What the bank says of the account that is read with its credentials.

        Raises:
            BankFailure: the bank gave something other than an answer, or took too long (`deadline_exceeded`).
            GatewayError: `deadline_exceeded`, where the gateway did.
        """
        connector = find(account.bank)
        async with self._in_time(connector, account, "answer") as (deadline, bank_time):
            return await self._driven(connector, account, connector.identifying(account), deadline, bank_time, _no_page)

    async def renew(self, account: Account, known: Token | None) -> Token:
        """A token other than the one that is known, as a reading that saw that one refused would get it.

        Raises:
            BankFailure: the bank refuses to give one, or gave something else.
        """
        connector = find(account.bank)
        run = partial(self._obtain, connector, account)
        return await self._tokens.token(account, connector.auth(account), TokenNeeded(known), run)

    @asynccontextmanager
    async def _in_time(
        self, connector: Connector[Page], account: Account, what: str
    ) -> AsyncIterator[tuple[float, BankTime]]:
        """A slot to read, and time for it until the deadline, which is given with the stopwatch of the bank."""
        deadline, bank_time = _now() + self.deadline, BankTime()
        try:
            async with (
                self._reading_slots.held(connector.contract, account, deadline),
                asyncio.timeout_at(deadline),
            ):
                yield deadline, bank_time
        except TimeoutError as error:
            code, detail = "deadline_exceeded", f"no {what} within {self.deadline:g} seconds"
            if bank_time.mostly(self.deadline):
                detail = f"{connector.contract.name} gave {detail}"
                raise BankFailure(code, bank=account.bank, at=bank_time.step, detail=detail, timed_out=True) from error
            raise GatewayError(code, detail) from error

    async def _read(
        self, connector: Connector[Page], account: Account, period: Period, deadline: float, bank_time: BankTime
    ) -> Statement:
        for reading in range(1, STATEMENT_ATTEMPTS + 1):
            try:
                statement = await self._read_once(connector, account, period, deadline, bank_time)
            except IncoherentPages:
                if reading == STATEMENT_ATTEMPTS:
                    raise
                continue
            doubtful = statement.proof.verdict is Verdict.DISPROVED or statement.contradicted
            if not doubtful or reading == STATEMENT_ATTEMPTS:
                return statement
        raise AssertionError("unreachable")  # pragma: no cover

    async def _read_once(
        self, connector: Connector[Page], account: Account, period: Period, deadline: float, bank_time: BankTime
    ) -> Statement:
        # What is settled is judged by the moment at which the reading begins, not by that at which it ends.
        now = self._clock.now()
        movements: list[Movement] = []
        flow = connector.reading(account, period, now.date())

        def hand_over(page: Page) -> None:
            movements.extend(resting(connector.movements(page)))

        balances = await self._driven(connector, account, flow, deadline, bank_time, hand_over)
        if connector.newest_first:
            movements.reverse()
        many = len(movements) > MANY_ENTRIES
        return await LARGE.run_if(many, assemble, connector.contract, account, period, movements, balances, now)

    async def _driven(
        self,
        connector: Connector[Page],
        account: Account,
        flow: Flow[T],
        deadline: float,
        bank_time: BankTime,
        hand_over: Callable[[Page], None],
    ) -> T:
        """The result of a conversation, with tokens and over the line."""
        auth = connector.auth(account)

        async def token(needed: TokenNeeded) -> Token:
            with bank_time.at_bank("token"):
                return await self._tokens.token(account, auth, needed, partial(self._obtain, connector, account))

        send = _counted(connector, self._sending(connector, account, deadline, bank_time))
        return await drive(signed(flow, auth), send, token, hand_over)

    async def _obtain(self, connector: Connector[Page], account: Account, flow: Flow[Token]) -> Token:
        """The token that a conversation brings. It serves many callers, so that no caller's deadline ends it."""
        deadline = _now() + TOKEN_RENEWAL_SECONDS
        try:
            async with asyncio.timeout_at(deadline + TOKEN_RENEWAL_GRACE_SECONDS):
                read = readable(connector.contract, "token", flow)
                return await drive(read, self._sending(connector, account, deadline, BankTime()), _no_token, _no_page)
        except TimeoutError as error:
            detail = f"{connector.contract.name} gave no token in time"
            raise BankFailure(
                "bank_unavailable", bank=account.bank, at="token", detail=detail, timed_out=True
            ) from error

    def _sending(self, connector: Connector[Page], account: Account, deadline: float, bank_time: BankTime) -> Send:
        """Sends requests for an account, each with this deadline, and notes how long their answers are waited for."""
        certificate = connector.client_certificate(account)

        async def send(request: httpx.Request) -> httpx.Response:
            await SHARES.turn()
            request.extensions["deadline"] = deadline
            step = connector.contract.operations[request.extensions["operation"]].kind.value
            with bank_time.at_bank(step, request):
                return await self._line.send(request, account=account, certificate=certificate)

        return send

    def _check_period(self, connector: Connector[Page], period: Period) -> None:
        today = self._clock.now().date()
        name = connector.contract.name
        if period.last > today:
            raise CallerError(
                "period_out_of_range",
                f"`to` is {period.last}, after today, {today}",
                field="to",
                bank=connector.contract.slug,
            )
        oldest = earliest(connector.contract, connector.window_days, period.last, today)
        if period.first < oldest:
            detail = f"`from` is {period.first}; for `to` {period.last} {name} can be asked from {oldest} on"
            raise CallerError("period_out_of_range", detail, field="from", bank=connector.contract.slug)


def _counted(connector: Connector[Page], send: Send) -> Send:
    """The same sending, up to the most requests and bytes that a statement can need."""
    requests = received = 0

    async def counted(request: httpx.Request) -> httpx.Response:
        nonlocal requests, received
        requests += 1
        if requests > STATEMENT_REQUESTS:
            raise unexpected(
                connector.contract, "statement", f"there is no end of it after {STATEMENT_REQUESTS} requests"
            )
        response = await send(request)
        received += len(response.content)
        if received > STATEMENT_BYTES:
            raise unexpected(connector.contract, "statement", f"there is no end of it after {STATEMENT_BYTES} bytes")
        return response

    return counted


def _now() -> float:
    return asyncio.get_running_loop().time()


async def _no_token(needed: TokenNeeded) -> Token:
    raise TypeError("a token request cannot itself need a token")


def _no_page(page: Page) -> None:
    raise TypeError("a token request hands over no page")
