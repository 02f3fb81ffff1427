"""Authentication at banks, as pure wrappers of a flow.

An `Auth` knows how to obtain a token and how to put it on a request; it holds no state. `signed` runs a connector's
flow with it: a token before each request, and one renewal when the bank refuses the token. The driver that answers
`TokenNeeded` keeps the tokens and lets one renewal serve all callers.
"""

from datetime import datetime
from typing import Protocol, TypeVar, cast

import httpx

from gateway.flow import AHEAD, OPTIONAL, Flow, Token, TokenNeeded

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
    """The same conversation with every request authorised; a refused token is renewed once per request.

    An optional request gets the token of the request before it, and no token is renewed for it. Requests that may be
    sent ahead get the token of the request that names them.
    """
    reply: httpx.Response | None = None
    last: Token | None = None
    try:
        while True:
            event = flow.send(reply)
            if isinstance(event, httpx.Request):
                reply, last = yield from _authorised(event, auth, last)
            else:
                reply = yield event
    except StopIteration as stop:
        return cast("T", stop.value)
    finally:
        flow.close()


def _authorised(
    request: httpx.Request, auth: Auth, last: Token | None
) -> Flow[tuple[httpx.Response | None, Token | None]]:
    """The answer to a request, and the token that it was sent with; `last` is that of the request before it."""
    ahead = request.extensions.get(AHEAD, ())
    if not auth.uses_token:
        for each in (request, *ahead):
            auth.apply(each, None)
        return (yield request), None
    optional = request.extensions.get(OPTIONAL, False)
    token: Token = last if optional and last is not None else (yield TokenNeeded())
    for each in (request, *ahead):
        auth.apply(each, token)
    response: httpx.Response | None = yield request
    if response is not None and not optional and auth.refused(response):
        token = yield TokenNeeded(refused=token)
        for each in (request, *ahead):
            auth.apply(each, token)
        response = yield request
    return response, token
