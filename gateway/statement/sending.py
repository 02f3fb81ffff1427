"""Sends the requests of one reading: until its deadline, and no more than a statement can need.

The deadline is put off a little for each megabyte that has come, because a large statement may take as long as its
answers do. A request that the flow can do without (`gateway.flow.OPTIONAL`) has a short time of its own within it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol, TypeAlias

import httpx
import structlog
from msgspec import Struct

from gateway.concurrency.shares import SHARES
from gateway.connectors import Connector
from gateway.errors import BankFailure, GatewayError
from gateway.flow import OPTIONAL, Page
from gateway.judgement import unexpected
from gateway.limits import KEPT_BYTES, MEGABYTE_SECONDS, OPTIONAL_ANSWER_SECONDS, STATEMENT_BYTES, STATEMENT_REQUESTS
from gateway.model import Account
from gateway.statement.bank_time import BankTime

__all__ = ["Intake", "Line", "Reading", "Send", "sending"]

MEGABYTE = 1_000_000

log = structlog.get_logger("gateway.statement")

Send: TypeAlias = Callable[[httpx.Request], Awaitable[httpx.Response]]


class Line(Protocol):
    """Carries requests to banks, each until its extension `deadline`, an instant of the event loop's clock."""

    async def send(
        self, request: httpx.Request, *, account: Account, certificate: tuple[str, str] | None
    ) -> httpx.Response:
        """Send a request; give the bank's response, whatever its status.

        Raises:
            BankFailure: there was no usable response.
            ForbiddenRequest: the contract does not list the request.
        """
        ...


class Reading(Struct):
    """A reading under way: which account it reads, and how long it may take."""

    connector: Connector[Page]
    account: Account
    deadline: float
    """An instant of the event loop's clock."""
    bank_time: BankTime
    """Measures how long the reading waits for the bank."""
    timeout: asyncio.Timeout | None = None
    """Ends the reading at its deadline; None where something else does."""

    def put_off(self, seconds: float) -> None:
        """Put the deadline off by so many seconds."""
        self.deadline += seconds
        if seconds and self.timeout is not None:
            self.timeout.reschedule(self.deadline)


class Intake:
    """Sends requests, limited to the number and to the bytes that a statement can need at most.

    Args:
        reading: the reading, whose deadline is put off as bytes come.
        send: sends a request.
    """

    def __init__(self, reading: Reading, send: Send) -> None:
        self._contract = reading.connector.contract
        self._reading = reading
        self._send = send
        self._requests = self._received = 0
        self.kept = 0
        """Bytes received since the connector last handed a page over; it may keep all of them in memory."""

    async def send(self, request: httpx.Request) -> httpx.Response | None:
        """The response to a request; None where an optional one has brought none.

        Raises:
            BankFailure: `unexpected_bank_response`: there is no end of the statement.
        """
        if request.extensions.get(OPTIONAL):
            return await self._without_delay(request)
        self._requests += 1
        if self._requests > STATEMENT_REQUESTS:
            raise self._endless(f"{STATEMENT_REQUESTS} requests")
        response = await self._send(request)
        megabytes = self._received // MEGABYTE
        self._received += len(response.content)
        self.kept += len(response.content)
        self._reading.put_off((self._received // MEGABYTE - megabytes) * MEGABYTE_SECONDS)
        for count, most in ((self._received, STATEMENT_BYTES), (self.kept, KEPT_BYTES)):
            if count > most:
                raise self._endless(f"{most} bytes")
        return response

    async def _without_delay(self, request: httpx.Request) -> httpx.Response | None:
        """The response to an optional request; a failure of any kind, and a late answer, mean that there is none."""
        now = asyncio.get_running_loop().time()
        # The other half of what is left is for the statement.
        until = min(now + OPTIONAL_ANSWER_SECONDS, (now + self._reading.deadline) / 2)
        request.extensions["deadline"] = until
        try:
            async with asyncio.timeout_at(until):
                return await self._send(request)
        except (GatewayError, TimeoutError) as error:
            code = error.code if isinstance(error, GatewayError) else "deadline_exceeded"
            operation = request.extensions["operation"]
            log.info("optional_answer_missing", bank=self._contract.slug, operation=operation, code=code)
            return None

    def _endless(self, after: str) -> BankFailure:
        return unexpected(self._contract, "statement", f"there is no end of it after {after}")


def sending(line: Line, reading: Reading) -> Send:
    """A function that sends requests of the reading until its deadline, and measures the time spent at the bank."""
    connector, account = reading.connector, reading.account
    certificate = connector.client_certificate(account)

    async def send(request: httpx.Request) -> httpx.Response:
        await SHARES.turn()
        if not request.extensions.get(OPTIONAL):
            request.extensions["deadline"] = reading.deadline
        step = connector.contract.operations[request.extensions["operation"]].kind.value
        with reading.bank_time.at_bank(step, request):
            return await line.send(request, account=account, certificate=certificate)

    return send
