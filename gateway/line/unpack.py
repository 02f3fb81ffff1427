"""Unpacks bodies of answers: `gzip` in bounded steps, any other coding is refused.

The decoders of `httpx` unpack all received bytes at once, through as many codings as the bank names: a few kilobytes
packed twice become gigabytes before their size can be checked. They also accept a packed body that is cut short.
"""

import asyncio
import zlib
from collections.abc import AsyncIterator, Iterator

import httpx

from gateway.limits import ANSWER_PART_BYTES, ANSWER_PARTS, UNPACK_STEP_BYTES

__all__ = ["ACCEPTED", "unpacked"]

ACCEPTED = "gzip"
"""Value of the header `Accept-Encoding`."""

GZIP = zlib.MAX_WBITS | 16


async def unpacked(response: httpx.Response, most: int) -> AsyncIterator[bytes]:
    """The body's bytes, in parts of bounded size, between which the event loop serves others.

    Args:
        response: whose body is read.
        most: bytes of an unpacked body that the caller takes. Its packed size is bounded by it too: a packed body that
            unpacks to nothing would otherwise never end.

    Raises:
        httpx.DecodingError: it cannot be unpacked, or is cut short, or has far more bytes than that, or arrives in
            crumbs without an end.
        httpx.TransportError: the connection failed.
    """
    if response.is_stream_consumed:
        # A transport within the process may hand over an answer that has been read, and unpacked, already.
        yield response.content
        return
    coding = response.headers.get("content-encoding", "identity").strip().lower()
    if coding in {"", "identity"}:
        async for part in _received(response):
            yield part
    elif coding in {"gzip", "x-gzip"}:
        gunzip, size = _Gunzip(), 0
        async for packed in _received(response):
            size += len(packed)
            if size > most + UNPACK_STEP_BYTES:
                raise httpx.DecodingError("the packed body is too large")
            for part in gunzip.unpack(packed):
                yield part
                # A few kilobytes may unpack to many parts.
                await asyncio.sleep(0)
        gunzip.end()
    else:
        raise httpx.DecodingError("the coding of the body is none that was asked for")


async def _received(response: httpx.Response) -> AsyncIterator[bytes]:
    """The body's bytes as they arrive.

    Raises:
        httpx.DecodingError: more than `ANSWER_PARTS` have come, of fewer than `ANSWER_PART_BYTES` bytes each.
    """
    number = size = 0
    async for part in response.aiter_raw():
        number += 1
        size += len(part)
        if number > ANSWER_PARTS and size < number * ANSWER_PART_BYTES:
            raise httpx.DecodingError(f"the body arrives in parts of fewer than {ANSWER_PART_BYTES} bytes")
        yield part
        # Thousands of parts may have been received at once; the next ones come without any wait for the network.
        await asyncio.sleep(0)


class _Gunzip:
    """RFC 1952: one packed member after another."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(GZIP)
        self._begun = False

    def unpack(self, packed: bytes) -> Iterator[bytes]:
        """The unpacked contents of these bytes.

        Raises:
            httpx.DecodingError: they are not gzip.
        """
        try:
            while packed:
                if self._member.eof:
                    self._member = zlib.decompressobj(GZIP)
                self._begun = True
                while part := self._member.decompress(packed, UNPACK_STEP_BYTES):
                    yield part
                    packed = self._member.unconsumed_tail
                packed = self._member.unused_data
        except zlib.error as error:
            raise httpx.DecodingError(str(error)) from error

    def end(self) -> None:
        """Check that the body is whole, when there are no more bytes.

        Raises:
            httpx.DecodingError: it is cut short.
        """
        if self._begun and not self._member.eof:
            raise httpx.DecodingError("the packed body is cut short")
