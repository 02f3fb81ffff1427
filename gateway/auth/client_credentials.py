"""The client credentials grant (RFC 6749 section 4.4), the secret in the form or in a Basic header."""

from collections.abc import Mapping
from datetime import datetime

from contracts.schema import Contract
from gateway.auth.oauth import BearerAuth, request_token
from gateway.flow import Flow, Token

__all__ = ["ClientCredentials"]


class ClientCredentials(BearerAuth):
    """Client id and secret in the form (`client_secret_post`).

    Args:
        contract: the bank's contract; its scopes are what is asked for.
        environment: which of the bank's environments.
        form: the fields that prove the client, such as `client_id` and `client_secret`.
        headers: further headers the bank wants on the token request.
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

    def obtain(self, previous: Token | None, now: datetime) -> Flow[Token]:
        """Ask for a token; a previous one does not matter to this grant."""
        form = {"grant_type": "client_credentials", **self._form}
        if scopes := self.contract.authentication.scopes:
            form["scope"] = " ".join(scopes)
        return request_token(self.contract, form, now, environment=self._environment, headers=self._headers)
