"""The pages of the HTTP interface, made of the gateway's OpenAPI document: HTML alone, without any script."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from docs.generator.markdown import bullets, code, table, with_code

__all__ = ["api_pages"]

Schema = Mapping[str, Any]
REFERENCE = re.compile(r"#/components/schemas/(\w+)")
CODES = re.compile(r"`(\w+)`: ([^\n]+)")
CHOICES = {"oneOf": " or ", "anyOf": " or ", "allOf": " and "}
BOUNDS = {
    "minimum": "from {}",
    "maximum": "to {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
    "default": "`{}` by default",
}
METHODS = ("get", "post", "put", "patch", "delete")


def api_pages(document: Schema) -> dict[str, str]:
    """The Markdown of the pages by name: `index`, one for each tag, and `schemas`.

    Args:
        document: the OpenAPI document.

    Raises:
        KeyError: an operation has a tag that the document does not list.
    """
    tags: dict[str, list[tuple[str, str, Schema]]] = {tag["name"]: [] for tag in document["tags"]}
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                tags[item[method]["tags"][0]].append((method, path, item[method]))
    pages = {_page(tag): "\n".join(_tag(tag, operations)) for tag, operations in tags.items()}
    return {"index": "\n".join(_index(document, tags)), "schemas": "\n".join(_schemas(document)), **pages}


def _page(tag: str) -> str:
    """The name of a tag's page. An address with a blank in it would be no link."""
    return tag.lower().replace(" ", "-")


def _index(document: Schema, tags: Mapping[str, list[tuple[str, str, Schema]]]) -> Iterable[str]:
    yield from ("# HTTP API", "")
    yield from (document["info"]["description"], "")
    yield "Send the key as `Authorization: Bearer …`. A running gateway serves this document at `/schema/openapi.json`;"
    yield "`gateway openapi` prints it. Clients can be generated from it."
    yield ""
    for tag, operations in tags.items():
        yield from (f"## {tag}", "")
        yield from table(
            ("call", "what it does"),
            (
                (f"[{_called(method, path)}]({_page(tag)}.md#{_anchor(each)})", each["summary"])
                for method, path, each in operations
            ),
        )
    yield from ("```{toctree}", ":hidden:", "", *map(_page, tags), "schemas", "```", "")


def _called(method: str, path: str) -> str:
    return code(f"{method.upper()} {path}")


def _anchor(operation: Schema) -> str:
    return f"api-{operation['operationId'].lower()}"


def _tag(tag: str, operations: Iterable[tuple[str, str, Schema]]) -> Iterable[str]:
    yield from (f"# API: {tag}", "")
    for method, path, operation in operations:
        yield from _operation(method, path, operation)


def _operation(method: str, path: str, operation: Schema) -> Iterable[str]:
    yield from (f"({_anchor(operation)})=", f"## {operation['summary']}", "")
    yield from (_called(method, path), "")
    if description := operation.get("description"):
        yield from (description, "")
    if operation.get("security") == [{}]:
        yield from ("Needs no key.", "")
    if parameters := operation.get("parameters"):
        yield from ("**Parameters**", "")
        yield from table(
            ("name", "in", "value", "meaning"),
            (
                (
                    code(each["name"]) + (" (required)" if each.get("required") else ""),
                    each["in"],
                    _kind(each["schema"]),
                    with_code(each.get("description", "")),
                )
                for each in parameters
            ),
        )
    if body := operation.get("requestBody"):
        yield from ("**Body**", "")
        yield from bullets(_contents(body["content"]))
    yield from ("**Answers**", "")
    yield from table(
        ("status", "answer"),
        ((status, _answer(answer)) for status, answer in sorted(operation["responses"].items())),
    )


def _answer(answer: Schema) -> str:
    """One answer: what it is, and the links to its failures or to its schema."""
    description = answer.get("description", "")
    if codes := CODES.findall(description):
        return ", ".join(f"[{code(name)}](../guia/falhas.md#{name})" for name, _ in codes)
    headers = ", ".join(map(code, answer.get("headers", {})))
    parts = [with_code(description), "; ".join(_contents(answer.get("content", {}))), headers and f"headers {headers}"]
    return " — ".join(part for part in parts if part)


def _contents(content: Schema) -> list[str]:
    return [f"{code(media)}: {_kind(each.get('schema', {}))}" for media, each in content.items()]


def _schemas(document: Schema) -> Iterable[str]:
    yield from ("# API: schemas", "")
    yield from ("Optional fields may be left out; a field that may be null says so.", "")
    for name, schema in sorted(document["components"]["schemas"].items()):
        yield from (f"(schema-{name.lower()})=", f"## {name}", "")
        if description := schema.get("description"):
            yield from (with_code(description), "")
        if "enum" in schema:
            yield from ("One of " + ", ".join(code(str(each)) for each in schema["enum"]) + ".", "")
        if fields := schema.get("properties"):
            required = schema.get("required", ())
            yield from table(
                ("field", "value", "meaning"),
                (
                    (
                        code(field) + ("" if field in required else " (optional)"),
                        _kind(each),
                        with_code(each.get("description", "")),
                    )
                    for field, each in fields.items()
                ),
            )


def _kind(schema: Schema) -> str:
    """What values a schema has, in a few words with links."""
    if found := REFERENCE.fullmatch(schema.get("$ref", "")):
        return f"[{found[1]}](#schema-{found[1].lower()})"
    if "enum" in schema:
        return ", ".join(code(str(each)) for each in schema["enum"])
    for word, joint in CHOICES.items():
        if word in schema:
            return joint.join(_kind(each) for each in schema[word])
    return _plain_kind(schema)


def _plain_kind(schema: Schema) -> str:
    """What values a schema without reference, choice and list of values has."""
    kind, inner = schema.get("type", "any value"), schema.get("additionalProperties")
    if isinstance(kind, list):
        kind = " or ".join(map(str, kind))
    if kind == "array":
        kind = f"list of {_kind(schema.get('items', {}))}"
    elif kind == "object" and isinstance(inner, Mapping) and inner:
        kind = f"object of {_kind(inner)}"
    if "format" in schema:
        kind = f"{kind} ({schema['format']})"
    bounds = [words.format(schema[name]) for name, words in BOUNDS.items() if schema.get(name) is not None]
    return ", ".join([kind, *bounds])
