"""The client credentials grant (RFC 6749 section 4.4), the secret in the form or in a Basic header."""

from datetime import datetime
from typing import Self

from contracts.schema import Contract
from gateway.auth.oauth import BearerAuth, proof_of
from gateway.flow import Flow, Token
from gateway.model import Account

__all__ = ["ClientCredentials"]


class ClientCredentials(BearerAuth):
    """A client that proves itself in the form or in a header; the contract lists the scopes to request."""

    @classmethod
    def of(cls, contract: Contract, account: Account) -> Self:
        """The authentication that the contract declares, from `client_id` and `client_secret` of the form.

        Raises:
            LookupError: the contract has another grant, or another client authentication than `oauth.PROOFS`.
        """
        declared = contract.authentication
        if declared.grant != "client_credentials":
            wanted = f"{declared.grant} by {declared.client_authentication}"
            raise LookupError(f"{contract.slug} wants {wanted}: define its `auth`")
        form, headers = proof_of(contract, account.credentials)
        return cls(contract, account.environment, form, headers)

    def obtain(self, previous: Token | None, now: datetime) -> Flow[Token]:
        """Request a token; this grant does not use the previous one."""
        form = {"grant_type": "client_credentials"}
        if scopes := self.contract.authentication.scopes:
            form["scope"] = " ".join(scopes)
        return self._request(form, now, once=False)
