"""A small body that unpacks to a huge one."""

import zlib
from collections.abc import Iterator
from typing import Annotated, ClassVar

import httpx
from msgspec import Meta

from simulators.faults.delivery import Lazy, body_of, rewritten
from simulators.faults.fault import Fault
from simulators.faults.huge_body import padded

__all__ = ["DecompressionBomb"]

GZIP = 16 + zlib.MAX_WBITS


class DecompressionBomb(Fault, frozen=True):
    """Sends the right answer and so many megabytes of blanks, packed about a thousand to one while it is sent."""

    title: ClassVar = "A small body unpacks to a huge one"
    failures: ClassVar = frozenset({"unexpected_bank_response"})

    megabytes: Annotated[int, Meta(ge=1, le=1024)] = 256

    def alter(self, response: httpx.Response) -> httpx.Response:
        """The answer that grows."""
        body = body_of(response)
        if body is None:
            return response
        return rewritten(response, Lazy(lambda: _packed(padded(body, self.megabytes))), {"content-encoding": "gzip"})


def _packed(parts: Iterator[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(wbits=GZIP)
    for part in parts:
        if packed := packer.compress(part):
            yield packed
    yield packer.flush()
