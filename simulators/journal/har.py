"""The journal as an HTTP Archive (HAR 1.2), which browsers' developer tools and other programs read."""

from collections.abc import Iterable
from http.client import responses
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from simulators.journal.masks import Secrets
from simulators.journal.records import Part, Record
from simulators.journal.shown import body_text, header_list
from simulators.version import version

__all__ = ["archive"]

UNKNOWN = -1
"""What HAR writes for a size that is not known."""


def archive(records: Iterable[Record], secrets: Secrets) -> dict[str, Any]:
    """The archive of records. A call whose connection was cut has status 0; its comment says why it failed."""
    entries = [_entry(record, secrets) for record in records]
    creator = {"name": "extrato simulators", "version": version()}
    return {"log": {"version": "1.2", "creator": creator, "entries": entries}}


def _entry(record: Record, secrets: Secrets) -> dict[str, Any]:
    milliseconds = record.milliseconds or 0
    return {
        "startedDateTime": record.at.isoformat(),
        "time": milliseconds,
        "request": _request(record, secrets),
        "response": _response(record, secrets),
        "cache": {},
        "timings": {"send": 0, "wait": milliseconds, "receive": 0},
        "comment": secrets.masked(record.why),
        "_bank": record.bank,
        "_operation": record.operation,
        "_account": record.account,
        "_fault": record.fault,
        "_faults": msgspec.to_builtins(record.faults),
    }


def _request(record: Record, secrets: Secrets) -> dict[str, Any]:
    part = record.detail.request if record.detail is not None else None
    query = secrets.masked(record.query)
    found: dict[str, Any] = {
        "method": record.method or "CONNECT",
        "url": f"https://{record.host}{secrets.masked(record.path) or '/'}" + (f"?{query}" if query else ""),
        **_common(part, secrets),
        "queryString": [{"name": name, "value": value} for name, value in parse_qsl(query, keep_blank_values=True)],
    }
    if part is not None and part.length:
        found["postData"] = {"mimeType": _type(part), "params": [], "text": body_text(part, secrets)}
    return found


def _response(record: Record, secrets: Secrets) -> dict[str, Any]:
    part = record.detail.answer if record.detail is not None else None
    status = record.status or 0
    content: dict[str, Any] = {"size": part.length if part is not None else 0, "mimeType": "x-unknown"}
    if part is not None and record.status is not None:
        content |= {"mimeType": _type(part), "text": body_text(part, secrets)}
    headers = dict(header_list(part, secrets)) if part is not None else {}
    return {
        "status": status,
        "statusText": responses.get(status, ""),
        **_common(part, secrets),
        "content": content,
        "redirectURL": headers.get("location", ""),
    }


def _common(part: Part | None, secrets: Secrets) -> dict[str, Any]:
    headers = header_list(part, secrets) if part is not None else []
    return {
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": [{"name": name, "value": value} for name, value in headers],
        "headersSize": UNKNOWN,
        "bodySize": part.length if part is not None else UNKNOWN,
    }


def _type(part: Part) -> str:
    found = (value for name, value in part.headers if name.lower() == b"content-type")
    return next(found, b"x-unknown").decode("latin-1")
