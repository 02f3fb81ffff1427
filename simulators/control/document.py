"""The OpenAPI document of the control API, with a description of every call, parameter, shape and field.

They are read where they are written: docstrings of handlers, of structs and of the fields of structs. What a
controller adds is described by that as well. Names that mean the same everywhere are described once, here.
"""

import ast
import inspect
import textwrap
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import Any

from litestar.openapi import OpenAPIConfig
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import OpenAPI
from msgspec import Struct

from simulators.version import version

__all__ = ["answers", "openapi_config"]

PATH = "/_sim/schema"
ABOUT = (
    "Control of the simulated banks: accounts, truth, clock, faults, journal, worlds. Every call is about one world: "
    "`/_sim/worlds/NAME/…` or the header `X-World: NAME` names an isolated one, and without either the one that all "
    "share is meant. There is no password: nothing in the simulators is real."
)
NAMES = {
    "account": "Account number.",
    "all": "Whether everybody is meant, in the world that all share.",
    "bank": "Slug of the bank.",
    "busy_day_entries": "Movements of the one busy day; 0 for none.",
    "branch": "Branch, without its check digit where the bank writes it apart.",
    "calls": "How many calls were made.",
    "at_least": "How often at least.",
    "at_most": "How often at most.",
    "days": "Days; below zero back.",
    "detail": "Whether headers and bodies are given, while they are kept.",
    "entry_id": "Id of the movement.",
    "fault": "Name of the fault.",
    "field": "Name of the field; of the other party's with a point.",
    "from": "First day.",
    "id": "Its id.",
    "ids": "Ids of movements of one day, type and direction.",
    "limit": "In words.",
    "method": "HTTP method.",
    "most_per_minute": "Most calls within any minute.",
    "name": "Its name.",
    "never": "Whether it must not have come.",
    "now": "An instant, RFC 3339; without an offset it is Brasília's.",
    "number": "Account number.",
    "operation": "Name of the operation in the contract.",
    "path": "Path of the request.",
    "reason": "What is wrong with it, in words.",
    "refused": "Whether only requests that a rule refused are given.",
    "scenario": "Name of the scenario.",
    "seconds": "Seconds; below zero back.",
    "since": "Instant of the world from which records count, RFC 3339.",
    "slug": "Slug of the bank.",
    "status": "HTTP status.",
    "times": "How often it must have come.",
    "to": "Last day.",
}
"""What fields and parameters without words of their own mean, by name."""


class _Document(OpenAPI):
    """A document that describes all it names."""

    def to_schema(self) -> dict[str, Any]:
        """The document as JSON has it."""
        found = super().to_schema()
        for path in found.get("paths", {}).values():
            for operation in path.values():
                for parameter in operation.get("parameters", ()) if isinstance(operation, dict) else ():
                    _describe(parameter, NAMES.get(parameter["name"]))
        structs = defaultdict(list)
        for each in _structs(Struct):
            structs[each.__name__].append(each)
        for name, schema in found.get("components", {}).get("schemas", {}).items():
            # Other parts of the program may have a struct of the same name.
            fields = schema.get("properties", {}).keys()
            same = (each for each in structs[schema.get("title") or name] if fields == {*each.__struct_encode_fields__})
            if (struct := next(same, None)) is not None:
                _describe_struct(schema, struct)
        return found


class _Config(OpenAPIConfig):
    def to_openapi_schema(self) -> OpenAPI:
        """The document, without its calls."""
        plain = super().to_openapi_schema()
        return _Document(**{name: getattr(plain, name) for name in plain.__dataclass_fields__})


def openapi_config() -> OpenAPIConfig:
    """How the document is made and where it is served."""
    return _Config(
        title="extrato simulators", version=version(), description=ABOUT, path=PATH, use_handler_docstrings=True
    )


def answers(shape: Any) -> ResponseSpec:
    """What a call answers that writes its answer itself."""
    return ResponseSpec(shape, generate_examples=False)


def _describe(schema: dict[str, Any], text: str | None) -> None:
    if text and not schema.get("description"):
        schema["description"] = text


def _describe_struct(schema: dict[str, Any], struct: type[Struct]) -> None:
    _describe(schema, inspect.cleandoc(struct.__doc__ or "").partition("\n\n")[0].replace("\n", " "))
    for name, field in schema.get("properties", {}).items():
        _describe(field, field_texts(struct).get(name) or NAMES.get(name))


@cache
def field_texts(struct: type[Struct]) -> dict[str, str]:
    """The docstrings of a struct's fields, by name, also of those that it inherits."""
    found: dict[str, str] = {}
    for each in reversed(struct.__mro__):
        if not issubclass(each, Struct) or each is Struct:
            continue
        try:
            (tree,) = ast.parse(textwrap.dedent(inspect.getsource(each))).body
        except (OSError, TypeError, SyntaxError):
            continue  # made without a source file
        body = tree.body if isinstance(tree, ast.ClassDef) else []
        for field, text in pairwise(body):
            if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(text, ast.Expr):
                words = ast.literal_eval(text.value) if isinstance(text.value, ast.Constant) else ""
                found[field.target.id] = " ".join(str(words).split())
    return found


def _structs(base: type[Struct]) -> Iterator[type[Struct]]:
    """The structs of the simulators and of what they share with others."""
    for each in base.__subclasses__():
        if each.__module__.partition(".")[0] in {"simulators", "contracts"}:
            yield each
        yield from _structs(each)
