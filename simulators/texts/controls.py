"""Characters that a terminal obeys, that show a text in another order than it has, or that no file takes."""

import re

__all__ = ["cleaned", "escaped"]

_BEYOND = r"\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff"
_CONTROLS = re.compile(rf"[\x00-\x1f{_BEYOND}]+")
_CONTROLS_IN_LINES = re.compile(rf"[\x00-\x09\x0b-\x1f{_BEYOND}]+")
_IN_JSON = re.compile(f"[{_BEYOND}]")
"""The control characters that JSON does not escape by itself."""


def cleaned(text: str, *, lines: bool = False) -> str:
    """The text with a blank for each run of such characters.

    Args:
        text: of anybody.
        lines: whether it keeps its lines.
    """
    return (_CONTROLS_IN_LINES if lines else _CONTROLS).sub(" ", text)


def escaped(json: str) -> str:
    """JSON with all of them escaped, but for its own line ends."""
    return _IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", json)
