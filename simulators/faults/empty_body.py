"""A success without a body."""

from typing import Annotated, ClassVar

import httpx
from msgspec import Meta

from simulators.faults.fault import Fault

__all__ = ["EmptyBody"]


class EmptyBody(Fault, frozen=True):
    """Answers `status` and nothing else."""

    title: ClassVar = "A success without a body"
    failures: ClassVar = frozenset({"unexpected_bank_response"})

    status: Annotated[int, Meta(ge=200, le=299)] = 200

    def instead(self, request: httpx.Request) -> httpx.Response:
        """The empty answer."""
        return httpx.Response(self.status, headers={"content-type": "application/json"})
