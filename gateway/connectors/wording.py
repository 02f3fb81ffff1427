"""Texts of a row put together, so that nothing the bank says is dropped and nothing is said twice."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gateway.connectors import fields

__all__ = ["composed", "end_to_end_id", "texts_within"]

_END_TO_END = re.compile(r"[ED][0-9A-Za-z]{31}", re.ASCII)


def composed(*texts: Any) -> str:
    """The texts with ` - ` between them; blank ones, and those whose words another one has, are left out.

    Words are compared without case, accents and punctuation. What is no text is left out too.
    """
    kept: list[str] = []
    for text in filter(None, map(fields.optional_text, texts)):
        if not any(_has(other, text) for other in kept):
            kept.append(text.strip())
    return " - ".join(kept)


def end_to_end_id(*candidates: Any) -> str | None:
    """The first of the values that is the end-to-end id of a Pix: `E` or, for a return, `D`, and 31 more signs."""
    told = (value.strip() for value in candidates if isinstance(value, str))
    return next((value for value in told if _END_TO_END.fullmatch(value)), None)


def texts_within(value: Any, without: Sequence[str] = ()) -> Iterator[str]:
    """All texts of a value and of what it holds, in order; the keys `without` are passed over at its top."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            if name not in without:
                yield from texts_within(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts_within(inner)


def _has(text: str, part: str) -> bool:
    """Whether a text has the words of another in a row."""
    return f" {fields.fold(part)} " in f" {fields.fold(text)} " if fields.fold(part) else part in text
