"""Keeps claims fresh while the work lasts for which they were made, so that no other process takes it over."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from gateway.claims import Claim, ClaimLost
from gateway.storage.engine.database import DATABASE_ERRORS
from gateway.work.ending import meanwhile

__all__ = ["kept_fresh"]


@asynccontextmanager
async def kept_fresh(claim: Claim, seconds: float) -> AsyncIterator[None]:
    """Renew a claim each time that so many seconds have passed, while the block lasts.

    The block goes on where the database fails, and where the claim is lost, which is then renewed no more.
    """

    async def renew() -> None:
        with suppress(ClaimLost):
            while True:
                await asyncio.sleep(seconds)
                with suppress(*DATABASE_ERRORS):
                    await claim.renew()

    async with meanwhile(renew()):
        yield
