"""Common parts of all OAuth 2.0 grants: the token request, the token answer, and the life of a token."""

import math
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any

import httpx
import msgspec

from contracts.schema import Contract
from gateway.flow import Flow, Token
from gateway.judgement import decode, failure_of
from gateway.limits import TOKEN_EARLY, TOKEN_LIFE_SECONDS

__all__ = ["BearerAuth", "TokenAnswer", "request_token"]


AccessToken = Annotated[str, msgspec.Meta(pattern=r"^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?\Z")]
"""ASCII characters (RFC 6749 appendix A.12) that do not begin or end with a blank: the token goes into a header."""
RefreshToken = Annotated[str, msgspec.Meta(pattern=r"^[\x20-\x7e]*\Z")]
"""ASCII characters (appendix A.17); a blank text is no token, and the previous one stays valid."""


class TokenAnswer(msgspec.Struct, frozen=True):
    """The needed fields of RFC 6749 section 5.1. Its text never shows a value."""

    access_token: AccessToken
    expires_in: Any = None
    """Seconds; some servers send a text, and the specification makes the field optional."""
    refresh_token: RefreshToken | None = None

    def __repr__(self) -> str:
        return f"TokenAnswer(expires_in={self.expires_in})"

    def life(self, usual: int) -> timedelta:
        """The life of the access token: as answered, otherwise `usual` seconds, and at most `TOKEN_LIFE_SECONDS`.

        A value that is no number of seconds counts as left out: to refuse the answer would lose the only copy of a
        refresh token.
        """
        seconds = _seconds(self.expires_in)
        return timedelta(seconds=min(usual if seconds is None else seconds, TOKEN_LIFE_SECONDS))


class BearerAuth:
    """Bearer tokens of RFC 6750. A grant derives from it and defines how a token is obtained."""

    uses_token = True
    rotates = False

    def __init__(self, contract: Contract) -> None:
        self.contract = contract

    def apply(self, request: httpx.Request, token: Token | None) -> None:
        """Put the bearer token on the request."""
        if token is None:
            raise TypeError("a bearer request needs a token")
        request.headers["Authorization"] = f"Bearer {token.access}"

    def refused(self, response: httpx.Response) -> bool:
        """Whether the status is 401, which means the token; a user that may not read gets 403."""
        return response.status_code == httpx.codes.UNAUTHORIZED


def request_token(
    contract: Contract,
    form: Mapping[str, str],
    now: datetime,
    *,
    environment: str,
    headers: Mapping[str, str] | None = None,
    once: bool = False,
) -> Flow[Token]:
    """Send a form to the bank's token operation and read the token; `once` forbids the line to send it again.

    Raises:
        BankFailure: the bank refuses, or its answer is no token.
    """
    request = httpx.Request(
        "POST",
        contract.url("token", environment),
        data=dict(form),
        headers={"Accept": "application/json", **(headers or {})},
        extensions={"operation": "token", "once": once},
    )
    response: httpx.Response = yield request
    if failure := failure_of(contract, "token", response):
        raise failure
    answer = decode(contract, "token", response, TokenAnswer)
    life = answer.life(contract.authentication.token_seconds)
    return Token(
        access=answer.access_token,
        expires_at=now + life,
        renew_at=now + life - min(TOKEN_EARLY, life / 10),
        refresh=(answer.refresh_token or "").strip() or None,
    )


def _seconds(sent: Any) -> float | None:
    """A number of seconds, a number or a text; None for anything else, such as a negative or an endless one."""
    if isinstance(sent, bool) or not isinstance(sent, int | float | str):
        return None
    try:
        seconds = float(sent)
    except (ValueError, OverflowError):
        return None
    return seconds if math.isfinite(seconds) and seconds >= 0 else None
