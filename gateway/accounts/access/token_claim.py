"""The claim of one renewal of a token, which names its owner by the instant at which it was made or last renewed.

Two claims of the same version are a minute apart at least, so that no two processes have the same instant.
"""

import asyncio
from dataclasses import dataclass, field

from gateway.claims import ClaimLost
from gateway.clock import Clock
from gateway.storage.accounts.remembered import RememberedFailure
from gateway.storage.shared.tokens import TokenClaimed, TokenRows
from gateway.work.ending import to_the_end

__all__ = ["TokenClaim"]


@dataclass(eq=False, repr=False)
class TokenClaim:
    """A claim that this process has made."""

    rows: TokenRows
    wall: Clock
    """The time by which claims grow stale."""
    claimed: TokenClaimed
    """Which version of which row, and when."""
    _one_renewal: asyncio.Lock = field(init=False, default_factory=asyncio.Lock)

    async def renew(self) -> None:
        """Show that its process is alive, as `Claim` says; lost too where the row has changed."""
        async with self._one_renewal:
            # To its end: whose claim it is has to be known.
            if not await to_the_end(self._renew()):
                raise ClaimLost(self)

    async def _renew(self) -> bool:
        renewed = await self.rows.extend(self.claimed, self.wall.now())
        self.claimed = renewed or self.claimed
        return renewed is not None

    async def release(self) -> bool:
        """End the claim without a successor; False when it was another process's."""
        return await self.rows.unmark(self.claimed)

    async def bury(self, failure: RememberedFailure) -> bool:
        """End the claim with the bank's final refusal; False when it was another process's."""
        return await self.rows.bury(self.claimed, failure)
