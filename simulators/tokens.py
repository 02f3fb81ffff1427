"""Tokens of a simulated bank: access tokens issued, used, expired, replaced; refresh tokens and where they are good."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct

from simulators.reasons import ending

if TYPE_CHECKING:
    from simulators.world import SimulatedAccount, World

__all__ = ["AccessToken", "TokenState", "TokenStore"]


MOST_DEAD_TOKENS = 2_000
"""Expired and replaced tokens of a bank that are still known as such; older ones are as good as never issued."""
MOST_HOMES = 20_000
"""Refresh tokens of a bank whose environment is remembered."""


class TokenState(StrEnum):
    """The state of the token that a call carries."""

    VALID = "valid"
    MISSING = "missing"
    UNKNOWN = "unknown"
    EXPIRED = "expired"
    REPLACED = "replaced"


class AccessToken(Struct, kw_only=True):
    """One issued token."""

    value: str
    environment: str
    """The one that issued it; it is good in no other."""
    account: "SimulatedAccount"
    scopes: tuple[str, ...]
    life: timedelta
    expires_at: datetime
    uses_left: int | None
    """Calls after which it counts as expired; None for no such limit."""
    replaced: bool = False

    @property
    def expires_in(self) -> int:
        """Seconds that it is good for when it is issued."""
        return int(self.life.total_seconds())


class TokenStore:
    """The tokens of one bank.

    Args:
        bank: slug.
        world: gives the time and fresh values.
    """

    def __init__(self, bank: str, world: "World") -> None:
        self._bank = bank
        self._world = world
        self._tokens: dict[str, AccessToken] = {}
        self._homes: dict[str, str] = {}
        self._sweep_at = 2 * MOST_DEAD_TOKENS

    def issue(
        self,
        environment: str,
        account: "SimulatedAccount",
        scopes: tuple[str, ...],
        life: timedelta,
        uses: int = 0,
        value: str = "",
    ) -> AccessToken:
        """A new token; `uses` of 0 sets no limit, `value` is made up when empty."""
        token = AccessToken(
            value=value or self.fresh_value(account.number),
            environment=environment,
            account=account,
            scopes=scopes,
            life=life,
            expires_at=self._world.now() + life,
            uses_left=uses or None,
        )
        self._tokens[token.value] = token
        self._world.issue(token.value)
        if len(self._tokens) >= self._sweep_at:
            self._sweep()
        return token

    def _sweep(self) -> None:
        """Forget all but the newest of the tokens that are good no more."""
        dead = [value for value, token in self._tokens.items() if token.replaced or self._has_ended(token)]
        for value in dead[: max(0, len(dead) - MOST_DEAD_TOKENS)]:
            del self._tokens[value]
        # As many again may come before the next look, so that looking costs little by the token.
        self._sweep_at = 2 * max(len(self._tokens), MOST_DEAD_TOKENS)

    def fresh_value(self, *about: object) -> str:
        """A new opaque value in the form of a UUID."""
        return self._world.fresh_uuid(self._bank, "token", *about)

    def bind(self, refresh: str, environment: str) -> str:
        """Let a refresh token be good in an environment alone; the token itself.

        One that an account holder types into the form has no environment until it is first used.
        """
        self._homes.setdefault(refresh, environment)
        if len(self._homes) > MOST_HOMES:
            del self._homes[next(iter(self._homes))]
        self._world.issue(refresh)
        return refresh

    def is_foreign(self, refresh: str, environment: str) -> bool:
        """Whether a refresh token belongs to another environment; in this one it is worth nothing."""
        return self._homes.get(refresh, environment) != environment

    def use(self, value: str, environment: str) -> tuple[TokenState, AccessToken | None]:
        """Look up the token of a call in an environment, and count the call."""
        if not value:
            return TokenState.MISSING, None
        token = self._tokens.get(value)
        if token is None or token.environment != environment:
            return TokenState.UNKNOWN, None
        if token.replaced:
            return TokenState.REPLACED, None
        if self._has_ended(token) or (token.uses_left is not None and token.uses_left <= 0):
            return TokenState.EXPIRED, None
        if token.uses_left is not None:
            token.uses_left -= 1
        return TokenState.VALID, token

    def why(self, value: str, state: TokenState, environment: str) -> str:
        """Why the token of a call is refused in an environment, in words."""
        token, name = self._tokens.get(value), f"token {ending(value)}"
        if token is None:
            return f"{name} unknown in {environment}"
        if token.environment != environment:
            return f"{name} unknown in {environment}: it was issued in {token.environment}"
        if state is TokenState.REPLACED:
            return f"{name} replaced by a later one, or its account's right to log in was taken away"
        if self._has_ended(token):
            return f"{name} expired at {token.expires_at.isoformat()}"
        return f"{name} expired: it was used as often as it may be"

    def _has_ended(self, token: AccessToken) -> bool:
        """Whether its life is over; not in the middle of a conversation through which the clock glides."""
        return self._world.now() - self._world.clock.hurried() >= token.expires_at

    def replace_all(self, account: "SimulatedAccount") -> None:
        """Invalidate every token of an account."""
        for token in self._tokens.values():
            if token.account is account:
                token.replaced = True
