"""What the fields of bodies mean, in the OpenAPI document: the text below each field of a struct, as in its source."""

import ast
import inspect
import sys
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise
from typing import Any

from litestar.openapi.spec import Reference, Schema
from litestar.plugins import OpenAPISchemaPlugin
from litestar.typing import FieldDefinition
from msgspec import Struct, structs

__all__ = ["DescribedStructs", "meanings_of"]


class DescribedStructs(OpenAPISchemaPlugin):
    """Adds to the framework's schema of a struct what its fields mean, where a field does not say it by `Meta`.

    The application names it before the framework's own plugins, so that it is asked first, and asks them itself.
    """

    def is_plugin_supported_field(self, field_definition: FieldDefinition) -> bool:
        """Whether it is a struct."""
        return not field_definition.is_union and field_definition.is_subclass_of(Struct)

    def to_openapi_schema(self, field_definition: FieldDefinition, schema_creator: Any) -> Schema:
        """The schema of a struct."""
        others = (each for each in schema_creator.plugins if isinstance(each, OpenAPISchemaPlugin) and each is not self)
        framework = next(each for each in others if each.is_plugin_supported_field(field_definition))
        schema: Schema = framework.to_openapi_schema(field_definition, schema_creator)
        kind: type[Struct] = field_definition.type_
        meanings, properties = meanings_of(kind), schema.properties or {}
        for field in structs.fields(kind):
            meaning, found = meanings.get(field.name), properties.get(field.encode_name)
            if meaning is None or found is None or found.description:
                continue
            if isinstance(found, Reference):
                # The framework completes this very object later.
                found.description = meaning
            else:
                properties[field.encode_name] = replace(found, description=meaning)
        return schema


def meanings_of(kind: type) -> dict[str, str]:
    """The text below each field of a class and of those that it extends; none where the source is not at hand."""
    found: dict[str, str] = {}
    for each in reversed(kind.__mro__):
        if issubclass(each, Struct) and each is not Struct:
            found |= _written_in(each.__module__).get(each.__name__, {})
    return found


@lru_cache
def _written_in(module: str) -> dict[str, dict[str, str]]:
    """The texts of a module's classes. Python keeps none of them, so that its source is read."""
    try:
        tree = ast.parse(inspect.getsource(sys.modules[module]))
    except (OSError, TypeError):
        return {}
    return {each.name: dict(_meanings(each)) for each in tree.body if isinstance(each, ast.ClassDef)}


def _meanings(kind: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for pair in pairwise(kind.body):
        match pair:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                yield name, " ".join(text.split())
