"""The error about a body that is JSON but not the expected struct: names every wrong field, by the caller's names.

Each says what the field has to be, in English and in Portuguese, and never what it was: that may be a secret.
"""

import re
from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import inspect

from gateway.errors import CallerError, FieldErrors
from gateway.limits import UNKNOWN_FIELDS_NAMED
from gateway.texts.wordings import INSTANT, MISSING, choose

__all__ = ["invalid_body", "invalid_value"]

KINDS = {
    "str": "Deve ser um texto.",
    "int": "Deve ser um número inteiro.",
    "bool": "Deve ser verdadeiro ou falso.",
    "object": "Deve ser um objeto.",
    "array": "Deve ser uma lista.",
}
"""What a value has to be, by msgspec's word for it."""
UNDOCUMENTED = "Este campo não tem a forma documentada."
WORDINGS: tuple[tuple[str, Callable[[re.Match[str]], str]], ...] = (
    (r"Expected str of length >= 1", lambda _: "Não pode ficar vazio."),
    (r"Expected str of length <= (\d+)", lambda found: f"No máximo {found[1]} caracteres."),
    (r"Expected int >= (\d+)", lambda found: f"No mínimo {found[1]}."),
    (r"Expected int <= (\d+)", lambda found: f"No máximo {found[1]}."),
    (r"Expected array of length >= 1", lambda _: "No mínimo 1 item."),
    (r"Expected array of length <= (\d+)", lambda found: f"No máximo {found[1]} itens."),
    (r"Invalid RFC3339 encoded datetime|Expected datetime with a timezone.*", lambda _: INSTANT),
    (r"Expected (\w+)( \| null)?, got \w+", lambda found: KINDS.get(found[1], UNDOCUMENTED)),
)
"""msgspec's messages in Portuguese, without the ticks in them."""


def invalid_body(raw: bytes, kind: type[Any], message: str) -> CallerError:
    """The error of a body that msgspec has refused.

    Args:
        raw: the body, JSON.
        kind: the expected struct.
        message: msgspec's message about the first error.
    """
    errors = FieldErrors()
    try:
        body = msgspec.json.decode(raw)
        if isinstance(body, dict):
            _check_fields(body, kind, errors)
            errors.check()
    except CallerError as error:
        return error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    return invalid_value("", message, kind)


def _check_fields(body: dict[str, Any], kind: type[Any], errors: FieldErrors) -> None:
    """Check each field by itself, in the order of the struct, and then find the unknown ones."""
    fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    for name, field in fields.items():
        with errors.collected():
            if name not in body and field.required:
                raise _missing(name)
            if name in body:
                try:
                    msgspec.convert(body[name], field.type)
                except msgspec.ValidationError as error:
                    raise invalid_value(name, str(error), field.type) from error
    for name in [name for name in body if name not in fields][:UNKNOWN_FIELDS_NAMED]:
        with errors.collected():
            raise _unknown(name)


def invalid_value(name: str, message: str, kind: Any = None) -> CallerError:
    """The error about a field or a parameter that msgspec has refused.

    Args:
        name: of the field; empty for the whole body.
        message: msgspec's, which names what is wrong within the field.
        kind: the expected type of the field.
    """
    where = re.search(r" - at `\$([^`]*)`$", message)
    inner = where[1] if where else ""
    path = f"{name}{inner}".lstrip(".")
    reason = message.split(" - at ", 1)[0].replace("`", "")
    if found := re.match(r"Object missing required field (\S+)", reason):
        return _missing(f"{path}.{found[1]}".lstrip("."))
    if found := re.match(r"Object contains unknown field (\S+)", reason):
        return _unknown(f"{path}.{found[1]}".lstrip("."))
    if reason.startswith("Invalid enum value"):
        # That message repeats the value.
        choices = ", ".join(_choices(inspect.type_info(kind), inner))
        detail, portuguese = f"`{path}` must be one of {choices}", choose(choices)
    else:
        matches = ((re.fullmatch(pattern, reason), worded) for pattern, worded in WORDINGS)
        portuguese = next((worded(found) for found, worded in matches if found), UNDOCUMENTED)
        detail = f"`{path or 'body'}`: {reason}"
    return CallerError("invalid_request", detail, field=path or None, portuguese=portuguese)


def _choices(kind: inspect.Type, path: str) -> list[str]:
    """The names that a value may have, at msgspec's path within a type, such as `[0]` or `.kind`."""
    match kind:
        case inspect.Metadata(type=inner):
            found = _choices(inner, path)
        case inspect.UnionType(types=types):
            found = [name for each in types for name in _choices(each, path)]
        case inspect.ListType(item_type=inner):
            found = _choices(inner, path.partition("]")[2])
        case inspect.StructType(fields=fields):
            name, _, _ = path.removeprefix(".").partition(".")
            inners = [each.type for each in fields if each.encode_name == name]
            found = [choice for each in inners for choice in _choices(each, path.removeprefix(f".{name}"))]
        case inspect.EnumType(cls=names):
            found = [str(each.value) for each in names]
        case inspect.LiteralType(values=values):
            found = [str(each) for each in values if each]
        case _:
            found = []
    return found


def _missing(name: str) -> CallerError:
    return CallerError("invalid_request", f"`{name}` is missing", field=name, portuguese=MISSING)


def _unknown(name: str) -> CallerError:
    shown = name if re.fullmatch(r"[A-Za-z0-9_.]{1,60}", name) else "?"
    detail = f"`{shown}` is not a field of this request"
    return CallerError("invalid_request", detail, field=shown, portuguese="Este campo não existe.")
