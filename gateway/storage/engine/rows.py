"""Rows as the frozen structs that queries return."""

from typing import Any, TypeVar

from msgspec import Struct

__all__ = ["struct_of"]

S = TypeVar("S", bound=Struct)


def struct_of(kind: type[S], row: Any, **given: Any) -> S:
    """A row of a query as a struct: each field is given, or is the column of its name."""
    columns = {name: getattr(row, name) for name in kind.__struct_fields__ if name not in given}
    return kind(**columns, **given)
