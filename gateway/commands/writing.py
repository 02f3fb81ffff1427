"""Writes a document of a statement to a file or to standard output, for the command line."""

import os
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from gateway.render.formats import Format

__all__ = ["STANDARD_OUTPUT", "shows_gibberish", "write_document"]

STANDARD_OUTPUT = "-"


def shows_gibberish(form: Format, output: str) -> bool:
    """Whether a format that is no text would be written to a terminal."""
    return form.is_binary and output == STANDARD_OUTPUT and sys.stdout.isatty()


def write_document(form: Format, document: Iterator[bytes], output: str) -> None:
    """Write the parts of a document, and end its last line where it is a text.

    A file is whole or not there: the parts are written beside it, and the result takes its place in the end. Where that
    fails, a file that was there before is what it was. Devices and pipes are written to as they are.

    Args:
        form: of the document.
        document: its parts. Nothing is opened before the first is there.
        output: path of the file; `-` for standard output.

    Raises:
        OSError: the file cannot be written.
        GatewayError: as the document does.
    """
    part = next(document)
    with _opened(output) as file:
        file.write(part)
        for part in document:
            file.write(part)
        if not form.is_binary and not part.endswith(b"\n"):
            file.write(b"\n")
        file.flush()


@contextmanager
def _opened(output: str) -> Iterator[BinaryIO]:
    if output == STANDARD_OUTPUT:
        yield sys.stdout.buffer
        return
    # What a link leads to is replaced, and not the link.
    # `Path.resolve` has an error of its own for links that lead to each other.
    target = Path(os.path.realpath(output))
    try:
        before = target.stat()
    except FileNotFoundError:
        before = None
    if before is not None and not stat.S_ISREG(before.st_mode):
        with target.open("wb") as file:
            yield file
        return
    if before is not None:
        # A user who may not write the file must not replace it, although the rights of the folder would allow that.
        target.open("ab").close()
    with _beside(target, before) as file:
        yield file


@contextmanager
def _beside(target: Path, before: os.stat_result | None) -> Iterator[BinaryIO]:
    """A new file in the folder of the target, which it becomes in the end; without an end it is removed."""
    number, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:100]}.", suffix=".part")
    try:
        with os.fdopen(number, "wb") as file:
            yield file
            file.flush()
            _give_rights(file.fileno(), before)
            os.fsync(file.fileno())
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _give_rights(number: int, before: os.stat_result | None) -> None:
    """Give an open file the rights, and as far as possible the owner, of the file before it, or those of a new file."""
    if before is None:
        os.fchmod(number, 0o666 & ~_umask())
        return
    # Only root gives files away; otherwise the file belongs to who has written it.
    with suppress(PermissionError):
        os.fchown(number, before.st_uid, before.st_gid)
    os.fchmod(number, stat.S_IMODE(before.st_mode))


def _umask() -> int:
    # It can only be read by setting it.
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
