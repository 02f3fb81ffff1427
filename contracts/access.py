"""How a caller of a bank proves who it is, and where an account holder lets it read."""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta

from contracts.fact import Fact, NotNegative, Positive

__all__ = ["Authentication", "Authorization", "MutualTLS"]


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

    grant: str
    """The OAuth 2.0 grant, or `basic` where there is no token at all."""
    client_authentication: str
    """OAuth client authentication: `client_secret_post`, `client_secret_basic`, `private_key_jwt`, `basic`."""
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
