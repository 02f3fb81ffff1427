"""Recorded traffic as browsers, proxies and HTTP clients save it: HAR 1.2, as far as an exchange needs it."""

import base64
import binascii
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import httpx
import msgspec
from msgspec import Struct

__all__ = ["Recorded", "read_har", "recorded"]


class Recorded(Struct, frozen=True, kw_only=True):
    """One call: what was asked, and what came."""

    at: datetime
    method: str
    url: httpx.URL
    form: dict[str, str]
    status: int
    headers: dict[str, str]
    """Of the answer, names in small letters."""
    text: str


def recorded(at: datetime, request: httpx.Request, response: httpx.Response) -> Recorded:
    """A call that was made here."""
    return Recorded(
        at=at,
        method=request.method,
        url=request.url,
        form=dict(parse_qsl(request.content.decode("utf-8", "replace"), keep_blank_values=True)),
        status=response.status_code,
        headers=dict(response.headers),
        text=response.text,
    )


def read_har(path: Path) -> list[Recorded]:
    """The calls of a HAR file, in their order.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no HAR file.
    """
    try:
        entries = msgspec.json.decode(path.read_bytes())["log"]["entries"]
        return [_call(entry) for entry in entries]
    except (msgspec.DecodeError, LookupError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(f"{path} is no HAR file: {type(error).__name__}: {error}") from error


def _call(entry: dict[str, Any]) -> Recorded:
    asked, answered = entry["request"], entry["response"]
    posted = asked.get("postData") or {}
    pairs = [(each["name"], each.get("value", "")) for each in posted.get("params") or ()]
    if not pairs and "urlencoded" in posted.get("mimeType", ""):
        pairs = parse_qsl(posted.get("text", ""), keep_blank_values=True)
    return Recorded(
        at=datetime.fromisoformat(entry["startedDateTime"]),
        method=asked["method"],
        url=httpx.URL(asked["url"]),
        form=dict(pairs),
        status=answered["status"],
        headers={each["name"].lower(): each["value"] for each in answered.get("headers") or ()},
        text=_content(answered.get("content") or {}),
    )


def _content(content: dict[str, Any]) -> str:
    text: str = content.get("text") or ""
    if content.get("encoding") != "base64":
        return text
    try:
        return base64.b64decode(text, validate=True).decode("utf-8", "replace")
    except binascii.Error as error:
        raise ValueError("an answer is no base64") from error
