"""Control characters: refused in requests of callers, removed from answers of banks.

Not every database stores U+0000, and the others change what a person or a program reads. The control characters are
those of Unicode's category Cc, those of its property Bidi_Control, which show a text in another order than it has, and
its two separators of lines. Texts of several lines, such as certificates, keep their line ends and tabs.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import Any

from gateway.limits import BODY_LEVELS

__all__ = ["cleaned", "control_at", "escaped", "has_control", "trimmed"]

_ORDER = r"\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069"
_CONTROLS = re.compile(rf"[\x00-\x1f\x7f-\x9f{_ORDER}]+")
_CONTROLS_IN_LINES = re.compile(rf"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f{_ORDER}]")


def trimmed(value: str) -> str:
    """The text without what is not seen at its ends, and comes along when it is copied from a page or a file.

    Those are blanks, and characters of the category Cf: the byte order mark, zero-width ones.
    """
    start, end = 0, len(value)
    while start < end and _is_unseen(value[start]):
        start += 1
    while start < end and _is_unseen(value[end - 1]):
        end -= 1
    return value[start:end]


def _is_unseen(character: str) -> bool:
    return character.isspace() or unicodedata.category(character) == "Cf"


def has_control(value: str) -> bool:
    """Whether a text of one line holds a control character."""
    return _CONTROLS.search(value) is not None


def cleaned(value: str) -> str:
    """The text with a blank for each run of control characters."""
    return _CONTROLS.sub(" ", value)


def escaped(json: str) -> str:
    """JSON with every character escaped that is not printable, but for line ends; JSON itself escapes a few alone."""
    return json if json.isprintable() else "".join(map(_in_ascii, json))


def _in_ascii(character: str) -> str:
    """A character as JSON writes it in ASCII, where a terminal would obey it or nothing is to be seen of it."""
    if character.isprintable() or character == "\n":
        return character
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))


def control_at(value: Any, *, lines: frozenset[str] = frozenset()) -> str | None:
    """The path of the first text or name with a control character in decoded JSON, such as `credentials.client_id`.

    None when there is none. Levels beyond `BODY_LEVELS` are not searched. The path is made only where one is found: the
    names above a value may be long, and the values below them many.

    Args:
        value: the decoded JSON.
        lines: names of forms at the top, whose texts may have several lines. A form has nothing but texts, and what is
            nested in it is refused where it is checked: so it is not searched, however much it is.
    """
    found = _found(value, _CONTROLS, BODY_LEVELS, lines)
    return None if found is None else ".".join(found)


def _found(
    value: Any, pattern: re.Pattern[str], levels: int, lines: frozenset[str] = frozenset()
) -> tuple[str, ...] | None:
    """The names that lead to the first text with a control character; empty where the value itself is that text."""
    if isinstance(value, str):
        return () if pattern.search(value) else None
    if isinstance(value, dict) and levels and any(has_control(name) for name in value):
        return ("?",)
    for names, item in _items(value) if levels else ():
        inside = (_CONTROLS_IN_LINES, 1) if lines.intersection(names) else (pattern, levels - 1)
        if (at := _found(item, *inside)) is not None:
            return (*names, *at)
    return None


def _items(value: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    """What is in a value of JSON, with its name where it has one."""
    if isinstance(value, dict):
        yield from (((name,), item) for name, item in value.items())
    elif isinstance(value, list):
        yield from (((), item) for item in value)
