"""What carries a request to a bank and its answer back: the only I/O on the data path.

From outside in: guard (nothing but what the contract lists), retry (only where it helps), trace (one line in the log
for each attempt), wire (TLS, time limits, size limits). Each is a policy and its thin transport in one file.
"""

import httpx

from contracts import load
from gateway.clock import Clock
from gateway.line.guard import Guard
from gateway.line.retry import Retry
from gateway.line.tls import CertificatePool
from gateway.line.trace import Trace
from gateway.line.wire import Wire, failure_of
from gateway.model import Account
from gateway.settings import Settings

__all__ = ["BankLine", "open_line"]


class BankLine:
    """Carries requests.

    Args:
        transport: the stack, outermost first.
        pool: what the stack must close in the end.
    """

    def __init__(self, transport: httpx.AsyncBaseTransport, pool: CertificatePool | None = None) -> None:
        self._transport = transport
        self._pool = pool

    async def send(
        self, request: httpx.Request, *, account: Account, certificate: tuple[str, str] | None
    ) -> httpx.Response:
        """The bank's answer, whatever its status, completely read.

        Raises:
            BankFailure: there was no usable answer.
            ForbiddenRequest: the contract does not list the request.
        """
        contract = load(account.bank)
        request.extensions |= {"contract": contract, "certificate": certificate}
        try:
            return await self._transport.handle_async_request(request)
        except httpx.TransportError as error:
            raise failure_of(contract, request, error) from error

    async def aclose(self) -> None:
        """Close all connections."""
        if self._pool is not None:
            await self._pool.aclose()


def open_line(settings: Settings, clock: Clock) -> BankLine:
    """The line as it runs: the stack is written here and nowhere else."""
    pool = CertificatePool(settings.ca_bundle, settings.connect_to)
    return BankLine(Guard(Retry(Trace(Wire(pool), clock))), pool)
