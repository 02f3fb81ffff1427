"""Removes our own secrets from a text of a bank, in whichever encoding the bank quotes them.

The text is decoded; the secret is not encoded in many ways. Escapes (percent, HTML, and those of programming
languages, also nested; quoted-printable; letters of full width) are undone while each character keeps its place in the
original text, and runs that look like base64, base32, hexadecimal digits or a list of bytes are decoded, unpacked where
they are packed, and searched in turn. A secret that is found, or 24
consecutive characters of a long one, is replaced in the original.

Long because an encoding may stand within any other one.

Texts are short (`LONGEST`), so that decoding them many times stays cheap.
"""

import base64
import binascii
import html
import re
import sys
import unicodedata
import zlib
from collections.abc import Callable, Iterable
from functools import cached_property, lru_cache, partial

__all__ = ["LONGEST", "SHORTEST_SECRET", "SHOWN", "hiding", "without"]

SHORTEST_SECRET = 4
"""Characters. Shorter values occur within ordinary words."""
IN_A_ROW = 24
"""Consecutive characters of a longer secret that are treated as the secret."""
BLOCK = IN_A_ROW // 2
"""Characters of the blocks into which longer secrets are cut: any row of them holds a whole block."""
LOOSE = 8
"""Letters and digits from which on a value is also found with other punctuation, spaces and line breaks."""
SHOWN = 1024
"""Characters of the text that are shown at most."""
AHEAD = 256
"""Characters that are read beyond these, so that a secret at the cut is recognised, also when it is escaped twice."""
LONGEST = SHOWN + AHEAD

ROUNDS = 4
"""Layers of escapes that are undone."""
DEEPEST = 2
"""Layers of base64 or hexadecimal digits that are decoded."""
BYTE = re.compile(r"%([0-9A-Fa-f]{2})|\\+x([0-9A-Fa-f]{2})|\\+([0-3][0-7]{2})")
ESCAPES = re.compile(
    r"(?P<bytes>(?:%[0-9A-Fa-f]{2})+|(?:\\+x[0-9A-Fa-f]{2})+|(?:\\+[0-3][0-7]{2})+)"
    r"|(?P<entity>&(?:#0{0,9}[0-9]{1,7}|#[xX]0{0,9}[0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,9});?)"
    r"|(?:%|\\+)u(?P<wide>[0-9A-Fa-f]{4})|\\+U(?P<widest>00[0-9A-Fa-f]{6})"
    r"|\\+[ux]\{(?P<braced>[0-9A-Fa-f]{1,6})\}"
    r"|\\+(?P<character>[\"'/nrtbf\\])"
)
CHARACTERS = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
BASE64 = re.compile(r"[A-Za-z0-9+/_\-\r\n]{6,}+={0,2}")
BASE32 = re.compile(r"[A-Z2-7]{16,}+={0,6}|[a-z2-7]{16,}+={0,6}")
PRINTABLE = re.compile(r"=(?:([0-9A-Fa-f]{2})|\r?\n)")
"""An escape of quoted-printable, or a line break that it adds. Other texts have equal signs with other meanings."""
HEX = re.compile(r"(?:0x)?[0-9A-Fa-f]{2}(?:[\s:,-]*(?:0x)?[0-9A-Fa-f]{2}){3,}+")
NUMBERS = re.compile(r"-?[0-9]{1,3}(?:[\s,]+-?[0-9]{1,3}){3,}+")
"""A list of bytes as numbers; Java's go from -128 to 127."""
PLAIN_CHARACTERS = 4096
"""Characters of which the plain form is remembered."""
NOT_ALONE = frozenset("\u0130\u03a3")
"""The only characters whose small letter has two characters, or depends on its neighbours."""
URL_SAFE = str.maketrans("-_", "+/", "\r\n")

Span = tuple[int, int]


class _DecodedText:
    """A text with the place of each of its characters in the original text."""

    def __init__(self, text: str, places: list[Span]) -> None:
        self.text = text
        self.places = places

    def span(self, start: int, end: int) -> Span:
        """The place of these characters in the original text."""
        return self.places[start][0], self.places[end - 1][1]

    def unescaped(self) -> "_DecodedText | None":
        """The text with one layer of escapes undone; None when there is none."""
        characters: list[str] = []
        places: list[Span] = []
        at = 0
        for found in ESCAPES.finditer(self.text):
            characters.extend(self.text[at : found.start()])
            places.extend(self.places[at : found.start()])
            for text, start, end in _meanings(found):
                characters.extend(text)
                places.extend([self.span(start, end)] * len(text))
            at = found.end()
        if at == 0:
            return None
        characters.extend(self.text[at:])
        places.extend(self.places[at:])
        return _DecodedText("".join(characters), places)

    def readings(self) -> Iterable["_DecodedText"]:
        """The text, and what else it may be: quoted-printable, or written in letters of full width."""
        yield self
        if PRINTABLE.search(self.text):
            # As percent signs, which are undone with the other escapes.
            text, places, at = "", list[Span](), 0
            for found in PRINTABLE.finditer(self.text):
                text += self.text[at : found.start()] + (f"%{found[1]}" if found[1] else "")
                places += self.places[at : found.end() if found[1] else found.start()]
                at = found.end()
            yield _DecodedText(text + self.text[at:], places + self.places[at:])
        # Of a text that is normalised, each character is.
        if not self.text.isascii() and not unicodedata.is_normalized("NFKC", self.text):
            plain = "".join(map(_plain, self.text))
            if plain != self.text:
                yield _DecodedText(plain, self.places)

    def loose(self) -> "_DecodedText":
        """The letters and digits of the text."""
        kept = [n for n, character in enumerate(self.text) if character.isalnum()]
        return _DecodedText("".join(self.text[n] for n in kept), [self.places[n] for n in kept])


class _Secrets:
    """The search patterns: whole values, and every run of `IN_A_ROW` characters of long ones."""

    def __init__(self, values: Iterable[str]) -> None:
        self.exact = _Needles(value for value in values if len(value) >= SHORTEST_SECRET)
        bare = ("".join(character for character in value if character.isalnum()) for value in values)
        self.loose = _Needles(value for value in bare if len(value) >= LOOSE)


class _Needles:
    def __init__(self, values: Iterable[str]) -> None:
        lowered = {_folded(value) for value in values}
        # The longest first, so that nothing of a value is left when another one is its beginning.
        self.short = sorted((value for value in lowered if len(value) <= IN_A_ROW), key=len, reverse=True)
        self._long = [value for value in lowered if len(value) > IN_A_ROW]
        self._blocks = {value[n : n + BLOCK] for value in self._long for n in range(0, len(value), BLOCK)}

    @cached_property
    def rows(self) -> set[str]:
        """Every run of `IN_A_ROW` characters of the long values."""
        return {value[n : n + IN_A_ROW] for value in self._long for n in range(len(value) - IN_A_ROW + 1)}

    def spans(self, text: str) -> Iterable[Span]:
        """The places at which a text holds one of the values."""
        text = _folded(text)
        for value in self.short:
            at = text.find(value)
            while at >= 0:
                yield at, at + len(value)
                at = text.find(value, at + len(value))
        # All rows of a certificate with its chain are many, and hardly a text has a block of it.
        places = range(len(text) - BLOCK + 1)
        if self._blocks and not self._blocks.isdisjoint([text[at : at + BLOCK] for at in places]):
            for at in range(len(text) - IN_A_ROW + 1):
                if text[at : at + IN_A_ROW] in self.rows:
                    yield at, at + IN_A_ROW


def hiding(secrets: Iterable[str]) -> Callable[[str], str]:
    """`without` for several texts, with these secrets."""
    return partial(_without, wanted=_Secrets([*secrets]))


def without(text: str, secrets: Iterable[str]) -> str:
    """The text, cut to `SHOWN`, with `[secret]` wherever it quotes one of these values in any encoding."""
    return hiding(secrets)(text)


def _without(text: str, wanted: _Secrets) -> str:
    read = text[:LONGEST]
    spans = sorted(set(_quotes(_DecodedText(read, [(n, n + 1) for n in range(len(read))]), wanted, 0)))
    shown = read if len(text) <= LONGEST else read[:SHOWN]
    pieces: list[str] = []
    at = 0
    for start, end in _joined(spans):
        if start >= len(shown):
            break
        pieces += shown[at:start], "[secret]"
        at = end
    return "".join(pieces) + shown[at:]


def _quotes(given: _DecodedText, wanted: _Secrets, depth: int) -> Iterable[Span]:
    """The places of the original at which a text quotes one of the secrets."""
    for reading in given.readings():
        yield from _quoted(reading, wanted, depth)


def _quoted(decoded: _DecodedText | None, wanted: _Secrets, depth: int) -> Iterable[Span]:
    """Likewise, where the text is read in one way."""
    for _ in range(ROUNDS + 1):
        if decoded is None:
            return
        for start, end in wanted.exact.spans(decoded.text):
            yield decoded.span(start, end)
        # The places of letters and digits are computed only after a hit, because there is hardly ever one.
        if loose := [*wanted.loose.spans("".join(filter(str.isalnum, decoded.text)))]:
            bare = decoded.loose()
            for start, end in loose:
                yield bare.span(start, end)
        if depth < DEEPEST:
            for found in [run for form in (BASE64, BASE32, HEX, NUMBERS) for run in form.finditer(decoded.text)]:
                raw = _decoded(found)
                # What was packed is far longer than the run, and is not decoded any further.
                packed = [content for each in raw for content in _unpacked(each)]
                if any(_holds(text, wanted, depth + 1) for text in _texts(raw)) or any(
                    _holds(text, wanted, DEEPEST) for text in _texts(packed)
                ):
                    yield decoded.span(*found.span())
        decoded = decoded.unescaped()


def _holds(text: str, wanted: _Secrets, depth: int) -> bool:
    decoded = _DecodedText(text, [(n, n + 1) for n in range(len(text))])
    return any(True for _ in _quotes(decoded, wanted, depth))


def _decoded(found: re.Match[str]) -> list[bytes]:
    """The possible bytes of an encoded run, which may begin within a group, after characters that only look encoded."""
    run = found[0]
    if found.re is HEX:
        digits = re.sub(r"0x|[^0-9A-Fa-f]", "", run)
        raw = [bytes.fromhex(part[: len(part) & ~1]) for part in (digits, digits[1:])]
    elif found.re is NUMBERS:
        raw = [bytes(int(number) & 0xFF for number in re.findall(r"-?[0-9]+", run))]
    elif found.re is BASE32:
        raw = [_base32(run.rstrip("=").upper()[skipped:]) for skipped in range(8)]
    else:
        characters = run.rstrip("=").translate(URL_SAFE)
        raw = [_base64(characters[skipped:]) for skipped in range(4)]
    return raw


def _texts(raw: list[bytes]) -> Iterable[str]:
    """The possible texts of bytes."""
    # Of UTF-16 every second byte is zero, where the letters are those of Latin-1.
    for content in (*raw, *(each.replace(b"\0", b"") for each in raw if b"\0" in each)):
        # Bytes that are no text are no quotation: decoding from the wrong place gives such bytes.
        yield from (part.decode("latin-1") for part in re.findall(rb"[\x09\x0a\x0d\x20-\x7e\xa0-\xff]{4,}", content))
        if not content.isascii():
            yield content.decode("utf-8", "replace")


def _base64(characters: str) -> bytes:
    # A single character at the end is less than a byte; it is left out.
    characters = characters[:-1] if len(characters) % 4 == 1 else characters
    try:
        return base64.b64decode(characters + "=" * (-len(characters) % 4))
    except binascii.Error:
        return b""


def _base32(characters: str) -> bytes:
    # The last group may have 2, 4, 5 or 7 characters; one more is less than a byte.
    characters = characters[:-1] if len(characters) % 8 in {1, 3, 6} else characters
    try:
        return base64.b32decode(characters + "=" * (-len(characters) % 8))
    except binascii.Error:
        return b""


def _unpacked(content: bytes) -> Iterable[bytes]:
    """What packed bytes hold, with the frame of gzip or zlib or without one; `LONGEST` bytes of it at most."""
    for frame in (zlib.MAX_WBITS | 32, -zlib.MAX_WBITS):
        try:
            text = zlib.decompressobj(frame).decompress(content, LONGEST)
        except zlib.error:
            continue
        if text:
            yield text


@lru_cache(PLAIN_CHARACTERS)
def _plain(character: str) -> str:
    """A character without its width or form, where that is one character."""
    plain = unicodedata.normalize("NFKC", character)
    return plain if len(plain) == 1 else character


def _meanings(found: re.Match[str]) -> Iterable[tuple[str, int, int]]:
    """The characters that an escape stands for, each with its place."""
    start, end = found.span()
    if found["bytes"] is not None:
        units = [*BYTE.finditer(found.string, start, end)]
        raw = bytes(int(unit[1] or unit[2], 16) if unit[3] is None else int(unit[3], 8) for unit in units)
        charset = "utf-8" if _is_utf8(raw) else "latin-1"
        at = 0
        for character in raw.decode(charset):
            after = at + len(character.encode(charset))
            yield character, units[at].start(), units[after - 1].end()
            at = after
    elif (entity := found["entity"]) is not None:
        yield html.unescape(entity), start, end
    elif (number := found["wide"] or found["widest"] or found["braced"]) is not None:
        # There are fewer characters than six digits can name.
        yield chr(min(int(number, 16), sys.maxunicode)), start, end
    else:
        yield CHARACTERS.get(found["character"], found["character"]), start, end


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def _folded(text: str) -> str:
    """The text in small letters, character by character: none may become two, or places would be wrong."""
    if text.isascii() or NOT_ALONE.isdisjoint(text):
        return text.lower()
    return "".join(low if len(low := character.lower()) == 1 else character for character in text)


def _joined(spans: list[Span]) -> Iterable[Span]:
    """Sorted spans, those that touch or overlap merged."""
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
