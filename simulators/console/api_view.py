"""An OpenAPI document as a page shows it: its operations in order, with what goes in and what comes out."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

__all__ = ["ShownField", "ShownOperation", "shown_operations"]

METHODS = ("get", "post", "put", "patch", "delete")
REFERENCE = "#/components/schemas/"
DEEPEST = 3
"""Levels of a schema's name that are written out, such as a list of lists."""
BOUNDS = {"minimum": "≥ {}", "maximum": "≤ {}", "minLength": "≥ {} caracteres", "maxLength": "≤ {} caracteres"}


class ShownField(Struct, frozen=True):
    """A parameter, or a field of a body."""

    name: str
    place: str
    """`path`, `query`, `header` or `body`."""
    kind: str
    required: bool
    description: str


class ShownOperation(Struct, frozen=True):
    """One call."""

    anchor: str
    method: str
    path: str
    summary: str
    description: str
    servers: tuple[str, ...]
    needs: str
    """What a call has to show; empty where nothing is needed."""
    fields: tuple[ShownField, ...]
    answers: tuple[tuple[str, str], ...]
    """Status and meaning."""


def shown_operations(document: Mapping[str, Any]) -> list[ShownOperation]:
    """The operations of a document, in its order."""
    return [
        _shown(document, path, method, item)
        for path, item in document["paths"].items()
        for method in METHODS
        if method in item
    ]


def _shown(document: Mapping[str, Any], path: str, method: str, item: Mapping[str, Any]) -> ShownOperation:
    operation = item[method]
    parameters = [*item.get("parameters", ()), *operation.get("parameters", ())]
    fields = [
        ShownField(
            each["name"],
            each["in"],
            _kind(document, each.get("schema", {})),
            bool(each.get("required")),
            each.get("description", ""),
        )
        for each in parameters
    ]
    return ShownOperation(
        anchor=f"{method}-{path.strip('/').replace('/', '-').replace('{', '').replace('}', '')}",
        method=method.upper(),
        path=path,
        summary=operation.get("summary", ""),
        description=operation.get("description", ""),
        servers=tuple(each["url"] for each in operation.get("servers", ())),
        needs=_needs(operation.get("security", [])),
        fields=(*fields, *_body_fields(document, operation.get("requestBody", {}))),
        answers=tuple((status, each.get("description", "")) for status, each in operation["responses"].items()),
    )


def _body_fields(document: Mapping[str, Any], body: Mapping[str, Any]) -> list[ShownField]:
    found = []
    for media in body.get("content", {}).values():
        schema = _resolved(document, media.get("schema", {}))
        required = schema.get("required", ())
        found += [
            ShownField(name, "body", _kind(document, each), name in required, each.get("description", ""))
            for name, each in schema.get("properties", {}).items()
        ]
    return found


def _kind(document: Mapping[str, Any], schema: Mapping[str, Any], depth: int = 0) -> str:
    """The type of a value in a few words."""
    if depth > DEEPEST:
        return "…"
    for choice in ("oneOf", "anyOf", "allOf"):
        if choice in schema:
            kinds = dict.fromkeys(_kind(document, each, depth + 1) for each in schema[choice])
            return " ou ".join(kind for kind in kinds if kind)
    if "$ref" in schema:
        return str(schema["$ref"]).removeprefix(REFERENCE)
    if "enum" in schema:
        return " ou ".join(map(str, schema["enum"]))
    kind = schema.get("type", "")
    text = " ou ".join(kind) if isinstance(kind, list) else str(kind)
    if text == "array":
        text = f"lista de {_kind(document, schema.get('items', {}), depth + 1)}"
    if "format" in schema:
        text += f" ({schema['format']})"
    bounds = [form.format(schema[name]) for name, form in BOUNDS.items() if name in schema]
    return ", ".join([text, *bounds]) if text else ", ".join(bounds)


def _resolved(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    reference = str(schema.get("$ref", ""))
    if not reference.startswith(REFERENCE):
        return schema
    found: Mapping[str, Any] = document["components"]["schemas"][reference.removeprefix(REFERENCE)]
    return found


def _needs(security: list[Mapping[str, list[str]]]) -> str:
    ways = [
        " e ".join(f"{name} ({', '.join(scopes)})" if scopes else name for name, scopes in each.items())
        for each in security
        if each
    ]
    return " ou ".join(ways)
