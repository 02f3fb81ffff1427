"""Common parts of all OAuth 2.0 grants: the token request, the token answer, and the life of a token."""

import math
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any

import httpx
import msgspec
from msgspec.structs import replace

from contracts.schema import Contract
from gateway.auth.basic import basic
from gateway.flow import Flow, Token
from gateway.judgement import check_success, decode
from gateway.limits import TOKEN_EARLY, TOKEN_LIFE_SECONDS
from gateway.model import Credentials

__all__ = ["BearerAuth", "TokenAnswer", "proof_of", "request_token"]


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


def _form(*names: str) -> Callable[[Credentials], tuple[dict[str, str], dict[str, str]]]:
    return lambda credentials: ({name: credentials[name] for name in names}, {})


def _basic(credentials: Credentials) -> tuple[dict[str, str], dict[str, str]]:
    return {}, {"Authorization": basic(credentials["client_id"], credentials["client_secret"])}


PROOFS = {
    "client_secret_post": _form("client_id", "client_secret"),
    "client_secret_basic": _basic,
    "tls_client_auth": _form("client_id"),
}
"""Form and headers of a token request, by how the client proves itself (`authentication.client_authentication`)."""


def proof_of(contract: Contract, credentials: Credentials) -> tuple[dict[str, str], dict[str, str]]:
    """The form and the headers by which the client proves itself in a token request, as the contract declares.

    Raises:
        LookupError: the contract declares another way than `PROOFS` has.
    """
    declared = contract.authentication
    if declared.client_authentication not in PROOFS:
        wanted = f"{declared.grant} by {declared.client_authentication}"
        raise LookupError(f"{contract.slug} wants {wanted}: define its `auth`")
    return PROOFS[declared.client_authentication](credentials)


class BearerAuth:
    """Bearer tokens of RFC 6750. A grant derives from it and defines how a token is obtained.

    Args:
        environment: which of the bank's environments.
        form: the fields that each token request has, such as those that prove the client.
        headers: further headers of a token request.
    """

    uses_token = True
    rotates = False

    def __init__(
        self,
        contract: Contract,
        environment: str = "production",
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.contract = contract
        self._environment = environment
        self._form = form or {}
        self._headers = headers

    def apply(self, request: httpx.Request, token: Token | None) -> None:
        """Put the bearer token on the request."""
        if token is None:
            raise TypeError("a bearer request needs a token")
        request.headers["Authorization"] = f"Bearer {token.access}"

    def refused(self, response: httpx.Response) -> bool:
        """Whether the status is 401, which means the token; a user that may not read gets 403."""
        return response.status_code == httpx.codes.UNAUTHORIZED

    def _request(self, form: Mapping[str, str], now: datetime, *, once: bool = True) -> Flow[Token]:
        """As `request_token`, with the proof of the client."""
        form = {**form, **self._form}
        return request_token(self.contract, form, now, environment=self._environment, headers=self._headers, once=once)

    def _renewed(self, refresh: str, now: datetime, **more: str) -> Flow[Token]:
        """The token for a refresh token, which is kept where the answer has no successor of it."""
        token = yield from self._request({"grant_type": "refresh_token", "refresh_token": refresh, **more}, now)
        return token if token.refresh else replace(token, refresh=refresh)


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
    check_success(contract, "token", response)
    answer = decode(contract, "token", response, TokenAnswer)
    life = answer.life(contract.authentication.token_seconds)
    return Token(
        access=answer.access_token,
        expires_at=now + life,
        renew_at=now + life - min(TOKEN_EARLY, life / 10),
        refresh=(answer.refresh_token or "").strip() or None,
    )


def _seconds(sent: Any) -> float | None:
    """A number of seconds, a number or a text; None for anything else, such as none, a negative or an endless one."""
    if isinstance(sent, bool) or not isinstance(sent, int | float | str):
        return None
    try:
        seconds = float(sent)
    except (ValueError, OverflowError):
        return None
    return seconds if math.isfinite(seconds) and seconds > 0 else None
