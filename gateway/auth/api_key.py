"""An API key in a header of every call: there is no token to obtain."""

from datetime import datetime

import httpx

from gateway.flow import Flow, Token

__all__ = ["ApiKey"]


class ApiKey:
    """A key on every request.

    Args:
        header: the header that carries it.
        key: the key.
    """

    uses_token = False
    rotates = False

    def __init__(self, header: str, key: str) -> None:
        self._header = header
        self._key = key

    def obtain(self, previous: Token | None, now: datetime) -> Flow[Token]:
        """There is nothing to obtain.

        Raises:
            TypeError: always; `uses_token` is False.
        """
        raise TypeError("an API key needs no token")

    def apply(self, request: httpx.Request, token: Token | None) -> None:
        """Put the key on the request."""
        request.headers[self._header] = self._key

    def refused(self, response: httpx.Response) -> bool:
        """A refusal always means the key: there is no token to renew."""
        return False
