"""Decoding of large JSON documents in short steps.

A decoder keeps the interpreter until it ends, also in a thread: thirty megabytes of rows take 0.6 seconds, thirty
megabytes of `[],[],[]` in a field of any type more than four. So a large document is read from its beginning to its end
along its expected type, and no call decodes more than a part of it.

- The members of an object are read one by one. Unknown ones are passed over.
- The items of an array are decoded together, as many as a part holds.
- A value that is not larger than a part is decoded at once.

The same documents are accepted, with the same values, as by `msgspec.json.decode`, except for these limits:

- `BYTES_PER_VALUE` and `BYTES_PER_BRACKET`, on average;
- `JSON_NAMES` in an object that is read member by member;
- a value that is larger than a part is refused unless its type is a struct, a list, a dictionary with texts as keys or,
  for an array or object, `Raw`. So a large text is refused, because any use of it would be one long step as well. A
  text that is passed over may have any size; a number may not, nor a name of an object that is read.
"""

import types
from collections.abc import Iterator, Sequence
from typing import Annotated, Any, TypeVar, Union, cast, get_args, get_origin

import msgspec
from msgspec import DecodeError, Raw, Struct, ValidationError
from msgspec.structs import fields

from gateway.concurrency.pacing import rest
from gateway.large_json.cursor import OPENING, Cursor
from gateway.limits import JSON_NAMES, JSON_PART_BYTES

__all__ = ["decode"]

T = TypeVar("T")

BYTES_PER_VALUE, BYTES_PER_BRACKET = 6, 16
"""Least average in a large document. Answers of banks have three times and five times as many: a row with names and
texts takes some hundred bytes. Documents of bare brackets and commas would take much longer for their size."""


def decode(content: bytes, kind: type[T]) -> T:
    """The document as a value of the type, as `msgspec.json.decode` gives it.

    Raises:
        msgspec.DecodeError: it is not JSON, not of that type, or beyond a limit.
        UnicodeDecodeError: a text is not UTF-8.
        RecursionError: arrays or objects stand too deep within one another.
    """
    if len(content) <= JSON_PART_BYTES:
        return msgspec.json.decode(content, type=kind)
    _refuse_dense(content)
    return cast("T", _Reader(content).document(kind))


def _refuse_dense(content: bytes) -> None:
    """Raise a `ValidationError` if there are too many values for the size."""
    commas = brackets = 0
    for begin in range(0, len(content), JSON_PART_BYTES):
        rest()
        end = begin + JSON_PART_BYTES
        commas += content.count(b",", begin, end)
        brackets += content.count(b"{", begin, end) + content.count(b"[", begin, end)
        if commas > len(content) // BYTES_PER_VALUE or brackets > len(content) // BYTES_PER_BRACKET:
            raise ValidationError("the document has more values than any of its size should have")


class _Reader:
    """A large document, read along its type."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._cursor = Cursor(content, JSON_PART_BYTES)

    def document(self, kind: Any) -> Any:
        """The only value of the document."""
        value = self._value(kind)
        if self._cursor.next():
            raise DecodeError(f"something follows the document (byte {self._cursor.at})")
        return value

    def _value(self, kind: Any) -> Any:
        """The value that comes next."""
        character, begin = self._cursor.next(), self._cursor.at
        # With more than a part left, looking for the end of such a value mostly reads a part for nothing.
        in_vain = len(self._content) - begin > JSON_PART_BYTES and _is_read_in_parts(kind, character)
        if not in_vain and self._cursor.passes(begin + JSON_PART_BYTES):
            return msgspec.json.decode(self._content[begin : self._cursor.at], type=kind)
        return self._large(kind)

    def _large(self, kind: Any) -> Any:
        """The value that comes next, which is larger than a part."""
        character, begin = self._cursor.next(), self._cursor.at
        for each in _members(kind):
            if character == b"[" and get_origin(each) is list:
                return self._array(get_args(each)[0])
            if character == b"{" and get_origin(each) is dict and get_args(each)[0] is str:
                return self._dictionary(get_args(each)[1])
            if character == b"{" and _is_plain_struct(each):
                return self._struct(each)
            if character in OPENING and each is Raw:
                self._cursor.passes()
                return Raw(memoryview(self._content)[begin : self._cursor.at])
        raise ValidationError(f"one value has more than {JSON_PART_BYTES} bytes (byte {begin})")

    def _struct(self, kind: type[Struct]) -> Struct:
        """A struct, each field decoded when it comes."""
        known = {field.encode_name.encode(): field for field in fields(kind)}
        values: dict[str, Any] = {}
        for written in self._names():
            field = known.get(_name(written))
            if field is not None:
                values[field.name] = self._value(field.type)
            elif kind.__struct_config__.forbid_unknown_fields:
                raise ValidationError("Object contains an unknown field")
            else:
                self._cursor.passes()
        for field in known.values():
            if field.required and field.name not in values:
                raise ValidationError(f"Object missing required field `{field.encode_name}`")
        try:
            return kind(**values)
        except (ValueError, TypeError) as error:
            raise ValidationError(str(error)) from error

    def _dictionary(self, kind: Any) -> dict[str, Any]:
        """An object of any names, at most `JSON_NAMES` of them."""
        return {msgspec.json.decode(written, type=str): self._value(kind) for written in self._names()}

    def _names(self) -> Iterator[bytes]:
        """The names of an object as they are written. The caller reads each value before it asks for the next name."""
        self._cursor.expect(b"{")
        if self._cursor.takes(b"}"):
            return
        for _ in range(JSON_NAMES):
            written = self._cursor.text()
            if len(written) > JSON_PART_BYTES:
                raise ValidationError(f"a name has more than {JSON_PART_BYTES} bytes (byte {self._cursor.at})")
            self._cursor.expect(b":")
            yield written
            if self._cursor.takes(b"}"):
                return
            self._cursor.expect(b",")
        raise ValidationError(f"an object has more than {JSON_NAMES} names")

    def _array(self, kind: Any) -> list[Any]:
        """An array, neighbouring items decoded together."""
        items: list[Any] = []
        self._cursor.expect(b"[")
        if self._cursor.takes(b"]"):
            return items
        while True:
            rest()
            self._cursor.next()
            begin = self._cursor.at
            if self._cursor.items():
                items += msgspec.json.decode(b"[" + self._content[begin : self._cursor.at] + b"]", type=list[kind])
            else:
                items.append(self._large(kind))
            if self._cursor.takes(b"]"):
                return items
            self._cursor.expect(b",")


def _members(kind: Any) -> Sequence[Any]:
    """The types of a union, or the one type, without annotations."""
    if get_origin(kind) is Annotated:
        return _members(get_args(kind)[0])
    if get_origin(kind) in {Union, types.UnionType}:
        return [member for each in get_args(kind) for member in _members(each)]
    return [kind]


def _is_read_in_parts(kind: Any, character: bytes) -> bool:
    """Whether a value of the type that begins with this character can be read part by part."""
    # A text and null begin with other characters.
    members = [each for each in _members(kind) if each not in {type(None), str}]
    if not all(get_origin(each) is list or _is_plain_struct(each) for each in members):
        return False
    lists = any(get_origin(each) is list for each in members)
    structs = any(_is_plain_struct(each) for each in members)
    return (lists and character == b"[") or (structs and character == b"{")


def _is_plain_struct(kind: Any) -> bool:
    """Whether its values are objects whose names are its fields, and nothing else."""
    if not (isinstance(kind, type) and issubclass(kind, Struct)):
        return False
    return not kind.__struct_config__.array_like and kind.__struct_config__.tag is None


def _name(written: bytes) -> bytes:
    """A name without quotes and escapes. A name that is not UTF-8 belongs to no field and stays as it is."""
    if b"\\" not in written:
        return written[1:-1]
    try:
        return msgspec.json.decode(written, type=str).encode()
    except UnicodeDecodeError:
        return written
