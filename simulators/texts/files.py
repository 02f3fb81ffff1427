"""A file that somebody gives: its content within a bound, its text whatever program wrote it, and what else it is."""

import codecs
from collections.abc import Mapping
from pathlib import Path

__all__ = ["content_of", "form_of", "text_of"]

MAGIC: Mapping[bytes, str] = {
    b"%PDF": "a PDF",
    b"PK\x03\x04": "a ZIP archive, as XLSX files are",
    b"\xd0\xcf\x11\xe0": "an XLS file",
    b"\x1f\x8b": "a GZIP archive",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
}
"""By the first bytes of a file."""
BEGINNINGS: Mapping[str, str] = {
    "OFXHEADER": "OFX",
    "<?OFX": "OFX",
    "<OFX": "OFX",
    "<!DOCTYPE HTML": "HTML",
    "<HTML": "HTML",
    "<": "XML",
    "{": "JSON",
    "[": "JSON",
}
"""By the first letters of a text; the first that fits counts."""
LOOKED_AT = 2_000
"""Bytes of a file that tell what it is."""


def content_of(file: Path, most: int) -> bytes:
    """The content of a file of so many bytes at most. A pipe or a device says no size beforehand, and may have no end.

    Raises:
        OSError: it cannot be read.
        ValueError: it is larger; the text says so.
    """
    with file.open("rb") as opened:
        content = opened.read(most + 1)
    if len(content) > most:
        raise ValueError(f"{file.name}: is larger than {most:,} bytes")
    return content


def text_of(content: bytes) -> str:
    """The text, by what it is and not by what it says of itself: UTF-8 or UTF-16 if it can be, else Windows-1252."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", "replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def form_of(content: bytes) -> str:
    """What a file is by its beginning, as the end of a sentence: `a PDF`, `JSON`; empty where that does not tell."""
    found = next((name for magic, name in MAGIC.items() if content.startswith(magic)), "")
    if found:
        return found
    if not content.strip():
        return "empty"
    beginning = text_of(content[:LOOKED_AT]).lstrip().upper()
    if beginning.startswith("<?XML") and "<OFX" in beginning:
        return "OFX"
    return next((name for start, name in BEGINNINGS.items() if beginning.startswith(start)), "")
