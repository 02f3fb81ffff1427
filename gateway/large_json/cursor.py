"""A cursor that passes over a JSON document in short steps.

The decoder itself checks the syntax of every part, so that the cursor accepts exactly what the decoder accepts. A part
begins and ends anywhere between two values; so stand-ins are put around it for the brackets that are open there.
"""

import re
from collections.abc import Iterator
from typing import Final

from msgspec import DecodeError, ValidationError

from gateway.concurrency.pacing import rest
from gateway.large_json.syntax import is_json, size_of

__all__ = ["OPENING", "Cursor"]

OPENING: Final = frozenset({b"[", b"{"})
CLOSING = bytes.maketrans(b"[{", b"]}")
STAND_IN = {b"[": b"[]", b"{": b'"":[]'}
"""An item or a member. No character that follows changes its meaning, as a digit changes a number's."""
BLANKS = frozenset({b" ", b"\t", b"\r", b"\n"})
GUESSES = 8
"""Guesses of the end of the last whole value, which are faster than counting brackets."""

# No group is possessive: before 3.11.5 Python matches such groups wrongly. Nor has one to be, because whatever a group
# gives back begins with a character that no pattern takes after it.
STRING: Final = rb'"[^"\\]*+(?:\\.[^"\\]*+)*"'
"""A text that ends, whatever it holds."""
BRACKET = re.compile(rb'[^"\[\]{}]*+(?:%b[^"\[\]{}]*+)*[\[\]{}]' % STRING, re.DOTALL)
"""All up to the next bracket that stands in no text, and the bracket."""
SCALARS = re.compile(rb'(?:[^",\[\]{}]*+(?:%b[^",\[\]{}]*+)*,)*' % STRING, re.DOTALL)
"""A part without brackets, up to the last comma that stands in no text."""
ENDED = re.compile(rb'[^"]*+(?:%b[^"]*+)*' % STRING, re.DOTALL)
"""All up to a text that does not end."""
WORD = re.compile(rb"[-+.0-9a-zA-Z]*+")
BLANK = re.compile(rb"[ \t\r\n]*+")
UNIT: Final = rb"u(?:[0-9a-ce-fA-CE-F]H{3}|[dD][0-7]H{2}|[dD][89abAB]H{2}\\u[dD][c-fC-F]H{2})"
"""The part after the backslash of one character. Some characters take two units; one half alone is invalid."""
CHARACTERS = re.compile(rb'(?:[^"\\\x00-\x1f]++|\\(?:["\\/bfnrt]|%b))*' % UNIT.replace(b"H", b"[0-9a-fA-F]"))
"""Whole characters of a text, as the decoder takes them."""


class Cursor:
    """A document, and how far it has been read.

    Args:
        content: the document.
        part: how many bytes one call looks at.
    """

    def __init__(self, content: bytes, part: int) -> None:
        self.content = content
        self.at = 0
        self._part = part

    def next(self) -> bytes:
        """The next character that is not blank, nothing at the end. It is not passed over."""
        character = self.content[self.at : self.at + 1]
        if character in BLANKS:
            self._all_of(BLANK)
            character = self.content[self.at : self.at + 1]
        return character

    def takes(self, character: bytes) -> bool:
        """Whether the next character is this one, which then is passed over."""
        if self.next() != character:
            return False
        self.at += 1
        return True

    def expect(self, character: bytes) -> None:
        """Pass over this character.

        Raises:
            msgspec.DecodeError: another one is the next.
        """
        if not self.takes(character):
            raise DecodeError(f"JSON is malformed, expected {character.decode()} (byte {self.at})")

    def text(self) -> bytes:
        """Pass over a text, however long, and give its first bytes as they are written, the quotation mark among them.

        Raises:
            msgspec.DecodeError: it is none, or malformed.
        """
        self.expect(b'"')
        begin = self.at - 1
        self._all_of(CHARACTERS)
        if self.content[self.at : self.at + 1] != b'"':
            raise DecodeError(f"JSON is malformed within a text (byte {self.at})")
        self.at += 1
        return self.content[begin : min(self.at, begin + self._part + 1)]

    def passes(self, until: int | None = None) -> bool:
        """Whether the value that comes next ends by then. If it does it is passed over, else nothing is.

        Raises:
            msgspec.DecodeError: it is malformed.
            RecursionError: arrays or objects stand too deep within one another.
        """
        until = len(self.content) if until is None else until
        character = self.next()
        begin = self.at
        if character == b'"':
            self.text()
        elif character in OPENING:
            seen = self._seen_end(until)
            if seen is None:
                self._container(until)
            else:
                self.at = seen
        else:
            self._word()
        if self.at > until:
            self.at = begin
            return False
        return True

    def items(self) -> bool:
        """Pass over as many items of an array as a part holds, at least one; if the first is larger, over nothing."""
        character = self.next()
        begin = self.at
        if character in OPENING and (self._seen_end(begin + self._part) or begin) > begin + self._part:
            return False
        for end in self._ends_of_items(character):
            size = size_of(b"[" + self.content[begin:end] + b"]")
            # Where the array has ended before the guess, its items are found all the same.
            items = 0 if size is None else size - len(b"[]")
            if 0 < items <= end - begin:
                self.at = begin + items
                return True
        if character in OPENING:
            end, inside = begin, bytearray()
            for bracket, after in self._brackets(begin + self._part):
                if not _follows(inside, bracket):
                    break
                end = end if inside else after
            self.at = end
            return end > begin
        end = self._match(SCALARS) - 1
        if end > begin:
            self.at = end
            return True
        return self.passes(begin + self._part)

    def _seen_end(self, until: int) -> int | None:
        """The end of the array or object that comes next, or a place after `until` if it does not end by then.

        The decoder tells it much faster than brackets are counted. None where it does not tell it: where the value is
        malformed, or is larger than a part and `until` is further away.
        """
        part = memoryview(self.content)[self.at : min(until, self.at + self._part)]
        size = size_of(part)
        if size is None:
            return None
        if size <= len(part):
            return self.at + size
        # A document that is cut short is malformed.
        return until + 1 if self.at + len(part) == until < len(self.content) else None

    def _container(self, until: int) -> None:
        """Pass over an array or object, or until more than that has been passed over."""
        content, inside, around = self.content, bytearray(), b""
        while self.at <= until:
            rest()
            last = content[self.at - 1 : self.at] if inside else b""
            self.next()
            if last in {b"}", b"]"} and self._guess(around, last, inside):
                continue
            end = self._brackets_end(inside)
            end = end if end > self.at else self._match(SCALARS)
            if end == self.at:
                around += self._unended()
                continue
            if not is_json(around + content[self.at : end] + _closed(inside, content[end - 1 : end])):
                raise DecodeError(f"JSON is malformed (bytes {self.at} to {end})")
            self.at = end
            if not inside:
                return
            around = _opened(inside, content[end - 1 : end])

    def _brackets_end(self, inside: bytearray) -> int:
        """The end of the last bracket within a part, a closing one if there is one, and the brackets open there."""
        opened = closed = self.at
        depth = 0
        for bracket, after in self._brackets(self.at + self._part):
            if not _follows(inside, bracket):
                raise DecodeError(f"JSON is malformed, brackets do not match (byte {after - 1})")
            if bracket in b"[{":
                opened = after
                continue
            closed, depth = after, len(inside)
            if not inside:
                break
        if closed == self.at:
            return opened
        # After it brackets have only been opened.
        del inside[depth:]
        return closed

    def _guess(self, around: bytes, character: bytes, inside: bytearray) -> bool:
        """Pass over neighbours of a value that ended with the character, if the last of them is found fast.

        A guess that fits is right: nothing but the brackets that are open closes what follows `around`.
        """
        for end in self._guesses(character):
            if is_json(around + self.content[self.at : end] + _closed(inside, character)):
                self.at = end
                return True
        return False

    def _ends_of_items(self, character: bytes) -> Iterator[int]:
        """Possible ends of the last whole item within a part, its first character being this one."""
        if character not in OPENING:
            yield from self._guesses(b",")
            return
        closing = character.translate(CLOSING)
        for between in (b",", b", "):
            # The end of an item is followed by the next one; the end of something within it seldom is.
            end = self.content.rfind(closing + between + character, self.at + 1, self.at + self._part)
            if end > 0:
                yield end + 1
        yield from self._guesses(closing)

    def _guesses(self, character: bytes) -> Iterator[int]:
        """Possible ends of the last whole value within a part: before a comma or after a bracket."""
        found = self.at + self._part
        for _ in range(GUESSES):
            found = self.content.rfind(character, self.at + 1, found)
            if found < 0:
                return
            yield found if character == b"," else found + 1

    def _brackets(self, stop: int) -> Iterator[tuple[int, int]]:
        """The brackets that stand in no text, and where each of them ends."""
        at = self.at
        while found := BRACKET.match(self.content, at, stop):
            at = found.end()
            yield self.content[at - 1], at

    def _unended(self) -> bytes:
        """Pass over a text that is larger than a part, and give all up to it and a stand-in for it."""
        begin, end = self.at, self._match(ENDED)
        if end == begin + self._part or self.content[end : end + 1] != b'"':
            raise ValidationError(f"one value has more than {self._part} bytes, or the document is cut short")
        self.at = end
        self.text()
        return self.content[begin:end] + b'""'

    def _word(self) -> None:
        begin, end = self.at, self._match(WORD)
        if end == begin + self._part:
            raise ValidationError(f"a number has more than {self._part} bytes (byte {begin})")
        if not is_json(self.content[begin:end]):
            raise DecodeError(f"JSON is malformed (byte {begin})")
        self.at = end

    def _match(self, pattern: re.Pattern[bytes]) -> int:
        """The end of what fits within a part, where the cursor is if nothing does."""
        found = pattern.match(self.content, self.at, self.at + self._part)
        return found.end() if found is not None else self.at

    def _all_of(self, characters: re.Pattern[bytes]) -> None:
        """Pass over characters of some kind, however many there are."""
        while (end := self._match(characters)) > self.at:
            self.at = end
            rest()


def _follows(inside: bytearray, bracket: int) -> bool:
    """Whether a bracket may follow those that are open, which then are changed by it."""
    if bracket in b"[{":
        inside.append(bracket)
        return True
    return bool(inside) and inside.pop() == bracket - 2


def _opened(inside: bytearray, last: bytes) -> bytes:
    """A document that is as far as one with these brackets open after this character."""
    outer, inner = bytes(inside[:-1]).replace(b"{", b'{"":'), bytes(inside[-1:])
    if last in OPENING:
        return outer + inner
    return outer + inner + STAND_IN[inner] + (b"," if last == b"," else b"")


def _closed(inside: bytearray, last: bytes) -> bytes:
    """The end of a document that has these brackets open after this character."""
    return (STAND_IN[bytes(inside[-1:])] if last == b"," else b"") + bytes(reversed(inside)).translate(CLOSING)
