"""The authorization code grant (RFC 6749 section 4.1): the account holder lets us read, on a page of the bank.

The code of a consent flow is valid for one token request; from then on refresh tokens continue it. A holder who has
authorised elsewhere may bring a refresh token in place of the flow. A renewal may bring a new refresh token, which
replaces the one that was sent, or none, and then that one stays valid. This is not known beforehand, so every renewal
is treated as one that spends its refresh token (`rotates`). Where the contract's `authorization` has a `challenge`, the
page is told the digest of a secret of this flow, and the token request has the secret itself (PKCE, RFC 7636).
"""

import base64
import hashlib
from datetime import datetime
from typing import Self

from contracts.schema import Contract
from gateway.auth.oauth import BearerAuth, proof_of
from gateway.errors import BankFailure
from gateway.flow import Flow, Token
from gateway.judgement import unexpected
from gateway.model import Account, Credentials

__all__ = ["CODE", "REDIRECT_URI", "VERIFIER", "AuthorizationCode"]

CODE, REDIRECT_URI = "code", "redirect_uri"
"""Names that the end of a consent flow adds to the credentials that were typed in."""
VERIFIER = "code_verifier"
"""Name that its beginning adds, where the page is told a challenge: what proves that both are the same client's."""


class AuthorizationCode(BearerAuth):
    """A client that authenticates as the contract declares, and with the code or token of the account holder.

    Args:
        environment: which of the bank's environments.
        credentials: `client_id` and, where one proves the client, `client_secret`; then `refresh_token`, or `code`
            with its `redirect_uri` and, where the contract has a challenge, its `code_verifier`, or neither as long
            as the account holder has not authorised.
    """

    rotates = True

    def __init__(self, contract: Contract, environment: str, credentials: Credentials) -> None:
        super().__init__(contract, environment, *proof_of(contract, credentials))
        self._credentials = credentials

    @classmethod
    def of(cls, contract: Contract, account: Account) -> Self:
        """The authentication that the contract declares, from the account's credentials.

        Raises:
            LookupError: the contract has another client authentication than `oauth.PROOFS`.
        """
        return cls(contract, account.environment, account.credentials)

    @property
    def authorised(self) -> bool:
        """Whether the account holder's authorization is among the credentials."""
        return bool(self._credentials.get("refresh_token") or self._credentials.get(CODE))

    def page(self, redirect_uri: str, state: str) -> str:
        """The address to which the account holder's browser is sent."""
        verifier = self._credentials.get(VERIFIER)
        query = {
            "client_id": self._credentials["client_id"],
            REDIRECT_URI: redirect_uri,
            "scope": " ".join(self.contract.authentication.scopes),
            "state": state,
            **({"code_challenge": _digest(verifier), "code_challenge_method": "S256"} if verifier else {}),
        }
        return self.contract.authorization_page(self._environment, query)

    def obtain(self, previous: Token | None, now: datetime) -> Flow[Token]:
        """Renew with the last refresh token; the first time, redeem the code or the refresh token of the credentials.

        Raises:
            BankFailure: `authorization_incomplete` when the account holder has not authorised or the code is no
                longer valid; otherwise the bank's refusal.
        """
        refresh = (previous.refresh if previous is not None else None) or self._credentials.get("refresh_token")
        if refresh:
            return (yield from self._renewed(refresh, now))
        return (yield from self._redeem(now))

    def _redeem(self, now: datetime) -> Flow[Token]:
        slug, code = self.contract.slug, self._credentials.get(CODE)
        if not code:
            detail = "the authorization at the bank has not been completed"
            raise BankFailure("authorization_incomplete", bank=slug, at="authorization", detail=detail)
        form = {"grant_type": "authorization_code", CODE: code, REDIRECT_URI: self._credentials.get(REDIRECT_URI)}
        if verifier := self._credentials.get(VERIFIER):
            form[VERIFIER] = verifier
        try:
            token = yield from self._request(form, now)
        except BankFailure as failure:
            if failure.code != "consent_expired":
                raise
            # No consent exists yet, so none can have expired.
            raise BankFailure(
                "authorization_incomplete",
                bank=slug,
                at="token",
                detail="the bank does not redeem the authorization code",
                bank_error=failure.bank_error,
            ) from failure
        if not token.refresh:
            raise unexpected(self.contract, "token", "the token answer brings no refresh token")
        return token


def _digest(verifier: str) -> str:
    """The challenge of a verifier by the method S256 (RFC 7636 section 4.2)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
