"""Answers of a connection itself: to what is no request, too large or too slow, and when too many are under way."""

import uuid

import msgspec
from uvicorn._types import ASGIReceiveCallable, ASGISendCallable, Scope

from gateway.api.problems import MEDIA_TYPE, problem_of
from gateway.errors import GatewayError
from gateway.limits import REQUEST_CHUNKS, REQUEST_HEAD_BYTES, REQUEST_HEADERS

__all__ = ["busy", "problem"]

DETAILS = {
    "malformed_body": (
        "the bytes received are no HTTP request that can be read in one way only: is it HTTP/1.1, with a Host, with "
        "each of Host, Authorization and Content-Type once at most, and with no Transfer-Encoding but chunked?"
    ),
    "body_too_large": f"the body of a request may have {REQUEST_CHUNKS} chunks",
    "headers_too_large": (
        f"a request may have {REQUEST_HEADERS} headers, together with its address {REQUEST_HEAD_BYTES} bytes"
    ),
    "request_timeout": "the request was not complete in time",
    "gateway_busy": "more requests are under way than this gateway accepts at once",
}


def problem(code: str, public_url: str) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    """Status, headers and body of a problem, with which the connection ends."""
    found = problem_of(GatewayError(code, DETAILS[code]), "", uuid.uuid4().hex, public_url=public_url)
    body = msgspec.json.encode(found)
    headers = {
        "content-type": MEDIA_TYPE,
        "content-length": str(len(body)),
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
        "x-request-id": found.request_id,
        "connection": "close",
    }
    if found.retry_after is not None:
        headers["retry-after"] = str(found.retry_after)
    return found.status, [(name.encode(), value.encode()) for name, value in headers.items()], body


async def busy(public_url: str, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    """Answer that there are too many requests."""
    status, headers, body = problem("gateway_busy", public_url)
    await send({"type": "http.response.start", "status": status, "headers": headers, "trailers": False})
    await send({"type": "http.response.body", "body": body, "more_body": False})
