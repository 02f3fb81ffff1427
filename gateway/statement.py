"""The whole path on one screen: account -> flow -> drive -> normalise -> check."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Protocol

import httpx

from gateway.auth import Auth, signed
from gateway.check import assemble
from gateway.clock import Clock
from gateway.connectors import Connector, find
from gateway.errors import CallerError, GatewayError, IncoherentPages
from gateway.flow import Flow, Page, Token, TokenNeeded, drive
from gateway.model import Account, Movement, Period, Statement, Verdict

__all__ = ["Line", "StatementReader", "TokenKeeper"]

READINGS = 2
"""A list that moved while it was read is read once more."""


class Line(Protocol):
    """What carries a request to a bank."""

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
        self, line: Line, tokens: TokenKeeper, clock: Clock, *, page_size: int = 0, deadline: float = 120.0
    ) -> None:
        self._line = line
        self._tokens = tokens
        self._clock = clock
        self._page_size = page_size
        self._deadline = deadline

    async def read(self, account: Account, period: Period) -> Statement:
        """The whole statement of a period, or a failure; never a part of one.

        Raises:
            CallerError: the bank cannot be asked for that period.
            BankFailure: the bank gave something other than a statement.
            GatewayError: `deadline_exceeded`.
        """
        connector = find(account.bank, self._page_size)
        self._check_period(connector, period)
        try:
            async with asyncio.timeout(self._deadline):
                return await self._read(connector, account, period)
        except TimeoutError as error:
            raise GatewayError("deadline_exceeded", f"no statement within {self._deadline:g} seconds") from error

    async def _read(self, connector: Connector[Page], account: Account, period: Period) -> Statement:
        for reading in range(1, READINGS + 1):
            try:
                statement = await self._read_once(connector, account, period)
            except IncoherentPages:
                if reading == READINGS:
                    raise
                continue
            if statement.proof.verdict is not Verdict.DISPROVED or reading == READINGS:
                return statement
        raise AssertionError("unreachable")  # pragma: no cover

    async def _read_once(self, connector: Connector[Page], account: Account, period: Period) -> Statement:
        auth = connector.auth(account)
        certificate = connector.client_certificate(account)
        movements: list[Movement] = []

        async def send(request: httpx.Request) -> httpx.Response:
            return await self._line.send(request, account=account, certificate=certificate)

        async def obtain(flow: Flow[Token]) -> Token:
            return await drive(flow, send, _no_token, _no_page)

        async def token(needed: TokenNeeded) -> Token:
            return await self._tokens.token(account, auth, needed, obtain)

        flow = signed(connector.fetch(account, period, self._clock.now().date()), auth)
        balances = await drive(flow, send, token, lambda page: movements.extend(connector.movements(page)))
        if connector.newest_first:
            movements.reverse()
        return assemble(connector.contract, account, period, movements, balances, self._clock.now())

    def _check_period(self, connector: Connector[Page], period: Period) -> None:
        today = self._clock.now().date()
        name = connector.contract.name
        if period.last > today:
            raise CallerError("period_out_of_range", f"`to` is {period.last}, after today, {today}", field="to")
        history = connector.contract.period.history_days
        if history and period.first < (oldest := today - timedelta(days=history)):
            detail = f"`from` is {period.first}; {name} answers from {oldest} on"
            raise CallerError("period_out_of_range", detail, field="from")


async def _no_token(needed: TokenNeeded) -> Token:
    raise TypeError("a token request cannot itself need a token")


def _no_page(page: Page) -> None:
    raise TypeError("a token request hands over no page")
