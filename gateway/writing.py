"""Writes a document of a statement to a file or to standard output, for the command line."""

import sys
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

from gateway.render.formats import Format

__all__ = ["STANDARD_OUTPUT", "shows_gibberish", "write_document"]

STANDARD_OUTPUT = "-"


def shows_gibberish(form: Format, output: str) -> bool:
    """Whether a format that is no text would be written to a terminal."""
    return form.is_binary and output == STANDARD_OUTPUT and sys.stdout.isatty()


def write_document(form: Format, document: Iterator[bytes], output: str) -> None:
    """Write the parts of a document, and end its last line where it is a text.

    Args:
        form: of the document.
        document: its parts. A file is opened after the first is there: one that the format cannot hold leaves what was
            there before.
        output: path of the file; `-` for standard output.

    Raises:
        OSError: the file cannot be written.
        GatewayError: as the document does.
    """
    part = next(document)
    with nullcontext(sys.stdout.buffer) if output == STANDARD_OUTPUT else Path(output).open("wb") as file:
        file.write(part)
        for part in document:
            file.write(part)
        if not form.is_binary and not part.endswith(b"\n"):
            file.write(b"\n")
        file.flush()
