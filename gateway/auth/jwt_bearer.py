"""A signed assertion in place of a secret (`private_key_jwt`, RFC 7523).

Each request for a token carries a JWT of its own that the client signs with RS256, PS256 or ES256; the bank knows the
public key. It proves the client of the client credentials grant (section 2.2), or is the grant itself (section 2.1).
Its claims are a function of its arguments: the `jti` is a digest of the client, the account, the instant and the
previous token, so that no two requests share one although no claim is random (a signature with PS256 or ES256 is, in
the library that signs). It is valid once, so the request is marked as one that the line must not repeat.
"""

import uuid
from collections.abc import Callable, Mapping
from datetime import datetime

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from contracts.schema import Contract, Grant
from gateway.auth.oauth import BearerAuth
from gateway.certificates.private_keys import PrivateKey, PrivateKeyError, load_private_key
from gateway.errors import BankFailure
from gateway.flow import Flow, Token
from gateway.limits import ASSERTION_BACKDATED, ASSERTION_LIFE

__all__ = ["ASSERTION_TYPE", "PrivateKeyJwt"]

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
RSA, CURVE = "is not RSA", "is not a key on P-256"
FAMILIES: Mapping[str, tuple[Callable[[PrivateKey], bool], str]] = {
    "RS256": (lambda key: isinstance(key, RSAPrivateKey), RSA),
    "PS256": (lambda key: isinstance(key, RSAPrivateKey), RSA),
    "ES256": (lambda key: isinstance(key, EllipticCurvePrivateKey) and isinstance(key.curve, SECP256R1), CURVE),
}
"""By algorithm, which keys sign with it, and what is wrong with any other."""


class PrivateKeyJwt(BearerAuth):
    """A client that proves itself with its private key.

    Args:
        environment: which of the bank's environments.
        client_id: issuer and subject of the assertion.
        private_key: the key that signs as PEM: RSA, or on P-256 for ES256. Where the form has a client certificate
            too, whose key is `private_key`, it is a field of another name.
        audience: audience of the assertion.
        account: distinguishes the assertions of several accounts that share one client.
        algorithm: RS256, PS256 or ES256, as the bank documents.
        key_id: the name (`kid`) under which the bank knows the key; empty where it needs none.
        grant: `client_credentials`, which the assertion proves the client of, or `jwt_bearer`, where it is the grant.
        form: further fields that the bank requires on the token request, such as `scope`.
        claims: claims that the bank requires besides the registered ones.
        headers: further headers that the bank requires on the token request.

    Raises:
        ValueError: another algorithm or grant.
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
        algorithm: str = "RS256",
        key_id: str = "",
        grant: Grant = Grant.CLIENT_CREDENTIALS,
        form: Mapping[str, str] | None = None,
        claims: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(contract, environment, form, headers)
        if algorithm not in FAMILIES:
            raise ValueError(f"an assertion is signed with one of {', '.join(FAMILIES)}, not {algorithm!r}")
        if grant not in {Grant.CLIENT_CREDENTIALS, Grant.JWT_BEARER}:
            raise ValueError(f"an assertion is for client_credentials or jwt_bearer, not {grant}")
        self._algorithm = algorithm
        self._key_id = key_id
        self._grant = grant
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
        assertion = self._assertion(previous, now)
        (grant_type,) = self._grant.grant_types
        proof = {
            "client_id": self._client_id,
            "client_assertion": assertion,
            "client_assertion_type": ASSERTION_TYPE,
        }
        shown = {"assertion": assertion} if self._grant is Grant.JWT_BEARER else proof
        return (yield from self._request({"grant_type": grant_type, **shown}, now))

    def _assertion(self, previous: Token | None, now: datetime) -> str:
        try:
            key = _signing_key(self._private_key, self._algorithm)
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
        return jwt.encode(
            claims, key, algorithm=self._algorithm, headers={"kid": self._key_id} if self._key_id else None
        )


def _signing_key(pem: str, algorithm: str) -> PrivateKey:
    """The key of a PEM text.

    Raises:
        ValueError: it is not an unencrypted private key that can sign with that algorithm.
    """
    signs, wrong = FAMILIES[algorithm]
    try:
        key = load_private_key(pem)
        if not signs(key):
            raise PrivateKeyError(wrong)
    except PrivateKeyError as error:
        raise ValueError(f"the private key {error}") from error
    return key
