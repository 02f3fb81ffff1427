"""Reads the cookies and forms of requests for pages.

The framework's own readers are not used: they cache the last thousand cookies and forms for the life of the process.
Strangers could fill the memory, and keys and passwords that people type would stay in it.
"""

import re
from typing import Any
from urllib.parse import parse_qsl

from litestar import Request

from gateway.errors import CallerError
from gateway.limits import FORM_BYTES, FORM_FIELDS

__all__ = ["FORM", "OURS", "cookie", "fields"]

FORM = "application/x-www-form-urlencoded"
"""Media type of a form without files."""
NO_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
OURS = frozenset({"", "none", "same-origin"})
"""Values of `Sec-Fetch-Site` of a form of a page of ours; old browsers send none."""


def cookie(request: Request[Any, Any, Any], name: str) -> str:
    """The cookie of a name; empty where none came."""
    for part in request.headers.get("cookie", "").split(";"):
        found, _, value = part.partition("=")
        if found.strip() == name:
            return value.strip().strip('"')
    return ""


async def fields(request: Request[Any, Any, Any]) -> list[tuple[str, str]]:
    """The fields of a form without files, in their order.

    Raises:
        ValueError: there are more than `FORM_FIELDS`, or a percent sign escapes nothing, which no browser sends.
        CallerError: it has more than `FORM_BYTES`.
    """
    body = await request.body()
    if len(body) > FORM_BYTES:
        raise CallerError("body_too_large", f"a form without files has more than {FORM_BYTES} bytes")
    if NO_ESCAPE.search(body):
        raise ValueError("a percent sign escapes nothing")
    return parse_qsl(body.decode("latin-1"), keep_blank_values=True, max_num_fields=FORM_FIELDS)
