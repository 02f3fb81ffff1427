"""Changing the JSON of an answer: its rows, its totals, its keys. Numbers keep their exact form.

JSON Lines are the list of their lines, and XML is read as `xml_value` has it.
"""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from decimal import Decimal
from functools import partial
from random import Random
from typing import Any

import httpx
import msgspec

from simulators.faults.delivery import body_of, rewritten
from simulators.faults.xml_value import from_xml, to_xml

__all__ = ["changed", "fields", "luck", "objects", "rows", "value_of"]

LINES = re.compile("ndjson|jsonl")
"""What the media types of JSON Lines have in common."""
_ENCODER = msgspec.json.Encoder(decimal_format="number")


def changed(response: httpx.Response, change: Callable[[Any], None]) -> httpx.Response:
    """The answer after `change` has worked on its value, in place; one of another form than these stays as it is."""
    value, encode = _read(body_of(response) or b"", _media(response))
    if encode is None:
        return response
    change(value)
    return rewritten(response, encode(value))


def value_of(response: httpx.Response) -> Any:
    """The value of an answer; its body where that is of another form or encoding, None where it has none."""
    body = body_of(response)
    with suppress(UnicodeDecodeError):
        # As text: from bytes, other encodings than UTF-8 would be read too, and are another answer.
        value, encode = _read((body or b"").decode(), _media(response))
        if encode is not None:
            return value
    return body


def rows(value: Any) -> Iterator[list[dict[str, Any]]]:
    """Every list of objects in a JSON value, the outer ones first."""
    if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        yield value
    for item in _within(value):
        yield from rows(item)


def objects(value: Any) -> Iterator[dict[str, Any]]:
    """Every object in a JSON value, the inner ones first."""
    for item in _within(value):
        yield from objects(item)
    if isinstance(value, dict):
        yield value


def fields(value: Any) -> Iterator[tuple[dict[str, Any], str]]:
    """Every field of every row, and of the objects in it, as the object that has it and its name.

    Fields with a list in them are left out: without one, a day or an account would look empty, which
    no reader could notice.
    """
    for found in rows(value):
        for row in found:
            yield from _fields(row)


def luck(seed: int, response: httpx.Response) -> Random:
    """A source of chance that depends on the seed and the answer, and on nothing else."""
    return Random(f"{seed}/{body_of(response)!r}")  # noqa: S311 - reproducible, not secret


def _media(response: httpx.Response) -> str:
    return str(response.headers.get("content-type", ""))


def _read(body: bytes | str, media: str) -> tuple[Any, Callable[[Any], bytes] | None]:
    """The value of an answer and what writes it in the same form; no writer where the body is of another form.

    One line alone is the JSON of its own value, but where the media type says that there are lines. A web page is XML
    now and then, and has no value.
    """
    with suppress(ValueError):
        if LINES.search(media) is None:
            return _loads(body), _ENCODER.encode
    with suppress(ValueError):
        lines: Sequence[bytes | str] = body.split("\n") if isinstance(body, str) else body.split(b"\n")
        if found := [_loads(line) for line in lines if line.strip()]:
            return found, _ENCODER.encode_lines
    with suppress(ValueError):
        if "html" not in media:
            name, value = from_xml(body)
            return value, partial(to_xml, name)
    return None, None


def _loads(written: bytes | str) -> Any:
    return json.loads(written, parse_float=Decimal)


def _fields(row: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    for name, value in list(row.items()):
        if not _has_list(value):
            yield row, name
        if isinstance(row.get(name), dict):
            yield from _fields(row[name])


def _has_list(value: Any) -> bool:
    return isinstance(value, list) or any(_has_list(item) for item in _within(value))


def _within(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []
