"""An access token is taken for expired before its time."""

from typing import ClassVar

from simulators.faults.fault import Fault
from simulators.tokens import TokenState

__all__ = ["TokenExpired"]


class TokenExpired(Fault, frozen=True):
    """Lets the bank answer as to an expired token. Applied once, it costs a new token and nothing else."""

    title: ClassVar = "The access token expires before its time"
    failures: ClassVar = frozenset({"invalid_credentials"})

    @property
    def statuses(self) -> frozenset[int]:
        """The one with which banks refuse a token."""
        return frozenset({401})

    def token(self, state: TokenState) -> TokenState:
        """The token has expired."""
        return TokenState.EXPIRED
