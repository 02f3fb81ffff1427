"""Recorded traffic as browsers, proxies and HTTP clients save it: HAR 1.2, as far as an exchange needs it."""

import base64
import binascii
from contextlib import suppress
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import httpx
import msgspec
from msgspec import Struct

from simulators.certify.exchanges.played import form_and_body
from simulators.texts.files import content_of

__all__ = ["JSON", "Recorded", "read_har", "recorded"]

JSON: msgspec.json.Decoder[Any] = msgspec.json.Decoder(float_hook=Decimal)
"""Numbers with decimals stay exact."""
LARGEST_HAR_BYTES = 256_000_000
"""A browser saves all that a page has loaded."""


class Recorded(Struct, frozen=True, kw_only=True):
    """One call: what was asked, and what came."""

    at: datetime
    method: str
    url: httpx.URL
    form: dict[str, str]
    body: Any = None
    """The JSON that was asked with; None where there was none."""
    status: int
    headers: dict[str, str]
    """Of the answer, names in small letters."""
    text: str


def recorded(at: datetime, request: httpx.Request, response: httpx.Response) -> Recorded:
    """A call that was made here."""
    form, body = form_and_body(request)
    return Recorded(
        at=at,
        method=request.method,
        url=request.url,
        form=form,
        body=body,
        status=response.status_code,
        headers=dict(response.headers),
        text=response.text,
    )


class _Pair(Struct):
    """A header, or a field of a form."""

    name: str
    value: str = ""


class _Posted(Struct, rename="camel"):
    """The body of a request."""

    mime_type: str | None = None
    text: str | None = None
    params: list[_Pair] | None = None


class _Asked(Struct, rename="camel"):
    """A request."""

    method: str
    url: str
    post_data: _Posted | None = None


class _Content(Struct):
    """The body of an answer."""

    text: str | None = None
    encoding: str | None = None


class _Answered(Struct):
    """An answer."""

    status: int
    headers: list[_Pair] | None = None
    content: _Content | None = None


class _Entry(Struct, rename="camel"):
    """A call."""

    started_date_time: str
    request: _Asked
    response: _Answered


class _Log(Struct):
    """All calls."""

    entries: list[_Entry]


class _Har(Struct):
    """A file."""

    log: _Log


def read_har(path: Path) -> list[Recorded]:
    """The calls of a HAR file, in their order.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no HAR file, or larger than `LARGEST_HAR_BYTES`.
    """
    content = content_of(path, LARGEST_HAR_BYTES)
    try:
        return [_call(entry) for entry in msgspec.json.decode(content, type=_Har).log.entries]
    except (ValueError, httpx.InvalidURL, RecursionError) as error:  # those of msgspec are of the first kind
        raise ValueError(f"{path} is no HAR file: {error}") from error


def _call(entry: _Entry) -> Recorded:
    asked, answered = entry.request, entry.response
    posted = asked.post_data or _Posted()
    pairs = [(each.name, each.value) for each in posted.params or ()]
    if not pairs and "urlencoded" in (posted.mime_type or ""):
        pairs = parse_qsl(posted.text or "", keep_blank_values=True)
    return Recorded(
        at=datetime.fromisoformat(entry.started_date_time),
        method=asked.method,
        url=httpx.URL(asked.url),
        form=dict(pairs),
        body=_json(posted),
        status=answered.status,
        headers={each.name.lower(): each.value for each in answered.headers or ()},
        text=_text(answered.content or _Content()),
    )


def _json(posted: _Posted) -> Any:
    """What was posted as JSON, numbers as they were written; None where it was something else."""
    with suppress(msgspec.DecodeError):  # of a page besides, which a browser saves too
        if "json" in (posted.mime_type or ""):
            return JSON.decode(posted.text or "null")
    return None


def _text(content: _Content) -> str:
    text = content.text or ""
    if content.encoding != "base64":
        return text
    try:
        return base64.b64decode(text, validate=True).decode("utf-8", "replace")
    except binascii.Error as error:
        raise ValueError("an answer is no base64") from error
