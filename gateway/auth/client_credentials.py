"""The client credentials grant (RFC 6749 section 4.4), the secret in the form or in a Basic header."""

from collections.abc import Mapping
from datetime import datetime
from typing import Self

from contracts.schema import Contract
from gateway.auth.oauth import BearerAuth, proof_of, request_token
from gateway.flow import Flow, Token
from gateway.model import Account

__all__ = ["ClientCredentials"]


class ClientCredentials(BearerAuth):
    """Client id and secret in the form (`client_secret_post`).

    Args:
        contract: the bank's contract, which lists the scopes to request.
        environment: which of the bank's environments.
        form: the fields that prove the client, such as `client_id` and `client_secret`.
        headers: further headers that the bank requires on the token request.
    """

    def __init__(
        self,
        contract: Contract,
        environment: str,
        form: Mapping[str, str],
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(contract)
        self._environment = environment
        self._form = form
        self._headers = headers or {}

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
        form = {"grant_type": "client_credentials", **self._form}
        if scopes := self.contract.authentication.scopes:
            form["scope"] = " ".join(scopes)
        return request_token(self.contract, form, now, environment=self._environment, headers=self._headers)
