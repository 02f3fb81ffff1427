"""Decoding of large JSON documents in steps, each of which is short.

A decoder does not let go of the interpreter before it has ended, in a thread neither: thirty megabytes of rows take
0.6 seconds, thirty megabytes of `[],[],[]` in a field of any type more than four. So a large document is taken apart
along the type that it is meant to be.

- An object with known fields is skipped over once, which is fast, and each field then decoded by itself.
- An array is cut between its items where brackets balance, and some hundred kilobytes are decoded at once.
- A large value that has no such type is refused: no bank's documented answer has one.

Documents that are not large are decoded at once.
"""

import re
import types
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Annotated, Any, TypeVar, Union, cast, get_args, get_origin

import msgspec
from msgspec import UNSET, Raw, Struct, ValidationError
from msgspec.structs import fields

from gateway.pacing import rest

__all__ = ["MOST_NAMES", "PART", "decode"]

T = TypeVar("T")

PART = 256 * 1024
"""Bytes that are decoded at once."""
BYTES_PER_VALUE, BYTES_PER_BRACKET = 6, 16
"""At least, on average, in a large document. What banks send has three times and five times as many: a row with names
and texts takes some hundred bytes. Documents of bare brackets and commas would take much longer for their size."""
MOST_NAMES = 1000
"""In an object whose names are open."""

NEXT = re.compile(rb"""[^"\[\]{}]*+(?:"[^"\\]*+(?:\\.[^"\\]*+)*+"[^"\[\]{}]*+)*+[\[\]{}]""", re.DOTALL)
"""All up to the next bracket that stands in no text, and the bracket."""
COMMA = re.compile(rb"[ \t\r\n]*+,[ \t\r\n]*+(?!\])")
GUESSES = 8
"""How often the end of the last whole item is guessed, which is faster than counting brackets."""
OPENING = frozenset(b"[{")
CLOSING = ord("]") - ord("[")
"""From a bracket to its counterpart, which is as far for both kinds."""
BLANK = b" \t\r\n"


def decode(content: bytes, kind: type[T]) -> T:
    """The document as a value of the type, as `msgspec.json.decode` gives it.

    Raises:
        msgspec.DecodeError: it is not JSON, not of that type, or a value in it is too large.
    """
    if len(content) > PART and (
        content.count(b",") > len(content) // BYTES_PER_VALUE
        or content.count(b"{") + content.count(b"[") > len(content) // BYTES_PER_BRACKET
    ):
        raise ValidationError("the document has more values than any of its size should have")
    return cast("T", _decode(content, kind))


def _decode(content: bytes, kind: Any) -> Any:
    if len(content) <= PART:
        return msgspec.json.decode(content, type=kind)
    content = content.strip(BLANK)
    first = content[:1]
    if first not in {b"[", b"{"}:
        # A text or a number, which takes no longer than skipping over it.
        return msgspec.json.decode(content, type=kind)
    for each in _members(kind):
        if each is Raw:
            return msgspec.json.decode(content, type=Raw)
        if first == b"[" and get_origin(each) is list:
            return _array(content, get_args(each)[0])
        if first == b"{" and get_origin(each) is dict:
            return _open_object(content, get_args(each)[1])
        if first == b"{" and isinstance(each, type) and issubclass(each, Struct):
            return _struct(content, each)
    raise ValidationError(f"one value has more than {PART} bytes")


def _members(kind: Any) -> Sequence[Any]:
    """The types of a union, or the one type, without what is annotated."""
    if get_origin(kind) is Annotated:
        return _members(get_args(kind)[0])
    if get_origin(kind) in {Union, types.UnionType}:
        return [member for each in get_args(kind) for member in _members(each)]
    return [kind]


def _struct(content: bytes, kind: type[Struct]) -> Struct:
    """A struct whose fields are decoded one by one; what it does not know is skipped."""
    outline = msgspec.json.decode(content, type=_outline(kind))
    values: dict[str, Any] = {}
    for field in fields(kind):
        raw = getattr(outline, field.name)
        if raw is not UNSET:
            values[field.name] = _decode(bytes(raw), field.type)
        elif field.required:
            raise ValidationError(f"Object missing required field `{field.encode_name}`")
    return kind(**values)


@lru_cache(maxsize=256)
def _outline(kind: type[Struct]) -> type[Struct]:
    """The same fields, none of them decoded."""
    known = fields(kind)
    names = {field.name: field.encode_name for field in known}
    return msgspec.defstruct(
        f"{kind.__name__}Outline", [(field.name, Raw | msgspec.UnsetType, UNSET) for field in known], rename=names
    )


def _open_object(content: bytes, kind: Any) -> dict[str, Any]:
    """An object of any names, few of them."""
    end, outside, count = 1, 0, 0
    for start, after in _containers(content):
        outside += start - end
        end, count = after, count + 1
        if count > MOST_NAMES or outside > PART:
            raise ValidationError(f"an object has more than {MOST_NAMES} names")
    raw = msgspec.json.decode(content, type=dict[str, Raw])
    return {name: _decode(bytes(value), kind) for name, value in raw.items()}


def _array(content: bytes, kind: Any) -> list[Any]:
    """An array, neighbouring items decoded together."""
    items: list[Any] = []
    begin = 1
    while len(content) - begin > PART:
        rest()
        end = _guess(content, begin) or _count(content, begin)
        if end - begin > PART:
            items.append(_decode(content[begin:end], kind))
        else:
            items += _items(content[begin:end], kind)
        comma = COMMA.match(content, end)
        if comma is None:
            if content[end:] != b"]":
                raise msgspec.DecodeError("the items of an array are not separated by a comma each")
            return items
        begin = comma.end()
    if content[-1:] != b"]":
        raise msgspec.DecodeError("an array does not end")
    items += _items(content[begin:-1], kind)
    return items


def _guess(content: bytes, begin: int) -> int:
    """Where the last whole item ends within a part; 0 when it is not found fast. A guess that fits is right."""
    end = begin + PART
    for _ in range(GUESSES):
        end = content.rfind(b"}", begin, end)
        if end < 0:
            break
        try:
            msgspec.json.decode(b"[" + content[begin : end + 1] + b"]", type=Raw)
        except (msgspec.DecodeError, RecursionError):
            continue
        return end + 1
    return 0


def _count(content: bytes, begin: int) -> int:
    """Where the last whole item ends within a part, or the first one that is larger."""
    end = 0
    for _, after in _containers(content, begin):
        if after - begin > PART:
            return end or after
        end = after
    return end


def _items(part: bytes, kind: Any) -> list[Any]:
    return msgspec.json.decode(b"[" + part + b"]", type=list[kind])


def _containers(content: bytes, at: int = 1) -> Iterator[tuple[int, int]]:
    """Where the arrays and objects from `at` on, directly within an array or object, begin and end.

    Raises:
        ValidationError: there are too many bytes without a bracket.
        msgspec.DecodeError: the brackets do not balance, or something follows.
    """
    depth = start = 0
    while depth >= 0:
        found = NEXT.match(content, at, at + PART)
        if found is None:
            raise ValidationError(f"one value has more than {PART} bytes, or the document is cut short")
        at = found.end()
        if content[at - 1] in OPENING:
            if depth == 0:
                start = at - 1
            depth += 1
        else:
            depth -= 1
            if depth == 0:
                yield start, at
                rest()
    if at != len(content) or content[-1] - content[0] != CLOSING:
        raise msgspec.DecodeError("the brackets do not balance, or something follows the document")
