"""How a client authenticates at a bank, and where an account holder authorises it to read."""

from enum import StrEnum
from typing import Annotated, Literal

from msgspec import Meta

from contracts.fact import Fact, NotNegative, Positive

__all__ = ["Authentication", "Authorization", "ClientAuthentication", "Grant", "MutualTLS"]


class Grant(StrEnum):
    """How access is granted: an OAuth 2.0 grant, or credentials on every call where there is no token."""

    CLIENT_CREDENTIALS = "client_credentials"
    REFRESH_TOKEN = "refresh_token"  # noqa: S105 - a name of OAuth, not a password
    AUTHORIZATION_CODE = "authorization_code"
    JWT_BEARER = "jwt_bearer"
    """RFC 7523."""
    BASIC = "basic"
    """User and password on every call."""
    API_KEY = "api_key"
    """A key in a header of every call."""

    @property
    def grant_types(self) -> tuple[str, ...]:
        """The values of `grant_type` in token requests; empty where there is no token."""
        return GRANT_TYPES[self]


GRANT_TYPES: dict[Grant, tuple[str, ...]] = {
    Grant.CLIENT_CREDENTIALS: ("client_credentials",),
    Grant.REFRESH_TOKEN: ("refresh_token",),
    Grant.AUTHORIZATION_CODE: ("authorization_code", "refresh_token"),
    Grant.JWT_BEARER: ("urn:ietf:params:oauth:grant-type:jwt-bearer",),
    Grant.BASIC: (),
    Grant.API_KEY: (),
}


class ClientAuthentication(StrEnum):
    """How a client authenticates in a token request (OAuth 2.0), or on every call where there is no token."""

    CLIENT_SECRET_POST = "client_secret_post"  # noqa: S105 - a name of OAuth, not a password
    CLIENT_SECRET_BASIC = "client_secret_basic"  # noqa: S105 - a name of OAuth, not a password
    PRIVATE_KEY_JWT = "private_key_jwt"
    TLS_CLIENT_AUTH = "tls_client_auth"
    BASIC = "basic"
    API_KEY = "api_key"


class MutualTLS(StrEnum):
    """What the bank does with a client that presents no acceptable certificate."""

    NONE = "none"
    """The bank asks for no client certificate."""
    HANDSHAKE = "handshake"
    """The bank refuses the TLS handshake."""
    ANSWER = "answer"
    """The bank accepts the handshake and refuses the call with an HTTP response."""


class Authentication(Fact, frozen=True, kw_only=True):
    """How a client authenticates, and what names it."""

    grant: Grant
    client_authentication: ClientAuthentication
    api_key_header: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]+$")] = "X-Api-Key"
    """The header that carries the key, where the grant is `api_key`."""
    client_fields: Annotated[tuple[str, ...], Meta(min_length=1)]
    """Fields of the credential form that name the client to the bank, which counts its limits by them. Neither what
    proves the client (secret, certificate) nor what it reads (account): those may change while the client stays."""
    mutual_tls: MutualTLS = MutualTLS.NONE
    mutual_tls_hosts: tuple[str, ...] = ()
    """The roles of the hosts that ask for the client certificate."""
    scopes: tuple[str, ...] = ()
    """The read scopes a statement needs; nothing wider is ever requested."""
    token_seconds: NotNegative = 0
    """How long an access token is valid, in seconds; 0 where there is none."""
    refresh_token_seconds: NotNegative = 0
    """How long a refresh token is valid, in seconds; 0 where there is none."""


class Authorization(Fact, frozen=True, kw_only=True):
    """The bank's page on which the account holder authorises the client (authorization code grant, RFC 6749, 4.1).

    It is not an operation: the holder's browser opens it, the gateway never does.
    """

    host: str = "token"
    """The role of the host in `Environment.hosts`."""
    path: Annotated[str, Meta(pattern=r"^/")]
    response_type: str = "code"
    challenge: Literal["", "S256"] = ""
    """How the page is told what the token request will be verified by (PKCE, RFC 7636); empty where it is not."""
    pending_seconds: Positive = 3600
    """How long an authorization may take from its beginning to its end, in seconds."""
