"""Finding our own secrets in a text of a bank, in whichever encoding the bank quotes them.

The text is read, not the secret written in many ways: escapes (percent, HTML, JSON, each also of one another) are
undone with every sign knowing its place in the text, and what looks like base64 or hexadecimal digits is decoded and
read in turn. What then holds a secret, or 24 signs in a row of a long one, is taken out of the text where it stands.

Texts are short (`LONGEST`), so that the many readings stay cheap.
"""

import base64
import binascii
import html
import re
from collections.abc import Iterable

__all__ = ["LONGEST", "SHORTEST_SECRET", "SHOWN", "without"]

SHORTEST_SECRET = 4
"""Shorter values would take ordinary words to pieces."""
IN_A_ROW = 24
"""So many signs in a row of a longer secret betray it."""
LOOSE = 8
"""From so many letters and digits on a value is also found with other punctuation, spaces and line breaks."""
SHOWN = 1024
AHEAD = 256
"""Signs that are read behind what is shown, so that a secret at the cut is recognised, escaped twice as well."""
LONGEST = SHOWN + AHEAD

ROUNDS = 4
"""How often escapes may be escaped."""
DEEPEST = 2
"""How often base64 or hexadecimal digits may be encoded again."""
ESCAPES = re.compile(
    r"(?P<percent>(?:%[0-9A-Fa-f]{2})+)"
    r"|(?P<entity>&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,9});?)"
    r"|\\+(?:u(?P<wide>[0-9A-Fa-f]{4})|x(?P<narrow>[0-9A-Fa-f]{2})|(?P<sign>[\"'/nrtbf\\]))"
)
SIGNS = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
BASE64 = re.compile(r"[A-Za-z0-9+/_\-\r\n]{6,}+={0,2}")
HEX = re.compile(r"(?:[0-9A-Fa-f]{2}[\s:-]?){4,}+")
NOT_ALONE = frozenset("\u0130\u03a3")
"""The only signs whose small letter is two signs, or depends on the signs around it."""
URL_SAFE = str.maketrans("-_", "+/", "\r\n")

Span = tuple[int, int]


class _Reading:
    """A text with the place of each of its signs in the text it was read from."""

    def __init__(self, text: str, places: list[Span]) -> None:
        self.text = text
        self.places = places

    def span(self, start: int, end: int) -> Span:
        """Where these signs stand in the original."""
        return self.places[start][0], self.places[end - 1][1]

    def unescaped(self) -> "_Reading | None":
        """The text with one layer of escapes undone; None when there is none."""
        signs: list[str] = []
        places: list[Span] = []
        at = 0
        for found in ESCAPES.finditer(self.text):
            signs.extend(self.text[at : found.start()])
            places.extend(self.places[at : found.start()])
            for text, start, end in _meanings(found):
                signs.extend(text)
                places.extend([self.span(start, end)] * len(text))
            at = found.end()
        if at == 0:
            return None
        signs.extend(self.text[at:])
        places.extend(self.places[at:])
        return _Reading("".join(signs), places)

    def loose(self) -> "_Reading":
        """Letters and digits alone."""
        kept = [n for n, sign in enumerate(self.text) if sign.isalnum()]
        return _Reading("".join(self.text[n] for n in kept), [self.places[n] for n in kept])


class _Secrets:
    """What is looked for: whole values, and every row of signs of long ones."""

    def __init__(self, values: Iterable[str]) -> None:
        self.exact = _Needles(value for value in values if len(value) >= SHORTEST_SECRET)
        bare = ("".join(sign for sign in value if sign.isalnum()) for value in values)
        self.loose = _Needles(value for value in bare if len(value) >= LOOSE)


class _Needles:
    def __init__(self, values: Iterable[str]) -> None:
        lowered = {_folded(value) for value in values}
        # The longest first, so that no part of one is left when another is its beginning.
        self.short = sorted((value for value in lowered if len(value) <= IN_A_ROW), key=len, reverse=True)
        self.rows = {value[n : n + IN_A_ROW] for value in lowered for n in range(len(value) - IN_A_ROW + 1)}

    def spans(self, text: str) -> Iterable[Span]:
        """Where one of them stands in a text."""
        text = _folded(text)
        for value in self.short:
            at = text.find(value)
            while at >= 0:
                yield at, at + len(value)
                at = text.find(value, at + len(value))
        if self.rows:
            for at in range(len(text) - IN_A_ROW + 1):
                if text[at : at + IN_A_ROW] in self.rows:
                    yield at, at + IN_A_ROW


def without(text: str, secrets: Iterable[str]) -> str:
    """The text, cut to what is shown, with `[secret]` wherever one of these values is quoted in any encoding."""
    wanted = _Secrets([*secrets])
    read = text[:LONGEST]
    spans = sorted(set(_quotes(_Reading(read, [(n, n + 1) for n in range(len(read))]), wanted, 0)))
    shown = read if len(text) <= LONGEST else read[:SHOWN]
    pieces: list[str] = []
    at = 0
    for start, end in _joined(spans):
        if start >= len(shown):
            break
        pieces += shown[at:start], "[secret]"
        at = end
    return "".join(pieces) + shown[at:]


def _quotes(reading: _Reading | None, wanted: _Secrets, depth: int) -> Iterable[Span]:
    """Where a text quotes one of the secrets, in places of the original."""
    for _ in range(ROUNDS + 1):
        if reading is None:
            return
        for start, end in wanted.exact.spans(reading.text):
            yield reading.span(start, end)
        # The places of letters and digits are worked out where something was found alone: nearly always nothing is.
        if loose := [*wanted.loose.spans("".join(filter(str.isalnum, reading.text)))]:
            bare = reading.loose()
            for start, end in loose:
                yield bare.span(start, end)
        if depth < DEEPEST:
            for found in [*BASE64.finditer(reading.text), *HEX.finditer(reading.text)]:
                if any(_holds(text, wanted, depth + 1) for text in _decoded(found)):
                    yield reading.span(*found.span())
        reading = reading.unescaped()


def _holds(text: str, wanted: _Secrets, depth: int) -> bool:
    reading = _Reading(text, [(n, n + 1) for n in range(len(text))])
    return any(True for _ in _quotes(reading, wanted, depth))


def _decoded(found: re.Match[str]) -> Iterable[str]:
    """What a run of signs may say: it may begin in the middle of a group, behind signs that only look like it."""
    run = found[0]
    if found.re is HEX:
        digits = re.sub(r"[^0-9A-Fa-f]", "", run)
        raw = [bytes.fromhex(part[: len(part) & ~1]) for part in (digits, digits[1:])]
    else:
        signs = run.rstrip("=").translate(URL_SAFE)
        raw = [_base64(signs[skipped:]) for skipped in range(4)]
    for content in raw:
        # Other bytes than of a text are no quotation: a reading that begins at the wrong place gives such bytes.
        yield from (part.decode("latin-1") for part in re.findall(rb"[\x09\x0a\x0d\x20-\x7e\xa0-\xff]{4,}", content))
        if not content.isascii():
            yield content.decode("utf-8", "replace")


def _base64(signs: str) -> bytes:
    # One sign alone at the end is half a byte; it is left out.
    signs = signs[:-1] if len(signs) % 4 == 1 else signs
    try:
        return base64.b64decode(signs + "=" * (-len(signs) % 4))
    except binascii.Error:
        return b""


def _meanings(found: re.Match[str]) -> Iterable[tuple[str, int, int]]:
    """The signs that an escape stands for, each with its place."""
    start, end = found.span()
    if (percent := found["percent"]) is not None:
        raw = bytes.fromhex(percent.replace("%", ""))
        try:
            signs = raw.decode()
        except UnicodeDecodeError:
            signs = raw.decode("latin-1")
            for n, sign in enumerate(signs):
                yield sign, start + 3 * n, start + 3 * n + 3
            return
        for sign in signs:
            width = 3 * len(sign.encode())
            yield sign, start, start + width
            start += width
    elif (entity := found["entity"]) is not None:
        yield html.unescape(entity), start, end
    elif (number := found["wide"] or found["narrow"]) is not None:
        yield chr(int(number, 16)), start, end
    else:
        yield SIGNS.get(found["sign"], found["sign"]), start, end


def _folded(text: str) -> str:
    """The text in small letters, sign by sign: no sign may become two, or places would be wrong."""
    if text.isascii() or NOT_ALONE.isdisjoint(text):
        return text.lower()
    return "".join(low if len(low := sign.lower()) == 1 else sign for sign in text)


def _joined(spans: list[Span]) -> Iterable[Span]:
    """Sorted spans with those that touch or overlap made one."""
    current: Span | None = None
    for start, end in spans:
        if current is not None and start <= current[1]:
            current = current[0], max(current[1], end)
            continue
        if current is not None:
            yield current
        current = start, end
    if current is not None:
        yield current
