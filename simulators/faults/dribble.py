"""The body comes byte by byte."""

from typing import Annotated, ClassVar

import httpx
from msgspec import Meta

from simulators.faults.delivery import shaped
from simulators.faults.fault import Fault

__all__ = ["Dribble"]


class Dribble(Fault, frozen=True):
    """Sends the head at once and `bytes_per_second` of the body."""

    title: ClassVar = "The body comes byte by byte, slowly"
    failures: ClassVar = frozenset({"bank_unavailable", "deadline_exceeded"})

    bytes_per_second: Annotated[float, Meta(gt=0, le=1000)] = 10.0

    def alter(self, response: httpx.Response) -> httpx.Response:
        """The slow answer."""
        return shaped(response, pause=1 / self.bytes_per_second)
