"""Every field of a contract is read somewhere outside `contracts`; a fact that no code reads binds no side."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import CodeType
from typing import Any, get_args, get_type_hints

import msgspec
import pytest

from contracts.schema import Contract

ROOT = Path(__file__).parents[2]


def structs(kind: Any) -> Iterator[type[msgspec.Struct]]:
    """The structs within a type annotation."""
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        yield kind
    for part in get_args(kind):
        yield from structs(part)


def schema() -> set[type[msgspec.Struct]]:
    """All structs within `Contract`."""
    found: set[type[msgspec.Struct]] = set()
    left: list[type[msgspec.Struct]] = [Contract]
    while left:
        if (kind := left.pop()) not in found:
            found.add(kind)
            for hint in get_type_hints(kind, include_extras=True).values():
                left += structs(hint)
    return found


def used_in(tree: ast.AST) -> set[str]:
    """The names of attributes that a module reads, and with `()` of the methods that it calls."""
    nodes = list(ast.walk(tree))
    called = {id(node.func) for node in nodes if isinstance(node, ast.Call)}
    return {
        f"{node.attr}()" if id(node) in called else node.attr
        for node in nodes
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load)
    }


@cache
def outside() -> set[str]:
    """Every attribute that the gateway or the simulators read, and every method that they call, with `()`."""
    paths = [path for side in ("gateway", "simulators") for path in (ROOT / side).rglob("*.py")]
    return set().union(*(used_in(ast.parse(path.read_text())) for path in paths))


def through_methods(used: set[str]) -> set[str]:
    """The fields that are read by methods of the schema which are used outside."""
    found: set[str] = set()
    for each in schema():
        for name, member in vars(each).items():
            function = member.fget if isinstance(member, property) else member
            if callable(function) and hasattr(function, "__code__") and {name, f"{name}()"} & used:
                found |= names(function.__code__)
    return found


def names(code: CodeType) -> set[str]:
    """The names that a function and the functions within it look up."""
    return set(code.co_names).union(*(names(part) for part in code.co_consts if isinstance(part, CodeType)))


@pytest.mark.parametrize("kind", sorted(schema(), key=lambda each: each.__name__))
def test_every_field_has_a_reader(kind):
    """Each field is read in the gateway or the simulators, directly or by a method of the schema."""
    used = outside() | through_methods(outside())

    assert [name for name in kind.__struct_fields__ if name not in used] == []


def test_a_field_without_a_reader_is_noticed():
    """A field that is only assigned, or whose name is only called as a method, counts as unread."""
    tree = ast.parse("facts.written = 1\nfacts.method()\nprint(facts.read)")

    assert used_in(tree) == {"read", "method()"}
