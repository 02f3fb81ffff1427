"""A gateway that kills itself at one step of a renewal, as a power cut would, or whose wall clock runs ahead.

`DIE_AT` names the step, `WALL_AHEAD` the seconds. Nothing of this is in the product.
"""

import os
import signal
from datetime import timedelta

from gateway.accounts.access import tokens
from gateway.cli import main
from gateway.clock import SystemClock
from gateway.line import wire
from gateway.storage.engine.server_clock import ServerClock
from gateway.storage.shared import tokens as token_rows

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


def hurry(seconds):
    """Let the clocks run ahead by which claims grow stale."""
    for kind in (SystemClock, ServerClock):
        kind.now = later(kind.now, timedelta(seconds=seconds))


def later(now, by):
    """What gives the instant of a clock, and so much more."""
    return lambda clock: now(clock) + by


if __name__ == "__main__":
    if os.environ.get("DIE_AT"):
        arm(os.environ["DIE_AT"])
    if os.environ.get("WALL_AHEAD"):
        hurry(int(os.environ["WALL_AHEAD"]))
    main()
