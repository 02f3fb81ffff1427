"""The line: carries a request to a bank and its answer back; the only I/O on the data path.

From outside in, each a policy and its thin transport in one file:

    guard      refuses requests that the contract does not list
    bulkhead   limits concurrent calls at one bank, so that a bank that hangs takes nothing from the others
    retry      repeats an attempt where that helps, within the deadline
    breaker    refuses calls to a bank that is down for all
    quota      keeps the limits that a bank documents, repeated attempts included, in all processes together
    judge      decides once what the outcome of each attempt means, and attaches the judgement to it
    trace      writes one log line and one count for each attempt
    wire       time limits, size limits; over connections whose TLS is in `tls`, and bodies that `unpack` decodes

`quota` keeps the waiting calls in `turns`; `handshakes` limits the connections that are opened at a time; `timing` has
the line's clock, and waits that can be ended early.

A request carries the facts that the policies need as one typed `Call` (`gateway.line.call`).
"""

import asyncio
import random as chance
from collections.abc import Awaitable, Callable

import httpx

from contracts import load
from gateway.clock import Clock, RemoteClock
from gateway.flow import OPTIONAL
from gateway.judgement import detach
from gateway.limits import ANSWER_BYTES, DEFAULT_DEADLINE_SECONDS
from gateway.line.breaker import Breaker
from gateway.line.bulkhead import Bulkhead
from gateway.line.call import KEY, Call
from gateway.line.guard import Guard
from gateway.line.judge import Judge
from gateway.line.quota import Quota, SharedHolds, SharedQuotas
from gateway.line.retry import Retry
from gateway.line.timing import Chance, Monotonic, Sleep, loop_time
from gateway.line.tls import CertificatePool
from gateway.line.trace import Trace
from gateway.line.wire import Pool, Wire
from gateway.model import Account
from gateway.quotas.clients import bank_account_of, client_of
from gateway.settings import Settings

__all__ = ["BankLine", "build_line", "open_line"]


class BankLine:
    """Carries requests.

    Args:
        transport: the stack, outermost first.
        breaker: the part of the stack that knows which banks are down, if there is one.
        monotonic: the clock of the stack.
        close: closes the connections of the stack.
    """

    def __init__(
        self,
        transport: httpx.AsyncBaseTransport,
        *,
        breaker: Breaker | None = None,
        monotonic: Monotonic = loop_time,
        close: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._transport = transport
        self._breaker = breaker
        self._monotonic = monotonic
        self._close = close

    async def send(
        self, request: httpx.Request, *, account: Account, certificate: tuple[str, str] | None
    ) -> httpx.Response:
        """The bank's answer, whatever its status, completely read.

        Raises:
            BankFailure: there was no usable answer, or the line has held the request back.
            ForbiddenRequest: the contract does not list the request.
        """
        contract = load(account.bank)
        # The deadline is an instant of the event loop's clock. The stack may use another clock.
        deadline = request.extensions.get("deadline", loop_time() + DEFAULT_DEADLINE_SECONDS)
        request.extensions[KEY] = Call(
            contract=contract,
            operation=request.extensions["operation"],
            tenant=account.tenant,
            account=account.id,
            environment=account.environment,
            client=client_of(contract, account),
            bank_account=bank_account_of(contract, account),
            certificate=certificate,
            deadline=self._monotonic() + deadline - loop_time(),
            once=request.extensions.get("once", False),
            optional=request.extensions.get(OPTIONAL, False),
        )
        try:
            return await self._transport.handle_async_request(request)
        except httpx.TransportError as error:
            failure = detach(error).failure
            if failure is None:
                raise
            try:
                raise failure from error
            finally:
                # A call that names the error that it raises would live until garbage is collected.
                del failure

    def troubled(self, bank: str) -> float | None:
        """Seconds until a bank that is down is tried again, 0 when that is due; None when it is not down."""
        return self._breaker.troubled(bank) if self._breaker is not None else None

    async def aclose(self) -> None:
        """Close all connections."""
        if self._close is not None:
            await self._close()


def build_line(
    pool: Pool,
    clock: Clock,
    *,
    monotonic: Monotonic = loop_time,
    sleep: Sleep = asyncio.sleep,
    random: Chance = chance.random,
    shared: SharedQuotas | None = None,
    holds: SharedHolds | None = None,
    simulated: RemoteClock | None = None,
    close: Callable[[], Awaitable[None]] | None = None,
    largest_body: int = ANSWER_BYTES,
) -> BankLine:
    """The line over a pool of connections: the only place where the stack is composed.

    Args:
        pool: connections to the banks; the caller closes it, unless `close` does.
        clock: gives the date and time, for the log.
        monotonic: gives the present instant, in seconds that never go back.
        sleep: waits for so many of these seconds.
        random: draws numbers from 0 to 1.
        shared: the calls of all processes to banks with limits; None where this is the only one.
        holds: what the other banks have said to all processes; None where this is the only one.
        simulated: the clock in whose time the banks count their limits; the stack's own when None.
        close: called when the line is closed.
        largest_body: bytes of an unpacked answer that are read.
    """
    judged = Judge(Trace(Wire(pool, largest_body), clock, monotonic))
    elapsed, wait = (monotonic, sleep) if simulated is None else (simulated.elapsed, simulated.sleep)
    breaker = Breaker(Quota(judged, monotonic, wait, shared, holds, elapsed), monotonic, random)
    stack = Guard(Bulkhead(Retry(breaker, monotonic, sleep, random), monotonic, sleep))
    return BankLine(stack, breaker=breaker, monotonic=monotonic, close=close)


def open_line(settings: Settings, clock: Clock, shared: SharedQuotas, holds: SharedHolds | None = None) -> BankLine:
    """The line of a running gateway."""
    pool = CertificatePool(settings.ca_bundle, settings.connect_to)
    simulated = clock if isinstance(clock, RemoteClock) else None
    return build_line(pool, clock, shared=shared, holds=holds, simulated=simulated, close=pool.aclose)
