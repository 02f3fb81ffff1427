"""The error about a body that is JSON but not the expected struct: names every wrong field, by the caller's names."""

import re
from typing import Any

import msgspec

from gateway.errors import CallerError, FieldErrors
from gateway.limits import UNKNOWN_FIELDS_NAMED

__all__ = ["invalid_body"]


def invalid_body(raw: bytes, kind: type[Any], message: str) -> CallerError:
    """The error of a body that msgspec has refused.

    Args:
        raw: the body, JSON.
        kind: the expected struct.
        message: msgspec's message about the first error; it never holds a value.
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
    return _named("", message)


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
                    raise _named(name, str(error)) from error
    for name in [name for name in body if name not in fields][:UNKNOWN_FIELDS_NAMED]:
        with errors.collected():
            raise _unknown(name)


def _named(name: str, message: str) -> CallerError:
    """The error about the field that msgspec's message names, within the field `name`."""
    where = re.search(r" - at `\$\.?([^`]*)`$", message)
    path = ".".join(filter(None, (name, where[1] if where else "")))
    reason = message.split(" - at ", 1)[0].replace("`", "")
    if found := re.match(r"Object missing required field (\S+)", reason):
        return _missing(f"{path}.{found[1]}".lstrip("."))
    if found := re.match(r"Object contains unknown field (\S+)", reason):
        return _unknown(f"{path}.{found[1]}".lstrip("."))
    portuguese = "Este campo não tem a forma documentada."
    return CallerError("invalid_request", f"`{path or 'body'}`: {reason}", field=path or None, portuguese=portuguese)


def _missing(name: str) -> CallerError:
    return CallerError("invalid_request", f"`{name}` is missing", field=name, portuguese="Este campo falta.")


def _unknown(name: str) -> CallerError:
    shown = name if re.fullmatch(r"[A-Za-z0-9_.]{1,60}", name) else "?"
    detail = f"`{shown}` is not a field of this request"
    return CallerError("invalid_request", detail, field=shown, portuguese="Este campo não existe.")
