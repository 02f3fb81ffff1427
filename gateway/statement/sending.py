"""Sends the requests of one reading: until its deadline, and no more than a statement can need.

Rules.
1. The deadline is put off a little for each megabyte that has come, because a large statement may take as long as its
   answers do. A request that the flow can do without (`gateway.flow.OPTIONAL`) has a short time of its own within it.
2. Requests that the flow will yield later (`gateway.flow.AHEAD`) are sent meanwhile, but none before the bank has once
   answered the same operation with success: a request that the bank refuses should not be sent four times, and only
   then is it known how large the answers are.
3. The answer or failure of a request that was sent ahead counts when the flow comes to it, and only the time for which
   the flow then waits is the bank's. The request is sent again if it has another token by then, or if the line itself
   held it back: what was too early then, beside the probe of a bank that was down, may be sent now.
4. A bank may accept fewer calls at a time than are sent here, and document no limit. What it refuses for that reason
   while several are under way is sent again alone, and nothing is sent ahead in this reading any more.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import AbstractContextManager
from typing import Protocol, TypeAlias

import httpx
import structlog
from msgspec import Struct, field

from gateway.concurrency.shares import SHARES, metered
from gateway.connectors import Connector
from gateway.errors import BankFailure, GatewayError
from gateway.flow import AHEAD, OPTIONAL, Page
from gateway.judgement import failure_of, unexpected
from gateway.limits import (
    AHEAD_BYTES,
    KEPT_BYTES,
    MEGABYTE_SECONDS,
    OPTIONAL_ANSWER_SECONDS,
    REQUESTS_AHEAD,
    STATEMENT_BYTES,
    STATEMENT_REQUESTS,
)
from gateway.model import Account
from gateway.statement.bank_time import BankTime, held_back

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
    """Ends the reading at its deadline; None where something else does, and once it has ended."""
    tokens: set[str] = field(default_factory=set)
    """Texts of the tokens that its requests are sent with."""

    def put_off(self, seconds: float) -> None:
        """Put the deadline off by so many seconds."""
        self.deadline += seconds
        if seconds and self.timeout is not None:
            self.timeout.reschedule(self.deadline)

    def hide(self, failure: BankFailure) -> None:
        """Remove from a failure what this reading has sent, where the bank has quoted it, and the holder's tax id."""
        failure.hide({*self.account.credentials.values.values(), *self.tokens, self.account.holder_tax_id})

    def at_bank(self, request: httpx.Request) -> AbstractContextManager[None]:
        """Count the time of the block, which waits for the answer to a request, as the bank's."""
        kind = self.connector.contract.kind_of(request.extensions["operation"])
        return self.bank_time.at_bank(kind, request)


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
        self._largest: dict[str, int] = {}
        """Bytes of the largest answer to each operation that has been a success."""
        self._ahead: dict[httpx.Request, _SentAhead] = {}
        self._one_at_a_time = False
        """Whether nothing is sent ahead any more (rule 4)."""
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
        response = await self._response(request)
        megabytes = self._received // MEGABYTE
        size = len(response.content)
        if response.is_success:
            operation = request.extensions["operation"]
            self._largest[operation] = max(self._largest.get(operation, 1), size)
        self._received += size
        self.kept += size
        self._reading.put_off((self._received // MEGABYTE - megabytes) * MEGABYTE_SECONDS)
        for count, most in ((self._received, STATEMENT_BYTES), (self.kept, KEPT_BYTES)):
            if count > most:
                raise self._endless(f"{most} bytes")
        return response

    async def aclose(self) -> None:
        """Cancel the requests that the flow has not come to."""
        tasks = [each.task for each in self._ahead.values()]
        self._ahead.clear()
        await _ended(tasks)

    async def _response(self, request: httpx.Request) -> httpx.Response:
        """The response to a request, which may have been sent already; those after it are sent meanwhile (rule 2)."""
        sent = self._ahead.pop(request, None)
        if sent is not None and not sent.headers <= set(request.headers.raw):
            await _ended([sent.task])
            sent = None
        self._send_ahead(request.extensions.get(AHEAD, ()))
        has_company = sent is not None or bool(self._ahead)
        answer = self._answered(request, sent)
        # Its task keeps the error that it may end with: a call of the traceback that names it would make a circle.
        del sent
        with self._reading.at_bank(request):
            response = await answer
            if has_company and self._is_one_too_many(request, response):
                self._one_at_a_time = True
                await self.aclose()
                response = await self._send(request)
        return response

    async def _answered(self, request: httpx.Request, sent: "_SentAhead | None") -> httpx.Response:
        if sent is not None:
            try:
                return await sent.task
            except BankFailure as failure:
                if not failure.held_back:
                    raise
            finally:
                del sent
        return await self._send(request)

    def _is_one_too_many(self, request: httpx.Request, response: httpx.Response) -> bool:
        """Whether the bank has refused a request because it gets too many."""
        kind = self._contract.kind_of(request.extensions["operation"])
        failure = failure_of(self._contract, kind, response)
        return failure is not None and failure.code == "rate_limited"

    def _send_ahead(self, requests: Iterable[httpx.Request]) -> None:
        if self._one_at_a_time:
            return
        for request in requests:
            largest = self._largest.get(request.extensions["operation"])
            if request in self._ahead or largest is None:
                continue
            if len(self._ahead) >= min(REQUESTS_AHEAD, AHEAD_BYTES // largest):
                return
            task = asyncio.create_task(self._metered(request))
            self._ahead[request] = _SentAhead(task, frozenset(request.headers.raw))

    async def _metered(self, request: httpx.Request) -> httpx.Response:
        # Begun in the task itself: a task that is cancelled before its first step begins nothing.
        return await metered(self._send(request))

    async def _without_delay(self, request: httpx.Request) -> httpx.Response | None:
        """The response to an optional request; a failure of any kind, and a late answer, mean that there is none."""
        now = asyncio.get_running_loop().time()
        # The other half of what is left is for the statement.
        until = min(now + OPTIONAL_ANSWER_SECONDS, (now + self._reading.deadline) / 2)
        request.extensions["deadline"] = until
        try:
            async with asyncio.timeout_at(until):
                with self._reading.at_bank(request):
                    return await self._send(request)
        except (GatewayError, TimeoutError) as error:
            code = error.code if isinstance(error, GatewayError) else "deadline_exceeded"
            operation = request.extensions["operation"]
            log.info("optional_answer_missing", bank=self._contract.slug, operation=operation, code=code)
            return None

    def _endless(self, after: str) -> BankFailure:
        return unexpected(self._contract, "statement", f"there is no end of it after {after}")


class _SentAhead(Struct, frozen=True):
    """A request to which the flow has not come yet."""

    task: asyncio.Task[httpx.Response]
    headers: frozenset[tuple[bytes, bytes]]
    """The headers that it was sent with, without those that the line adds."""


async def _ended(tasks: list[asyncio.Task[httpx.Response]]) -> None:
    """Cancel tasks and wait for their end; their results and errors are dropped."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def sending(line: Line, reading: Reading) -> Send:
    """A function that sends requests of the reading until its deadline."""
    account = reading.account
    certificate = reading.connector.client_certificate(account)

    async def send(request: httpx.Request) -> httpx.Response:
        with held_back(request, asyncio.get_running_loop().time):
            await SHARES.turn()
        if not request.extensions.get(OPTIONAL):
            request.extensions["deadline"] = reading.deadline
        return await line.send(request, account=account, certificate=certificate)

    return send
