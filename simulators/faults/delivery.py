"""How an answer travels to the client: whole and at once, unless a fault changes that.

A fault writes it into the answer's extensions; the front end that carries the answer performs it. In process nothing is
waited for: `delivered` gives or raises at once what a client would see. The stream of an answer is its body as it
travels, so that unpacking it remains the reader's work.
"""

from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum

import httpx
import msgspec
from msgspec import Struct

__all__ = [
    "ON_END",
    "Delivery",
    "End",
    "Lazy",
    "arriving",
    "body_of",
    "delivered",
    "delivery_of",
    "end",
    "head_of",
    "rewritten",
    "sent",
    "shaped",
    "unanswered",
]

EXTENSION = "delivery"
ON_END = "on_end"
"""The extension of an answer that says what is done when its delivery has ended."""


class End(StrEnum):
    """How a connection ends that does not end as it should."""

    REFUSED = "refused"
    """The connection is not accepted. One that has been accepted is reset instead."""
    RESET = "reset"
    CLOSED = "closed"
    STALLED = "stalled"
    """Nothing more comes, and it is closed only after a while."""


class Delivery(Struct, frozen=True, kw_only=True):
    """What happens to one answer on its way."""

    end: End | None = None
    after: int | None = None
    """Bytes of the body that come before that end; None: not even the head comes."""
    seconds: float = 60.0
    """How long a stalled connection is kept."""
    before: float = 0.0
    """Seconds before the head."""
    pause: float = 0.0
    """Seconds before each piece of the body."""
    piece: int = 1
    """Bytes of a piece."""
    length_off: int = 0
    """Bytes by which the promised length differs from the true one."""
    connecting: bool = False
    """Whether it happens while the connection is made."""

    @property
    def answers(self) -> bool:
        """Whether the client learns the status."""
        return self.end is None or self.after is not None

    def failure(self, request: httpx.Request | None) -> httpx.TransportError:
        """What a client sees of the end."""
        if self.end is End.STALLED:
            late = httpx.ConnectTimeout if self.connecting else httpx.ReadTimeout
            return late("the bank does not answer", request=request)
        if self.connecting or self.end is End.REFUSED:
            return httpx.ConnectError("the bank takes no connection", request=request)
        if self.end is End.RESET:
            return httpx.ReadError("the bank reset the connection", request=request)
        return httpx.RemoteProtocolError("the bank closed the connection", request=request)


class Lazy(httpx.SyncByteStream):
    """A body that is made while it travels, as often as it is sent.

    Args:
        parts: makes its parts.
    """

    def __init__(self, parts: Callable[[], Iterator[bytes]]) -> None:
        self._parts = parts

    def __iter__(self) -> Iterator[bytes]:
        return self._parts()


def delivery_of(response: httpx.Response) -> Delivery:
    """How an answer travels."""
    found = response.extensions.get(EXTENSION)
    return found if isinstance(found, Delivery) else Delivery()


def shaped(response: httpx.Response, **changes: object) -> httpx.Response:
    """The answer with another way to travel; what is not named of it stays."""
    changed = _copy(response, response.headers, response.stream)
    changed.extensions[EXTENSION] = msgspec.structs.replace(delivery_of(response), **changes)
    return changed


def end(response: httpx.Response) -> None:
    """The answer has been delivered, or its delivery given up: whoever carries it says so."""
    response.extensions[ON_END]()


def unanswered(delivery: Delivery) -> httpx.Response:
    """No answer; its status is never seen."""
    return httpx.Response(503, extensions={EXTENSION: delivery})


def body_of(response: httpx.Response) -> bytes | None:
    """The body as it travels, or None when it is made only then."""
    return b"".join(response.stream) if isinstance(response.stream, httpx.ByteStream) else None


def rewritten(response: httpx.Response, body: bytes | Lazy, headers: Mapping[str, str] | None = None) -> httpx.Response:
    """The answer with another body, as it travels, and with these headers."""
    changed = httpx.Headers(response.headers)
    changed.pop("content-length", None)
    changed.update(headers)
    if isinstance(body, Lazy):
        return _copy(response, changed, body)
    changed["content-length"] = str(len(body))
    return _copy(response, changed, httpx.ByteStream(body))


def head_of(response: httpx.Response) -> list[tuple[bytes, bytes]]:
    """The headers as they are sent, the promised length among them when the body has one."""
    headers = [(name.lower(), value) for name, value in response.headers.raw if name.lower() != b"content-length"]
    promised = _promised(response)
    return headers if promised is None else [*headers, (b"content-length", str(promised).encode())]


def sent(response: httpx.Response) -> Iterator[bytes]:
    """The parts of the body that the bank sends before the delivery ends.

    Raises:
        TypeError: the body can be read only asynchronously, as no bank's can.
    """
    if not isinstance(response.stream, httpx.SyncByteStream):
        raise TypeError("a bank's answer is read synchronously")
    left = delivery_of(response).after
    for part in response.stream:
        yield part[:left]
        if left is not None and (left := left - len(part)) <= 0:
            return


def arriving(response: httpx.Response, request: httpx.Request, patience: float | None = None) -> Iterator[bytes]:
    """The parts of the body that reach a client, without its waiting for them.

    Args:
        response: the answer.
        request: what was asked.
        patience: seconds that the client waits for a byte; None for ever.

    Raises:
        httpx.TransportError: the rest does not come, or not in time.
    """
    delivery, promised, came = delivery_of(response), _promised(response), 0
    if patience is not None and max(delivery.before, delivery.pause) > patience:
        raise httpx.ReadTimeout("the bank is too slow", request=request)
    for part in sent(response):
        yield part if promised is None else part[: max(0, promised - came)]
        came += len(part)
    if delivery.end is not None if promised is None else came < promised:
        raise delivery.failure(request)


def delivered(response: httpx.Response, request: httpx.Request, patience: float | None = None) -> httpx.Response:
    """The answer as a client has it in the end, completely read.

    Raises:
        httpx.TransportError: it does not come, or not whole.
        httpx.DecodingError: it cannot be unpacked.
    """
    if response.is_closed and EXTENSION not in response.extensions:
        return response
    if not (delivery := delivery_of(response)).answers:
        raise delivery.failure(request)
    body = httpx.ByteStream(b"".join(arriving(response, request, patience)))
    whole = httpx.Response(response.status_code, headers=head_of(response), stream=body, request=request)
    whole.read()
    return whole


def _promised(response: httpx.Response) -> int | None:
    """The length of the body as the head tells it, or None when the body is made while it travels."""
    body = body_of(response)
    return None if body is None else max(0, len(body) + delivery_of(response).length_off)


def _copy(
    response: httpx.Response, headers: httpx.Headers, stream: httpx.SyncByteStream | httpx.AsyncByteStream
) -> httpx.Response:
    """The same answer with other parts, already read where its body is there and nothing must be unpacked."""
    copy = httpx.Response(response.status_code, headers=headers, stream=stream, extensions={**response.extensions})
    if isinstance(stream, httpx.ByteStream) and "content-encoding" not in headers:
        copy.read()
    return copy
