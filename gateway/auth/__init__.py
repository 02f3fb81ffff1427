"""Authentication at banks, as pure wrappers of a flow.

An `Auth` knows how to obtain a token and how to put it on a request; it holds no state. `signed` runs a connector's
flow with it: a token before each request, and one renewal when the bank refuses the token. The driver that answers
`TokenNeeded` keeps the tokens and lets one renewal serve all callers.
"""

from datetime import datetime
from typing import Protocol, TypeVar, cast

import httpx

from gateway.flow import Flow, Token, TokenNeeded

__all__ = ["Auth", "signed"]

T = TypeVar("T")


class Auth(Protocol):
    """One way of authentication."""

    @property
    def uses_token(self) -> bool:
        """Whether there is a token to obtain; otherwise `apply` is given None."""
        ...

    @property
    def rotates(self) -> bool:
        """Whether obtaining a token spends the previous refresh token, so that its successor must never be lost."""
        ...

    def obtain(self, previous: Token | None, now: datetime) -> Flow[Token]:
        """The conversation that obtains a token, given the previous one.

        Raises:
            BankFailure: the bank refuses, with the failure that the contract names for its answer.
        """
        ...

    def apply(self, request: httpx.Request, token: Token | None) -> None:
        """Put the proof on a request."""
        ...

    def refused(self, response: httpx.Response) -> bool:
        """Whether this answer means that the token, and not the user, was refused."""
        ...


def signed(flow: Flow[T], auth: Auth) -> Flow[T]:
    """The same conversation with every request authorised; a refused token is renewed once per request."""
    reply: httpx.Response | None = None
    try:
        while True:
            event = flow.send(reply)
            if isinstance(event, httpx.Request):
                reply = yield from _authorised(event, auth)
            else:
                reply = yield event
    except StopIteration as stop:
        return cast("T", stop.value)
    finally:
        flow.close()


def _authorised(request: httpx.Request, auth: Auth) -> Flow[httpx.Response]:
    if not auth.uses_token:
        auth.apply(request, None)
        return cast("httpx.Response", (yield request))
    token: Token = yield TokenNeeded()
    auth.apply(request, token)
    response: httpx.Response = yield request
    if auth.refused(response):
        auth.apply(request, (yield TokenNeeded(refused=token)))
        response = yield request
    return response
