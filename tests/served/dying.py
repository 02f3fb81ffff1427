"""A gateway that kills itself at one step of a renewal, as a power cut would, or whose wall clock runs ahead.

`DIE_AT` names the step, `WALL_AHEAD` the seconds. Nothing of this is in the product.
"""

import os
import signal
from datetime import timedelta

from gateway.accounts import changes
from gateway.accounts.access import tokens
from gateway.accounts.reading import leases
from gateway.cli import main
from gateway.clock import SystemClock
from gateway.line import wire
from gateway.storage import tokens as token_rows

STEPS = ("before_claim", "claimed", "sent", "answered", "stored")


def die():
    """End as if the power were cut: nothing is closed, nothing is flushed."""
    os.kill(os.getpid(), signal.SIGKILL)


def arm(step):
    """Let the gateway die at a step of the next renewal."""
    mark, put, read, store = (
        token_rows.TokenRows.mark,
        token_rows.TokenRows.put,
        wire.Wire._read,
        tokens.Tokens._store,
    )

    async def dying_mark(self, *args):
        if step == "before_claim":
            die()
        claimed = await mark(self, *args)
        if step == "claimed":
            die()
        return claimed

    async def dying_read(self, response, request):
        if step == "sent" and request.extensions["operation"] == "token":
            die()
        return await read(self, response, request)

    async def dying_store(self, *args):
        if step == "answered":
            die()
        return await store(self, *args)

    async def dying_put(self, *args):
        stored = await put(self, *args)
        if step == "stored":
            die()
        return stored

    token_rows.TokenRows.mark = dying_mark
    token_rows.TokenRows.put = dying_put
    wire.Wire._read = dying_read
    tokens.Tokens._store = dying_store


class HurriedClock(SystemClock):
    """The machine's clock, some seconds ahead."""

    def now(self):
        return super().now() + timedelta(seconds=int(os.environ["WALL_AHEAD"]))


if __name__ == "__main__":
    if os.environ.get("DIE_AT"):
        arm(os.environ["DIE_AT"])
    if os.environ.get("WALL_AHEAD"):
        for claiming in (tokens, leases, changes):
            claiming.SystemClock = HurriedClock
    main()
