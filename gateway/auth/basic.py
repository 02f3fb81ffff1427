"""HTTP Basic (RFC 7617) on every call: there is no token to obtain."""

from datetime import datetime

import httpx

from gateway.flow import Flow, Token

__all__ = ["Basic"]


class Basic:
    """User and password on every request."""

    uses_token = False
    rotates = False

    def __init__(self, user: str, password: str) -> None:
        self._auth = httpx.BasicAuth(user, password)

    def obtain(self, previous: Token | None, now: datetime) -> Flow[Token]:
        """There is nothing to obtain.

        Raises:
            TypeError: always; `uses_token` is False.
        """
        raise TypeError("HTTP Basic has no token")

    def apply(self, request: httpx.Request, token: Token | None) -> None:
        """Put user and password on the request."""
        next(self._auth.sync_auth_flow(request))

    def refused(self, response: httpx.Response) -> bool:
        """A refusal always means the user: there is no token to renew."""
        return False
