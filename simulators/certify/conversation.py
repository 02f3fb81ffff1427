"""One reading as it went over the wire, as text."""

import httpx
from msgspec import Struct

from simulators.certify.source import Line

__all__ = ["Asked", "as_text"]

LONGEST_BODY = 600
"""Signs of a body that are shown."""
MOST_SHOWN = 12
"""Calls of one reading that are shown: the first ones and the last ones."""
SHOWN_HEADERS = ("content-type", "location", "retry-after")


class Asked(Struct, frozen=True):
    """A request, its answer, and the line of the adapter that waited for it."""

    request: httpx.Request
    response: httpx.Response | None
    """None where the connection broke."""
    line: Line | None


def as_text(calls: list[Asked]) -> str:
    """The calls as lines, requests and answers; without credentials and tokens."""
    half = MOST_SHOWN // 2
    if len(calls) <= MOST_SHOWN:
        return "\n".join(map(_call, calls))
    left_out = f"... {len(calls) - MOST_SHOWN} more calls ..."
    return "\n".join([*map(_call, calls[:half]), left_out, *map(_call, calls[-half:])])


def _call(asked: Asked) -> str:
    request, response = asked.request, asked.response
    lines = [f"> {request.method} {request.url}"]
    if request.content and request.extensions.get("operation") != "token":
        lines.append(f"> {_cut(request.content.decode('utf-8', 'replace'))}")
    if response is None:
        return "\n".join([*lines, "< the connection broke"])
    headers = (f"{name}: {response.headers[name]}" for name in SHOWN_HEADERS if name in response.headers)
    lines.append(" ".join([f"< {response.status_code}", *(f"({header})" for header in headers)]))
    if request.extensions.get("operation") != "token" and response.content:
        lines.append(f"< {_cut(response.text)}")
    return "\n".join(lines)


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_BODY else f"{text[:LONGEST_BODY]}... ({len(text)} signs)"
