"""Unicode normalisation in time that is linear in the length of the text.

The library sorts the combining marks after a letter in quadratic time, and the whole process stands still meanwhile:
for ten seconds at a hundred thousand marks. No language puts more than a few marks on a letter, and Unicode's
stream-safe form (UAX #15, section 13) allows 30. So a longer run of marks is normalised in parts of 30.
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
    """The text in parts without more than `MARKS_IN_A_ROW` marks in a row; it is cut within longer runs only."""
    begin = marks = 0
    for at, character in enumerate(text):
        # Some characters are no marks themselves but decompose into several.
        marks = marks + 1 if unicodedata.combining(unicodedata.normalize("NFKD", character)[0]) else 0
        if marks > MARKS_IN_A_ROW:
            yield text[begin:at]
            begin, marks = at, 1
    yield text[begin:]
