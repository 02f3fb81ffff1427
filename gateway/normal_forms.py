"""Unicode's normal forms, in time that grows no faster than the text.

The library sorts the marks that follow a letter by exchanging neighbours: that takes the square of their number, and
nothing else of the process runs meanwhile. A text with a hundred thousand marks would stop it for ten seconds. No
language puts more than a few on a letter, and the stream-safe form of Unicode (UAX #15, section 13) has 30 at most:
where more follow each other, each 30 are brought to the form by themselves.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import Literal, TypeAlias

from gateway.limits import MARKS_IN_A_ROW

__all__ = ["Form", "normalised"]

Form: TypeAlias = Literal["NFC", "NFKD"]
MAY_BE_MARKS = re.compile(rf"[^\x00-\x7f]{{{MARKS_IN_A_ROW + 1}}}")


def normalised(form: Form, text: str) -> str:
    """The text in a normal form."""
    if MAY_BE_MARKS.search(text) is None:
        return unicodedata.normalize(form, text)
    return "".join(unicodedata.normalize(form, part) for part in _parts(text))


def _parts(text: str) -> Iterator[str]:
    """The text in parts, each of which has `MARKS_IN_A_ROW` in a row at most: cut only where more follow each other."""
    begin = marks = 0
    for at, sign in enumerate(text):
        # Some signs are no marks, and stand for several.
        marks = marks + 1 if unicodedata.combining(unicodedata.normalize("NFKD", sign)[0]) else 0
        if marks > MARKS_IN_A_ROW:
            yield text[begin:at]
            begin, marks = at, 1
    yield text[begin:]
