"""All formats of a statement, against golden files, and in what they have in common."""

import io
import os
import re
import tracemalloc
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from gateway.errors import CallerError
from gateway.limits import ENTRIES_AT_ONCE
from gateway.model import Entry
from gateway.render.formats import FORMATS, Format
from tests.gateway.render.cases import CASES, GOLDEN, Forward, statement

ROOT = Path(__file__).parents[3]

each_format = pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)


def made(form: Format, case: str) -> tuple[Path, bytes]:
    """The document of a case, or why there is none, with the file that it is compared with."""
    try:
        return GOLDEN / case / f"{form.name}.{form.extension}", b"".join(form.render(statement(case)))
    except CallerError as error:
        return GOLDEN / case / f"{form.name}.refused.txt", f"{error}\n".encode()


def contents(document: bytes) -> list[tuple[str, bytes]] | bytes:
    """What is to be compared: of a workbook its members, because it need not be packed in the same way everywhere."""
    if not zipfile.is_zipfile(io.BytesIO(document)):
        return document
    with zipfile.ZipFile(io.BytesIO(document)) as packed:
        return [(name, packed.read(name)) for name in packed.namelist()]


@each_format
@pytest.mark.parametrize("case", CASES)
def test_the_document_is_the_golden_one(case: str, form: Format) -> None:
    """Byte for byte; `GOLDEN_FORMATS=write` writes the files anew, and the difference is to be read."""
    path, document = made(form, case)

    if os.environ.get("GOLDEN_FORMATS") == "write":
        path.write_bytes(document)
    assert contents(document) == contents(path.read_bytes())


def test_there_is_no_golden_file_of_another_format() -> None:
    """Each file beside a statement is compared."""
    for case in CASES:
        expected = {"statement.json", *(made(form, case)[0].name for form in FORMATS)}
        assert {path.name for path in (GOLDEN / case).iterdir()} == expected


def test_names_are_unique() -> None:
    """A name means one format."""
    assert len({form.name for form in FORMATS}) == len(FORMATS)


def test_the_page_of_formats_lists_the_table() -> None:
    """With names and media types, in order."""
    rows = re.findall(r"^\| `(\S+)` \| `(\S+/\S+)` \|", (ROOT / "docs" / "formats.md").read_text(), re.MULTILINE)

    assert rows == [(form.name, form.media_type) for form in FORMATS]


@each_format
def test_entries_are_read_forward_and_none_is_kept(form: Format) -> None:
    """A document of twenty times as many entries takes the same memory."""
    entry = statement("plain").entries[0]

    def most(count: int) -> int:
        def entries() -> Iterator[Entry]:
            return (replace(entry, id=f"{number:032x}") for number in range(count))

        class Read(Forward):
            def __iter__(self) -> Iterator[Entry]:
                return entries()

        long = replace(statement("plain"), entries=Read((), count))
        tracemalloc.start()
        for part in form.render(long):
            del part
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    most(1)
    assert most(20 * ENTRIES_AT_ONCE) < 1.3 * most(2 * ENTRIES_AT_ONCE)


@each_format
def test_a_document_may_be_rendered_again(form: Format) -> None:
    """Nothing of one rendering is left for the next."""
    difficult = statement("difficult_cents")

    assert list(form.render(difficult)) == list(form.render(difficult))
