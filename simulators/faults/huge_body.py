"""A body larger than anybody should read."""

from collections.abc import Iterator
from typing import Annotated, ClassVar

import httpx
from msgspec import Meta

from simulators.faults.delivery import Lazy, body_of, rewritten
from simulators.faults.fault import Fault

__all__ = ["HugeBody", "padded"]

PART = b" " * 65_536
PARTS_PER_MEGABYTE = 16


class HugeBody(Fault, frozen=True):
    """Sends the right answer, then so many megabytes of blanks, which JSON allows. It is made while it is sent."""

    title: ClassVar = "The body is larger than anybody should read"
    failures: ClassVar = frozenset({"unexpected_bank_response"})

    megabytes: Annotated[int, Meta(ge=1, le=1024)] = 64

    def alter(self, response: httpx.Response) -> httpx.Response:
        """The huge answer."""
        body = body_of(response)
        return response if body is None else rewritten(response, Lazy(lambda: padded(body, self.megabytes)))


def padded(body: bytes, megabytes: int) -> Iterator[bytes]:
    """A body followed by blanks, part by part."""
    yield body
    for _ in range(megabytes * PARTS_PER_MEGABYTE):
        yield PART
