"""How a caller of a bank proves who it is, and where an account holder lets it read."""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta

from contracts.fact import Fact, NotNegative, Positive

__all__ = ["Authentication", "Authorization", "ClientAuthentication", "Grant", "MutualTLS"]


class Grant(StrEnum):
    """How access is granted: an OAuth 2.0 grant, or a proof on every call where there is no token."""

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
        """The values of `grant_type` with which a token is asked for; none where there is no token."""
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
    """How a client proves itself when it asks for a token (OAuth 2.0), or on every call where there is none."""

    CLIENT_SECRET_POST = "client_secret_post"  # noqa: S105 - a name of OAuth, not a password
    CLIENT_SECRET_BASIC = "client_secret_basic"  # noqa: S105 - a name of OAuth, not a password
    PRIVATE_KEY_JWT = "private_key_jwt"
    TLS_CLIENT_AUTH = "tls_client_auth"
    BASIC = "basic"
    API_KEY = "api_key"


class MutualTLS(StrEnum):
    """What the bank does with a caller that shows no acceptable client certificate."""

    NONE = "none"
    """The bank asks for no client certificate."""
    HANDSHAKE = "handshake"
    """The TLS handshake is refused."""
    ANSWER = "answer"
    """The handshake succeeds and an HTTP answer refuses the call."""


class Authentication(Fact, frozen=True, kw_only=True):
    """How a caller proves who it is."""

    grant: Grant
    client_authentication: ClientAuthentication
    api_key_header: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]+$")] = "X-Api-Key"
    """The header that carries the key, where the grant is `api_key`."""
    client_fields: Annotated[tuple[str, ...], Meta(min_length=1)]
    """Fields of the credential form that name the caller to the bank, which counts its limits by them. Not what proves
    it (secret, certificate), nor what it reads (account): those may change while the caller stays the same."""
    mutual_tls: MutualTLS = MutualTLS.NONE
    mutual_tls_hosts: tuple[str, ...] = ()
    """Host roles that ask for the client certificate."""
    scopes: tuple[str, ...] = ()
    """The read scopes a statement needs; nothing wider is ever requested."""
    token_seconds: NotNegative = 0
    """Life of an access token in seconds; 0 where there is no token."""
    refresh_token_seconds: NotNegative = 0
    """Life of a refresh token in seconds; 0 where there is none."""


class Authorization(Fact, frozen=True, kw_only=True):
    """The bank's page where the account holder lets us read (authorization code grant, RFC 6749 section 4.1).

    It is no operation: the holder's browser goes there, the gateway never does.
    """

    host: str = "token"
    """The role of the host in `Environment.hosts`."""
    path: Annotated[str, Meta(pattern=r"^/")]
    response_type: str = "code"
    pending_seconds: Positive = 3600
    """How long after its beginning an authorization may be completed."""
