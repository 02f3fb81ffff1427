"""Changing the JSON of an answer: its rows, its totals, its keys. Numbers keep their exact form."""

import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from random import Random
from typing import Any

import httpx
import msgspec

from simulators.faults.delivery import body_of, rewritten

__all__ = ["changed", "fields", "luck", "objects", "rows"]

_ENCODER = msgspec.json.Encoder(decimal_format="number")


def changed(response: httpx.Response, change: Callable[[Any], None]) -> httpx.Response:
    """The answer after `change` has worked on its JSON value, in place; one that is not JSON stays as it is."""
    body = body_of(response)
    try:
        value = json.loads(body or b"", parse_float=Decimal)
    except ValueError:
        return response
    change(value)
    return rewritten(response, _ENCODER.encode(value))


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
