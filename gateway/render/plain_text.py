"""Texts as SGML and XML can hold them."""

import codecs
import re
import unicodedata

from gateway.limits import CELL_CHARACTERS, CHARACTERS_KEPT
from gateway.texts.controls import cleaned

__all__ = ["NEAREST", "ascii_only", "cut", "in_cell", "is_seen", "markup", "windows_1252"]

NEAREST = "gateway.nearest"
"""Name of the way in which an encoder treats what the encoding lacks: the base letter (`c` for `č`), else `?`."""
_BEYOND_LATIN_1 = "gateway.beyond_latin_1"
"""Name of the way in which what Latin-1 lacks becomes Windows-1252."""
UNSEEN = frozenset({"Mn", "Me", "Cf"})
"""Categories of what means nothing by itself: a mark without its letter, and what only forms the text around it."""
IMPOSSIBLE = re.compile("[\ud800-\udfff\ufffe\uffff]")
"""Surrogates, and what is no character."""


def markup(text: str) -> str:
    """The text in one line, without what XML cannot hold, and with the characters of markup escaped."""
    if not text.isprintable():
        text = IMPOSSIBLE.sub("?", cleaned(text))
    if "&" in text or "<" in text or ">" in text:
        text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text


def is_seen(text: str) -> bool:
    """Whether anything of a text in one line can be seen, in whatever encoding it is written."""
    return any(map(_is_seen, text))


def windows_1252(text: str) -> bytes:
    """A text without control characters in Windows-1252, what it lacks being replaced as `NEAREST` has it."""
    # Latin-1 differs in control characters only, and Python encodes it ten times as fast. The ellipsis is in many
    # texts, because `cut` writes it: it takes the place that it has in Windows-1252.
    return text.replace("\u2026", "\x85").encode("latin-1", _BEYOND_LATIN_1)


def ascii_only(text: str) -> str:
    """The text with the nearest character of ASCII for each of its characters, as `NEAREST` has them."""
    return text if text.isascii() else text.translate(_ASCII)


def cut(text: str, most: int) -> str:
    """The text; a longer one is cut to so many characters, and ends in an ellipsis."""
    return text if len(text) <= most else text[: most - 1] + "\u2026"


def in_cell(text: str) -> str:
    """The text, cut as by `cut` to what a cell of a spreadsheet holds, which counts in units of UTF-16."""
    if len(text) <= CELL_CHARACTERS // 2:
        return text
    units = text.encode("utf-16-le", "surrogatepass")
    if len(units) <= 2 * CELL_CHARACTERS:
        return text
    # Half of a pair at the end is left out.
    return units[: 2 * (CELL_CHARACTERS - 1)].decode("utf-16-le", "ignore") + "\u2026"


def _is_seen(character: str) -> bool:
    return not (character.isspace() or unicodedata.category(character) in UNSEEN)


def _beyond_latin_1(error: UnicodeError) -> tuple[bytes, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return error.object[error.start : error.end].encode("cp1252", NEAREST), error.end


def _nearest(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    characters = error.object[error.start : error.end]
    return "".join(_base(character, error.encoding) for character in characters), error.end


def _base(character: str, encoding: str) -> str:
    """One character at most, so that no text outgrows its field."""
    if unicodedata.category(character) in UNSEEN:
        return ""
    base = unicodedata.normalize("NFKD", character)[0]
    try:
        base.encode(encoding)
    except UnicodeEncodeError:
        return "?"
    return base


class _Ascii(dict[int, str]):
    """The nearest characters of ASCII. They are kept, because an encoder would ask for each character anew."""

    def __missing__(self, code: int) -> str:
        found = _base(chr(code), "ascii")
        if len(self) < CHARACTERS_KEPT:
            self[code] = found
        return found


_ASCII = _Ascii()

codecs.register_error(NEAREST, _nearest)
codecs.register_error(_BEYOND_LATIN_1, _beyond_latin_1)
