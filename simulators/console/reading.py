"""What a browser sends, within bounds: the query of an address, and the fields of a form."""

import math
from datetime import date
from urllib.parse import parse_qsl

from simulators.console.place import Asked, Problem

__all__ = ["day_of", "form_of", "number_of", "query_of"]

LARGEST_FORM_BYTES = 65_536
MOST_FIELDS = 64
LONGEST_VALUE = 8_192
"""Characters of one value; the address of a consent page is long."""


def query_of(request: Asked, *names: str) -> dict[str, str]:
    """The named parameters of the query; empty those that are left out.

    Raises:
        Problem: the query has too many parameters.
    """
    text = request.scope["query_string"].decode("latin-1")
    return {
        name: value.strip() for name, value in {**dict.fromkeys(names, ""), **_pairs(text)}.items() if name in names
    }


async def form_of(request: Asked) -> dict[str, str]:
    """The fields of a form that was sent.

    Raises:
        Problem: it is too large, or has too many fields.
    """
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_FORM_BYTES:
            raise Problem(413, f"formulário: no máximo {LARGEST_FORM_BYTES} bytes")
    return {name: value.strip() for name, value in _pairs(body.decode("utf-8", "replace")).items()}


def number_of(text: str, *, whole: bool = False) -> int | float | str:
    """The number that was typed, as the control API wants it; the text itself where it is none, to be refused there."""
    try:
        found = int(text) if whole else float(text.replace(",", "."))
    except ValueError:
        return text
    return found if math.isfinite(found) else text


def day_of(text: str, field: str, default: date) -> date:
    """The day that was chosen.

    Raises:
        Problem: it is none.
    """
    try:
        return date.fromisoformat(text) if text else default
    except ValueError as error:
        raise Problem(422, f"{field}: uma data como 2026-03-18") from error


def _pairs(text: str) -> dict[str, str]:
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="replace")
    except ValueError as error:
        raise Problem(422, f"campos: no máximo {MOST_FIELDS}") from error
    for name, value in pairs:
        if len(value) > LONGEST_VALUE:
            raise Problem(422, f"{name[:60]}: no máximo {LONGEST_VALUE} caracteres")
    return dict(pairs)
