"""Control characters: refused in requests of callers, removed from answers of banks.

Not every database stores U+0000, and the others change what a person or a program reads. The control characters are
those of Unicode's category Cc. Texts of several lines, such as certificates, keep their line ends and tabs.
"""

import re
from typing import Any

from gateway.limits import BODY_LEVELS

__all__ = ["cleaned", "control_at", "has_control"]

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
_CONTROLS_IN_LINES = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


def has_control(value: str) -> bool:
    """Whether a text of one line holds a control character."""
    return _CONTROLS.search(value) is not None


def cleaned(value: str) -> str:
    """The text with a blank for each run of control characters."""
    return _CONTROLS.sub(" ", value)


def control_at(value: Any, path: str = "", depth: int = 0, *, lines: frozenset[str] = frozenset()) -> str | None:
    """The path of the first text or name with a control character in decoded JSON, such as `credentials.client_id`.

    None when there is none.

    Args:
        value: the decoded JSON.
        path: the path of the value.
        depth: the nesting level of the value; levels beyond `BODY_LEVELS` are not searched.
        lines: names at the top below which texts may have several lines.
    """
    if isinstance(value, str):
        pattern = _CONTROLS_IN_LINES if path.split(".", maxsplit=1)[0] in lines else _CONTROLS
        return path if pattern.search(value) else None
    if depth >= BODY_LEVELS:
        return None
    items: list[tuple[str, Any]] = []
    if isinstance(value, dict):
        for name in value:
            if isinstance(name, str) and has_control(name):
                return f"{path}.?".lstrip(".")
        items = [(f"{path}.{name}".lstrip("."), item) for name, item in value.items()]
    elif isinstance(value, list):
        items = [(path, item) for item in value]
    found = (control_at(item, at, depth + 1, lines=lines) for at, item in items)
    return next((at for at in found if at is not None), None)
