"""The refresh token grant (RFC 6749 section 6) where each refresh token is valid once.

The first refresh token is typed in by the account holder, every other one comes with the token before it. `rotates`
tells the driver of the conversation to store the successor before anything else. An answer without a successor is a
token all the same: the refresh token that was sent is kept, and the next renewal tells whether it is still valid.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from contracts.schema import Contract
from gateway.auth.oauth import BearerAuth
from gateway.flow import Flow, Token

__all__ = ["RotatingRefreshToken"]


class RotatingRefreshToken(BearerAuth):
    """A chain of refresh tokens, the client proving itself in the form.

    Args:
        environment: which of the bank's environments.
        first: the refresh token with which the chain begins.
        form: the fields that prove the client, such as `client_id` and `client_secret`.
        scopes: the scopes to request.
        headers: further headers that the bank requires on the token request.
    """

    rotates = True

    def __init__(
        self,
        contract: Contract,
        environment: str,
        *,
        first: str,
        form: Mapping[str, str],
        scopes: Sequence[str],
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(contract, environment, form, headers)
        self._first = first
        self._scopes = scopes

    def obtain(self, previous: Token | None, now: datetime) -> Flow[Token]:
        """Spend the last refresh token for a token that brings the next one.

        Raises:
            BankFailure: the bank refuses, or its answer is no token.
        """
        spent = (previous.refresh if previous is not None else None) or self._first
        return self._renewed(spent, now, scope=" ".join(self._scopes))
