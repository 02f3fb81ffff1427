"""One line in the log and one count for each attempt at a bank. Never an address with its query, a header or a body."""

from typing import Any

import httpx
import structlog
from prometheus_client import Counter, Histogram

from gateway.clock import Clock
from gateway.clocks_apart import CLOCK_AHEAD
from gateway.http.dates import http_date
from gateway.limits import BANK_CLOCK_SECONDS
from gateway.line.call import call_of
from gateway.line.timing import Monotonic
from gateway.metrics import REGISTRY
from gateway.tracing import Span, span

__all__ = ["Trace"]

log = structlog.get_logger("gateway.line")

ATTEMPT = "attempt"
"""Key in the extensions of a request: how often it has been sent."""

ATTEMPTS = Counter(
    "gateway_bank_requests_total", "Attempts at a bank", ("bank", "operation", "outcome"), registry=REGISTRY
)
SECONDS = Histogram("gateway_bank_seconds", "Seconds a bank took to answer", ("bank", "operation"), registry=REGISTRY)


class Trace(httpx.AsyncBaseTransport):
    """Logs and counts each attempt with its outcome.

    Args:
        inner: the next transport.
        clock: gives the instant of the attempt, in the banks' time.
        monotonic: measures the duration.
    """

    def __init__(self, inner: httpx.AsyncBaseTransport, clock: Clock, monotonic: Monotonic) -> None:
        self._inner = inner
        self._clock = clock
        self._monotonic = monotonic

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request on and record the attempt.

        Raises:
            httpx.TransportError: there is no answer; recorded too.
        """
        call = call_of(request)
        # A retry sends the same request again.
        attempt = request.extensions[ATTEMPT] = request.extensions.get(ATTEMPT, 0) + 1
        with span(f"{call.bank} {call.operation}") as traced:
            traced.note(bank=call.bank, operation=call.operation, attempt=attempt)
            return await self._send(request, traced)

    async def _send(self, request: httpx.Request, traced: Span) -> httpx.Response:
        call = call_of(request)
        bank, operation = call.bank, call.operation
        started = self._monotonic()
        outcome = "cancelled"
        told: dict[str, Any] = {}
        try:
            response = await self._inner.handle_async_request(request)
            outcome = str(response.status_code)
            if response.is_client_error and (ahead := self._ahead_of(response)) is not None:
                told["clock_ahead_seconds"] = response.extensions[CLOCK_AHEAD] = ahead
            traced.note(http__response__status_code=response.status_code)
            log.debug(
                "bank_exchange",
                bank=bank,
                operation=operation,
                method=request.method,
                host=request.url.host,
                status=response.status_code,
                media_type=response.headers.get("content-type", "")[:60],
                bytes=len(response.content),
            )
        except httpx.TransportError as error:
            outcome = type(error).__name__
            raise
        else:
            return response
        finally:
            seconds = self._monotonic() - started
            ATTEMPTS.labels(bank, operation, outcome).inc()
            SECONDS.labels(bank, operation).observe(seconds)
            at = self._clock.now().isoformat(timespec="seconds")
            told |= {"bank": bank, "operation": operation, "outcome": outcome, "seconds": round(seconds, 4), "at": at}
            # An import has no request, and a reading that several callers share has that of one of them.
            log.info("bank_request", account=call.account or None, **told)

    def _ahead_of(self, response: httpx.Response) -> int | None:
        """Seconds that our clock is ahead of the bank's; None where the two agree or the bank gives no time.

        It tells the operator why a bank may refuse right credentials: signed assertions are valid for a short time.
        """
        at = http_date(response.headers.get("date", ""))
        if at is None or at.tzinfo is None:
            return None
        ahead = (self._clock.now() - at).total_seconds()
        return round(ahead) if abs(ahead) > BANK_CLOCK_SECONDS else None
