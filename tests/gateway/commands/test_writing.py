"""Documents that are written to files: whole, or not at all."""

import os
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.commands.writing import write_document
from gateway.errors import CallerError, GatewayError
from gateway.render.formats import FORMATS, Format
from tests.gateway.render.cases import statement

PARTS = [b"one", b"two"]
"""A document without its last line's end."""


@pytest.fixture
def form() -> Format:
    """A format that is text."""
    return next(each for each in FORMATS if each.name == "json")


def fails_after(*parts: bytes, error: BaseException) -> Iterator[bytes]:
    """A document that breaks off."""
    yield from parts
    raise error


@pytest.mark.parametrize("error", [GatewayError("gateway_busy", "x"), KeyboardInterrupt()])
@pytest.mark.parametrize("before", [None, b"before"])
def test_a_document_that_breaks_off_leaves_what_was_there(
    tmp_path: Path, form: Format, error: BaseException, before: bytes | None
) -> None:
    """No part of it stays, under that name or another."""
    target = tmp_path / "statement.json"
    if before is not None:
        target.write_bytes(before)
    with pytest.raises(type(error)):
        write_document(form, fails_after(*PARTS, error=error), str(target))
    assert {each.name: each.read_bytes() for each in tmp_path.iterdir()} == (
        {} if before is None else {"statement.json": before}
    )


def test_the_file_is_the_former_one_until_the_end(tmp_path: Path, form: Format) -> None:
    """Who reads meanwhile finds the whole former document; then the whole new one."""
    target = tmp_path / "statement.json"
    target.write_bytes(b"before")
    seen = []

    def document() -> Iterator[bytes]:
        yield b"x" * 100_000
        seen.append(target.read_bytes())
        yield b"end"
        seen.append(target.read_bytes())

    write_document(form, document(), str(target))
    assert seen == [b"before", b"before"]
    assert target.read_bytes() == b"x" * 100_000 + b"end\n"
    assert [each.name for each in tmp_path.iterdir()] == ["statement.json"]


def test_rights_stay_and_new_files_get_the_usual_ones(tmp_path: Path, form: Format) -> None:
    """While it is written nobody else may read it."""
    target, fresh = tmp_path / "private", tmp_path / "fresh"
    target.write_bytes(b"")
    target.chmod(0o640)
    rights = []

    def document() -> Iterator[bytes]:
        yield b"one"
        rights.extend(stat.S_IMODE(each.stat().st_mode) for each in tmp_path.iterdir() if each.suffix == ".part")
        yield b"two"

    mask = os.umask(0o027)
    try:
        write_document(form, document(), str(target))
        write_document(form, iter(PARTS), str(fresh))
    finally:
        os.umask(mask)
    assert rights == [0o600]
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert stat.S_IMODE(fresh.stat().st_mode) == 0o640
    assert os.umask(mask) == mask


def test_a_link_stays_and_its_target_is_replaced(tmp_path: Path, form: Format) -> None:
    """Also one whose target is not there yet."""
    (tmp_path / "folder").mkdir()
    for name in ("there", "missing"):
        link, target = tmp_path / name, tmp_path / "folder" / name
        link.symlink_to(target)
        if name == "there":
            target.write_bytes(b"before")
        write_document(form, iter(PARTS), str(link))
        assert link.is_symlink()
        assert target.read_bytes() == b"onetwo\n"


def test_links_that_lead_to_each_other_are_an_error_of_the_system(tmp_path: Path, form: Format) -> None:
    """And no defect."""
    link = tmp_path / "link"
    link.symlink_to(link)
    with pytest.raises(OSError, match="symbolic links"):
        write_document(form, iter(PARTS), str(link))


def test_pipes_and_devices_are_written_to_as_they_are(tmp_path: Path, form: Format) -> None:
    """Nothing takes their place."""
    pipe, read = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    write_document(form, iter(PARTS), str(pipe))
    reader.join(10)
    assert read == [b"onetwo\n"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    write_document(form, iter(PARTS), os.devnull)
    assert stat.S_ISCHR(Path(os.devnull).stat().st_mode)


def test_standard_output_gets_the_parts(capfdbinary: pytest.CaptureFixture[bytes], form: Format) -> None:
    """As a part of a statement, too: a pipe cannot be taken back."""
    write_document(form, iter(PARTS), "-")
    assert capfdbinary.readouterr().out == b"onetwo\n"


def test_a_folder_that_is_not_there_is_an_error_of_the_system(tmp_path: Path, form: Format) -> None:
    """The command says so in a line."""
    with pytest.raises(FileNotFoundError):
        write_document(form, iter(PARTS), str(tmp_path / "nowhere" / "statement.json"))


def test_what_may_not_be_written_is_not_replaced(tmp_path: Path, form: Format, monkeypatch: pytest.MonkeyPatch) -> None:
    """Although the folder would allow it."""
    target = tmp_path / "protected"
    target.write_bytes(b"before")
    real = Path.open

    def refusing(self: Path, mode: str = "r", *rest: object, **more: object) -> object:
        if self == target and mode != "r":
            raise PermissionError(13, "Permission denied")
        return real(self, mode, *rest, **more)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", refusing)
    with pytest.raises(PermissionError):
        write_document(form, iter(PARTS), str(target))
    monkeypatch.undo()
    assert target.read_bytes() == b"before"


def test_what_a_format_cannot_hold_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    """It is opened when there is something to write."""
    (cnab,) = (each for each in FORMATS if each.name == "cnab240")
    target = tmp_path / "kept"
    target.write_bytes(b"before")

    with pytest.raises(CallerError):
        write_document(cnab, cnab.render(statement("disproved")), str(target))

    assert target.read_bytes() == b"before"
