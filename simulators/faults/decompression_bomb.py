"""A small body that unpacks to a huge one."""

import struct
import zlib
from collections.abc import Iterator
from functools import cache
from typing import Annotated, ClassVar

import httpx
from msgspec import Meta

from simulators.faults.delivery import Lazy, body_of, rewritten
from simulators.faults.fault import Fault

__all__ = ["DecompressionBomb"]

RAW = -zlib.MAX_WBITS
HEAD = b"\x1f\x8b\x08" + bytes(6) + b"\xff"
"""Of a member: its method is deflate; name, time and system are not given."""
MEGABYTE = b" " * 2**20


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
        return rewritten(response, Lazy(lambda: _packed(body, self.megabytes)), {"content-encoding": "gzip"})


def _packed(body: bytes, megabytes: int) -> Iterator[bytes]:
    """One gzip member (RFC 1952). Blanks are packed once and sent again and again; only their checksum is reckoned."""
    packer = zlib.compressobj(wbits=RAW)
    yield HEAD + packer.compress(body) + packer.flush(zlib.Z_FULL_FLUSH)
    checksum, packed = zlib.crc32(body), _blanks()
    for _ in range(megabytes):
        yield packed
        checksum = zlib.crc32(MEGABYTE, checksum)
    length = len(body) + megabytes * len(MEGABYTE)
    yield packer.flush() + struct.pack("<II", checksum, length % 2**32)


@cache
def _blanks() -> bytes:
    """A megabyte of blanks, packed so that it stands by itself within a member."""
    packer = zlib.compressobj(wbits=RAW)
    return packer.compress(MEGABYTE) + packer.flush(zlib.Z_FULL_FLUSH)
