"""Content codings of large answers: gzip, and zstd where Python has it (from 3.14) or `extrato[zstd]` is installed.

A body is compressed as it is made, so that a streamed answer takes no more memory than an uncompressed one. One that
breaks off lacks the end that its coding demands.
"""

import zlib
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from typing import Any, Protocol

from litestar import Request
from msgspec import Struct

from gateway.api.accepting import accepted_by
from gateway.concurrency.workers import LARGE
from gateway.limits import COMPRESSED_FROM_BYTES, GZIP_LEVEL, MUCH_BYTES

__all__ = ["CODINGS", "Coding", "coded", "coding_of"]

GZIP_WRAPPER = zlib.MAX_WBITS | 16
ANY = "*"


class Compressor(Protocol):
    """Compresses one body, part by part."""

    def compress(self, part: bytes, /) -> bytes: ...
    def flush(self) -> bytes: ...


class Coding(Struct, frozen=True):
    """A content coding."""

    name: str
    """In `Accept-Encoding` and `Content-Encoding`."""
    compressor: Callable[[], Compressor]
    """Makes the compressor of one body."""

    def packed(self, parts: Iterable[bytes]) -> Iterator[bytes]:
        """The compressed body of these parts, in parts that are never empty."""
        compressor = self.compressor()
        for part in parts:
            if compressed := compressor.compress(part):
                yield compressed
        yield compressor.flush()

    def whole(self, body: bytes) -> bytes:
        """A compressed body."""
        return b"".join(self.packed([body]))


def _gzip() -> Compressor:
    return zlib.compressobj(GZIP_LEVEL, zlib.DEFLATED, GZIP_WRAPPER)


def _zstd() -> list[Coding]:
    for name in ("compression.zstd", "backports.zstd"):
        try:
            found: Any = import_module(name)
        except ImportError:
            continue
        return [Coding("zstd", found.ZstdCompressor)]
    return []


CODINGS = (*_zstd(), Coding("gzip", _gzip))
"""Those that this process has; where a caller accepts several alike, the first is chosen."""


def coding_of(request: Request[Any, Any, Any]) -> Coding | None:
    """The coding that a caller prefers by `Accept-Encoding` (RFC 9110 section 12.5.3); None for a body as it is."""
    accepted = accepted_by(",".join(request.headers.getall("accept-encoding", [])))
    weights = {each.name: accepted.get(each.name, accepted.get(ANY, 0.0)) for each in CODINGS}
    best = max(CODINGS, key=lambda each: weights[each.name])
    # A body as it is need not be named to be acceptable; it is preferred only where its weight is greater.
    return best if weights[best.name] > 0 and weights[best.name] >= accepted.get("identity", 0.0) else None


async def coded(body: bytes, coding: Coding | None, headers: dict[str, str]) -> bytes:
    """A body in the coding that the caller accepts, which the headers then name; a short one as it is."""
    if coding is None or len(body) < COMPRESSED_FROM_BYTES:
        return body
    headers["Content-Encoding"] = coding.name
    return await LARGE.run_if(len(body) > MUCH_BYTES, coding.whole, body)
