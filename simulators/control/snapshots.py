"""The part of the control API that takes a snapshot of a world and restores it."""

import asyncio
from typing import Annotated, Any

from litestar import Controller, MediaType, Request, Response, get, put
from litestar.params import QueryParameter

from simulators.control.answers import Restored
from simulators.control.choices import Simulated, Unfit
from simulators.control.document import answers
from simulators.control.worlds import require_all
from simulators.worlds.snapshot import LARGEST_SNAPSHOT_BYTES, Snapshot, SnapshotError, read_snapshot, text

__all__ = ["SnapshotControl"]


class SnapshotControl(Controller):
    """The calls of `/_sim/snapshot`."""

    path = "/_sim/snapshot"

    @get(responses={200: answers(Snapshot)})
    async def take(self, simulation: Simulated) -> Response[bytes]:
        """What differs from a fresh world, as a file."""
        content = await asyncio.to_thread(lambda: text(simulation.snapshot()))
        return Response(content, media_type=MediaType.JSON)

    @put(request_max_body_size=LARGEST_SNAPSHOT_BYTES)
    async def restore(
        self,
        request: Request[Any, Any, Any],
        simulation: Simulated,
        *,
        everything: Annotated[bool, QueryParameter(name="all")] = False,
    ) -> Restored:
        """Let the world become what a snapshot shows, and nothing else. The shared one needs `all=true`."""
        require_all(simulation, everything, "a snapshot ends accounts, faults and journal of everybody")
        content = await request.body()

        def work() -> Restored:
            found = read_snapshot(content)
            simulation.restore(found)
            return Restored(len(found.accounts), len(found.ledgers), len(found.faults))

        try:
            return await asyncio.to_thread(work)
        except SnapshotError as error:
            raise Unfit(str(error)) from error
