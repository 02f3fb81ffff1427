"""Lists in the forms in which banks send them: an only item may stand for itself, or items under keys."""

from typing import TypeAlias, TypeVar

import msgspec
from msgspec import Raw, Struct

from gateway import large_json

__all__ = ["ListForm", "items"]

S = TypeVar("S", bound=Struct)

ListForm: TypeAlias = dict[str, Raw] | str | None
"""What may stand where a list is expected: its only item, its items under keys, a blank text, or nothing."""


def items(sent: list[S] | ListForm, kind: type[S]) -> list[S]:
    """The items of a list, in whatever form it was sent.

    Args:
        sent: the list, or what stands in its place.
        kind: the struct of an item.

    Raises:
        ValueError: something stands there that is neither a list nor one of its items.
    """
    if isinstance(sent, list):
        return sent
    if isinstance(sent, str) and sent.strip():
        raise ValueError("a text stands where a list should")
    if not sent or isinstance(sent, str):
        return []
    if all(bytes(value).lstrip().startswith(b"{") for value in sent.values()):
        return [large_json.decode(bytes(value), kind) for value in sent.values()]
    if sent.keys().isdisjoint(field.encode_name for field in msgspec.structs.fields(kind)):
        raise ValueError("an object of unknown form stands where a list should")
    return [large_json.decode(msgspec.json.encode(sent), kind)]
