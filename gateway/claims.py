"""The claims under which something is spent, and the look at them directly before the wire.

A refresh token, a code or a typed form may be spent once, by one process of several. A process claims it in the
database before, and shows that it is alive while it goes on. One that was stopped for longer than that (a suspended
machine, a debugger, a starved processor) may wake when another has taken the claim over and has spent the very thing.
No look at a time that was read before can tell it so. Hence each claim is looked at in the database after everything
that may take time (turns, quotas, the opening of a connection), directly before the first byte of the request is sent.

The claims are those of the task's context, so that what begins a conversation need not know what sends its requests.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol

from gateway.errors import GatewayError

__all__ = ["SENDING", "Claim", "ClaimLost", "check_claims", "holding"]


SENDING = frozenset({"http11.send_request_headers.started", "http2.send_request_headers.started"})
"""Steps of the HTTP library after which the first byte of a request is sent; the connection is open by then."""


class Claim(Protocol):
    """A claim in the database, which this process has made."""

    async def renew(self) -> None:
        """Renew it.

        Raises:
            ClaimLost: it is not this process's any more.
            SQLAlchemyError: the database does not answer.
        """
        ...


CLAIMS: ContextVar[tuple[Claim, ...]] = ContextVar("claims", default=())


class ClaimLost(GatewayError):
    """Another process has taken over what this one had claimed; nothing was sent.

    Args:
        claim: what was lost.
    """

    def __init__(self, claim: Claim) -> None:
        super().__init__("deadline_exceeded", "this process was held up, and another one has taken over meanwhile")
        self.claim = claim


@contextmanager
def holding(claim: Claim) -> Iterator[None]:
    """What is spent in the block, or in tasks that it begins, is spent under this claim too."""
    before = CLAIMS.get()
    CLAIMS.set((*before, claim))
    try:
        yield
    finally:
        CLAIMS.set(before)


async def check_claims() -> None:
    """Renew the claims of this context, because something is about to be spent.

    Raises:
        ClaimLost: one of them is another process's by now.
        SQLAlchemyError: the database does not answer.
    """
    for claim in CLAIMS.get():
        await claim.renew()
