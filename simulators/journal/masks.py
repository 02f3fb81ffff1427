"""Secrets hidden in texts: what was issued, and what stands where secrets stand. The last four characters stay."""

import base64
import re
from collections.abc import Iterator
from urllib.parse import unquote, unquote_plus

from simulators.reasons import ending

__all__ = ["Secrets", "from_base64", "is_secret_name"]

MOST_VALUES = 50_000
"""Issued values that are recognised wherever they stand; older ones only where secrets stand."""
SHORTEST = 8
LONGEST_ENDING = 1_024
"""Characters of a value with separators in it, as Base64 has them, that is recognised at the end of a piece of text."""
NAME = re.compile(
    r"(?!.*(_type|-type|expires?_in|_endpoint)$)"
    r"(.*(secret|passw|senha|token|assertion|authorization|cookie|api[-_]?key|app[-_]?key|application[-_]key|"
    r"private[-_]?key|verifier|session_state|credential).*)",
    re.IGNORECASE,
)
FORM_NAMES = frozenset({"code", "state", "username"})
"""Fields that hold secrets in a form or a query. In JSON a `code` is that of an error."""
PRIVATE_KEY = re.compile(
    r"-----BEGIN[A-Z0-9+% ]*PRIVATE(?:\+|%20| )KEY-----.*?(?:-----END[A-Z0-9+% ]*KEY-----|\Z)", re.DOTALL
)
# It begins nowhere within a word: a word of many beginnings would be tried from each of them to its end.
JWT = re.compile(r"(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*){1,4}")
JSON_FIELD = re.compile(r'"((?:[^"\\]|\\.){1,80})"(\s*:\s*)"((?:[^"\\]|\\.)*)')
PAIR = re.compile(r"(?<![^?&;\s])([^=&?;\s\"']{1,80})=([^&;\s\"']*)")
PIECE = re.compile(r"""[^\s"'&,;<>{}()\[\]\\…]+""")
SCHEME = re.compile(r"(?i)(basic|bearer) +")


def is_secret_name(name: str) -> bool:
    """Whether a field or header of this name holds a secret."""
    return NAME.match(unquote_plus(name)) is not None


class Secrets:
    """What was issued in a world, in the order in which it was, and what hides it in texts."""

    def __init__(self) -> None:
        self._known: dict[int, None] = {}

    def add(self, *values: str) -> None:
        """Remember secret values; short values and certificates are no secrets."""
        for value in values:
            if len(value) < SHORTEST or value.startswith("-----BEGIN"):
                continue
            self._known[_key(value)] = None
            if len(self._known) > MOST_VALUES:
                del self._known[next(iter(self._known))]

    def header(self, name: str, value: str) -> str:
        """The value of a header as it may be shown."""
        if not is_secret_name(name):
            return self.masked(value)
        found = SCHEME.match(value)
        return f"{found[0]}{ending(value[found.end() :])}" if found else ending(value)

    def masked(self, text: str) -> str:
        """A text as it may be shown: a path, a query, a body, a reason."""
        if not text:
            return text
        if "PRIVATE" in text:
            text = PRIVATE_KEY.sub("[private key]", text)
        text = JWT.sub(lambda found: ending(found[0]), text)
        if '"' in text:
            text = JSON_FIELD.sub(_json_field, text)
        if "=" in text:
            text = PAIR.sub(_pair, text)
        return PIECE.sub(lambda found: self._piece(found[0]), text)

    def _piece(self, piece: str) -> str:
        if len(piece) < SHORTEST:
            return piece
        for part in _parts(piece):
            if self._is_issued(part):
                piece = piece.replace(part, ending(part))
        return piece

    def _is_issued(self, part: str) -> bool:
        if _key(part) in self._known or ("%" in part and _key(unquote_plus(part)) in self._known):
            return True
        decoded = from_base64(part)
        return "PRIVATE KEY-----" in decoded or any(_key(each) in self._known for each in _within(decoded))


def _key(value: str) -> int:
    return hash(value.rstrip("="))


def _parts(piece: str) -> Iterator[str]:
    """A piece of a text, what stands behind each separator in it, and what stands between them."""
    yield piece
    # Only near the end: behind each of many separators stands nearly the whole piece.
    for found in re.compile("[=:?/|@]").finditer(piece, max(0, len(piece) - LONGEST_ENDING)):
        yield piece[found.end() :]
    for part in re.split("[=:?/|@.]|%3[ADad]|%2[Ff]|%22|%26", piece):
        if len(part) >= SHORTEST:
            yield part


def from_base64(part: str) -> str:
    """What stands in base64, as in a Basic header or a part of a JWT, as far as it is whole; empty if that is no text.

    It may be percent-encoded, as in a form; a plus is a letter of base64, and no blank.
    """
    plain = unquote(part).rstrip("=").replace("-", "+").replace("_", "/")
    whole = plain[: len(plain) - 1] if len(plain) % 4 == 1 else plain
    try:
        return base64.b64decode(whole + "=" * (-len(whole) % 4), validate=True).decode("ascii")
    except ValueError:
        return ""


def _within(text: str) -> Iterator[str]:
    for piece in PIECE.findall(text):
        yield piece
        yield from re.split("[=:]", piece)


def _json_field(found: re.Match[str]) -> str:
    name, between, value = found.groups()
    return f'"{name}"{between}"{ending(value)}' if value and is_secret_name(name) else found[0]


def _pair(found: re.Match[str]) -> str:
    name, value = found.groups()
    secret = value and (is_secret_name(name) or unquote_plus(name).lower() in FORM_NAMES)
    return f"{name}={ending(value)}" if secret else found[0]
