"""One reading as it went over the wire, as text."""

from collections.abc import Collection

import httpx
from msgspec import Struct

from simulators.certify.files.source import Line
from simulators.reasons import why_of

__all__ = ["Asked", "as_text"]

LONGEST_BODY = 600
"""Characters of a body that are shown."""
MOST_SHOWN = 12
"""Calls of one reading that are shown: the first ones and the last ones."""
USUAL_HEADERS = frozenset(
    {"accept", "accept-encoding", "connection", "content-encoding", "content-length", "content-type", "date", "host"}
    | {"set-cookie", "transfer-encoding", "user-agent", "www-authenticate"}
)
"""Headers that lead nowhere; the others may hold a cursor or a count. The type of an answer is shown."""


class Asked(Struct, frozen=True):
    """A request, its answer, and the line of the adapter that waited for it."""

    request: httpx.Request
    response: httpx.Response | None
    """None where the connection broke."""
    line: Line | None


def as_text(calls: list[Asked], secrets: Collection[str] = ()) -> str:
    """The calls as lines, requests and answers; without credentials and tokens.

    Args:
        calls: the calls.
        secrets: what may stand in no header that is shown.
    """
    half = MOST_SHOWN // 2
    if len(calls) <= MOST_SHOWN:
        return "\n".join(_call(call, secrets) for call in calls)
    shown = [_call(call, secrets) for call in (*calls[:half], *calls[-half:])]
    left_out = f"... {len(calls) - MOST_SHOWN} more calls ..."
    return "\n".join([*shown[:half], left_out, *shown[half:]])


def _call(asked: Asked, secrets: Collection[str]) -> str:
    request, response = asked.request, asked.response
    for_token = request.extensions.get("operation") == "token"
    lines = [" ".join([f"> {request.method} {request.url}", *_headers(request.headers, secrets)])]
    if request.content and not for_token:
        lines.append(f"> {_cut(request.content.decode('utf-8', 'replace'))}")
    if response is None:
        return "\n".join([*lines, "< the connection broke"])
    headers = httpx.Headers() if for_token else response.headers
    kind = [f"(content-type: {value})"] if (value := response.headers.get("content-type")) else []
    lines.append(" ".join([f"< {response.status_code}", *kind, *_headers(headers, secrets)]))
    if response.content and not for_token:
        lines.append(f"< {_cut(response.text)}")
    if why := why_of(response):
        # A caller at the bank never learns it; the author of both sides may.
        lines.append(f"  (the simulated bank: {why})")
    return "\n".join(lines)


def _headers(headers: httpx.Headers, secrets: Collection[str]) -> list[str]:
    """The headers that may lead somewhere, without those in which a secret stands."""
    return [
        f"({name}: {value})"
        for name, value in headers.items()
        if name not in USUAL_HEADERS | {"authorization"} and not any(secret in value for secret in secrets)
    ]


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_BODY else f"{text[:LONGEST_BODY]}... ({len(text)} characters)"
