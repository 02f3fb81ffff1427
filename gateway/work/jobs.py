"""A job, the task that does it, and the queue that runs it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol, TypeAlias

from msgspec import Struct

__all__ = ["Job", "Queue", "Task"]

Task: TypeAlias = Callable[[Mapping[str, str]], Awaitable[None]]
"""Does a job, given its arguments.

It may run more than once for one job, since a process may die after the work and before this is noted.
"""


class Job(Struct, frozen=True, kw_only=True):
    """One piece of work."""

    task: str
    """Name of the task that does it."""
    arguments: dict[str, str] = {}
    """Ids and dates; never a secret and never data of a bank, since a queue keeps them as they are."""
    key: str
    """While a job of this key waits, another one is not added."""
    lock: str = ""
    """Jobs of one lock run one after the other, in whatever process; without a lock nothing is waited for."""
    at: datetime | None = None
    """When it may begin; at once where it is None."""


class Queue(Protocol):
    """Runs jobs, now or later, here or elsewhere."""

    async def put(self, jobs: Sequence[Job]) -> None:
        """Add jobs, except those whose key waits already.

        Raises:
            GatewayError: `storage_unavailable`: the queue cannot be reached; some jobs may have been added.
        """
        ...
