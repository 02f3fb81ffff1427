"""The client credentials grant with a signed assertion in place of a secret (`private_key_jwt`, RFC 7523 section 2.2).

Each request for a token carries a JWT of its own that the client signs with RS256; the bank knows the public key. The
assertion is a function of its arguments: its `jti` is a digest of the client, the account, the instant and the previous
token, so that no two requests share one although nothing here is random. It is valid once, so the request is marked as
one that the line must not repeat.
"""

import uuid
from collections.abc import Mapping
from datetime import datetime

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from contracts.schema import Contract
from gateway.auth.oauth import BearerAuth
from gateway.certificates.private_keys import PrivateKeyError, load_private_key
from gateway.errors import BankFailure
from gateway.flow import Flow, Token
from gateway.limits import ASSERTION_BACKDATED, ASSERTION_LIFE

__all__ = ["ASSERTION_TYPE", "PrivateKeyJwt"]

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class PrivateKeyJwt(BearerAuth):
    """A client that proves itself with its private key.

    Args:
        contract: the bank's contract.
        environment: which of the bank's environments.
        client_id: issuer and subject of the assertion.
        private_key: the client's RSA key as PEM.
        audience: audience of the assertion.
        account: distinguishes the assertions of several accounts that share one client.
        claims: claims that the bank requires besides the registered ones.
        headers: further headers that the bank requires on the token request.
    """

    def __init__(
        self,
        contract: Contract,
        environment: str,
        *,
        client_id: str,
        private_key: str,
        audience: str,
        account: str,
        claims: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(contract, environment, headers=headers)
        self._client_id = client_id
        self._private_key = private_key
        self._audience = audience
        self._account = account
        self._claims = claims or {}

    def obtain(self, previous: Token | None, now: datetime) -> Flow[Token]:
        """Sign an assertion and request a token with it.

        Raises:
            BankFailure: the bank refuses, or the private key cannot sign.
        """
        form = {
            "client_id": self._client_id,
            "grant_type": "client_credentials",
            "client_assertion": self._assertion(previous, now),
            "client_assertion_type": ASSERTION_TYPE,
        }
        return (yield from self._request(form, now))

    def _assertion(self, previous: Token | None, now: datetime) -> str:
        try:
            key = _signing_key(self._private_key)
        except ValueError as error:
            detail = f"no assertion can be signed: {error}"
            raise BankFailure("invalid_credentials", bank=self.contract.slug, at="token", detail=detail) from error
        previous_token = previous.access if previous is not None else ""
        unique = f"{self._client_id}\x1f{self._account}\x1f{now.isoformat()}\x1f{previous_token}"
        begins = int((now - ASSERTION_BACKDATED).timestamp())
        claims = {
            **self._claims,
            "iss": self._client_id,
            "sub": self._client_id,
            "aud": self._audience,
            "jti": str(uuid.uuid5(uuid.NAMESPACE_URL, unique)),
            "iat": begins,
            "nbf": begins,
            "exp": int((now + ASSERTION_LIFE).timestamp()),
        }
        return jwt.encode(claims, key, algorithm="RS256")


def _signing_key(pem: str) -> RSAPrivateKey:
    """The key of a PEM text.

    Raises:
        ValueError: it is not an unencrypted RSA private key that can sign with RS256.
    """
    try:
        key = load_private_key(pem)
        if not isinstance(key, RSAPrivateKey):
            raise PrivateKeyError("is not RSA")
    except PrivateKeyError as error:
        raise ValueError(f"the private key {error}") from error
    return key
