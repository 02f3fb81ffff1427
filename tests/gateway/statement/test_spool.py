"""Sealed temporary files: nothing can be read from them, and nothing is left of them."""

import gc
import os
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.concurrency.shares import TENANT
from gateway.errors import CallerError, GatewayError
from gateway.statement import spool as module
from gateway.statement.spool import Part, Room, Spool


@pytest.fixture(autouse=True)
def room(monkeypatch):
    """The room of the files of one test, in which each file takes little at a time."""
    room = Room(1000)
    monkeypatch.setattr(module, "ROOM", room)
    monkeypatch.setattr(module, "SPOOL_STEP_BYTES", 100)
    return room


def on_disk(spool):
    """Everything that stands in the file."""
    descriptor = spool._file.fileno()
    return os.pread(descriptor, os.fstat(descriptor).st_size, 0)


@given(st.lists(st.binary(max_size=300), max_size=5))
def test_what_is_read_is_what_was_written(contents):
    """Each part for itself, in any order, as often as it is wanted."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(module, "ROOM", Room(100_000))
        spool = Spool()
        parts = [spool.write(content) for content in contents]

        assert [spool.read(part) for part in reversed(parts)] == contents[::-1]
        assert [spool.read(part) for part in parts] == contents
        spool.close()


def test_nothing_can_be_read_from_the_file():
    """Neither in the clear nor with another file's key; equal parts look different, and the file has no name."""
    spool, other = Spool(), Spool()
    first, second = spool.write(b"CANARY" * 10), spool.write(b"CANARY" * 10)
    seen = on_disk(spool)

    assert b"CANARY" not in seen
    assert seen[: first.length] != seen[second.offset : second.offset + second.length]
    assert os.fstat(spool._file.fileno()).st_nlink == 0
    os.pwrite(other._file.fileno(), seen, 0)
    with pytest.raises(GatewayError, match="storage_unavailable"):
        other.read(first)


@pytest.mark.parametrize("spoil", [0, 40, -1])
def test_a_file_that_was_changed_is_not_read(spoil):
    """The failure says so, and nothing else is taken for an entry."""
    spool = Spool()
    part = spool.write(b"x" * 60)
    seen = bytearray(on_disk(spool))
    seen[spoil] ^= 1
    os.pwrite(spool._file.fileno(), seen, 0)

    with pytest.raises(GatewayError, match="cannot be read") as caught:
        spool.read(part)
    assert caught.value.code == "storage_unavailable"


def test_parts_have_their_place():
    """A part that is moved to another place is not read either."""
    spool = Spool()
    first, second = spool.write(b"1" * 10), spool.write(b"2" * 10)
    os.pwrite(spool._file.fileno(), on_disk(spool)[: first.length], second.offset)

    with pytest.raises(GatewayError):
        spool.read(second)
    with pytest.raises(GatewayError):
        spool.read(Part(second.offset + second.length, 10))


def test_several_threads_read_at_the_same_time():
    """Each reads where it wants to."""
    spool = Spool()
    parts = [spool.write(b"%d" % number) for number in range(20)]

    def read(start):
        return [int(spool.read(part)) for part in parts[start:]]

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(read, range(10))) == [list(range(start, 20)) for start in range(10)]


@pytest.mark.parametrize("how", ["closed", "forgotten"])
def test_the_room_of_a_file_is_given_back(room, how):
    """When it is closed, and otherwise when nothing refers to it any more; closing it again does nothing."""
    spool = Spool()
    spool.write(b"x" * 150)
    descriptor = spool._file.fileno()
    assert room.taken == 200

    if how == "closed":
        spool.close()
        spool.close()
    else:
        del spool
        gc.collect()

    assert room.taken == 0
    with pytest.raises(OSError, match="descriptor"):
        os.fstat(descriptor)


def test_one_tenant_has_half_of_the_room(room):
    """Then it is told to come again; others have room."""
    spool = Spool()
    for _ in range(4):
        spool.write(b"x" * 84)
    with pytest.raises(GatewayError, match="gateway_busy"):
        spool.write(b"x" * 184)

    token = TENANT.set("another")
    another = Spool()
    TENANT.reset(token)
    another.write(b"x" * 384)
    assert room.taken == 900
    third = TENANT.set("third")
    filling = Spool()
    TENANT.reset(third)
    with pytest.raises(GatewayError, match="gateway_busy"):
        filling.write(b"x" * 184)
    spool.close()
    filling.write(b"x" * 184)


def test_a_file_has_a_limit(monkeypatch):
    """Whoever it is for; only a shorter period helps, and to come again does not."""
    monkeypatch.setattr(module, "SPOOL_BYTES", 250)
    spool = Spool()
    spool.write(b"x" * 184)

    with pytest.raises(CallerError, match="more than 250 bytes") as caught:
        spool.write(b"x")
    assert (caught.value.code, caught.value.field) == ("period_out_of_range", "from")


def test_a_part_of_the_disk_stays_free(monkeypatch, room):
    """A disk that is almost full is left to others."""
    monkeypatch.setattr(module, "SPOOL_FREE_BYTES", 1 << 70)

    with pytest.raises(GatewayError, match="almost full"):
        Spool().write(b"x")

    assert room.taken == 0


@pytest.mark.parametrize("call", ["pwrite", "fstatvfs"])
def test_a_disk_that_fails(monkeypatch, call):
    """It is a failure of the storage, whose text names no content."""

    def failing(*arguments):
        raise OSError(28, "No space left on device")

    spool = Spool()
    monkeypatch.setattr(os, call, failing)

    with pytest.raises(GatewayError, match="No space left") as caught:
        spool.write(b"CANARY")
    assert caught.value.code == "storage_unavailable"
    assert "CANARY" not in caught.value.detail


def test_a_part_that_is_written_short(monkeypatch):
    """A disk that becomes full within a part."""
    monkeypatch.setattr(os, "pwrite", lambda descriptor, content, offset: len(content) - 1)

    with pytest.raises(GatewayError, match="full"):
        Spool().write(b"x")


def test_a_folder_that_does_not_exist(monkeypatch, tmp_path):
    """It is a failure of the storage as well."""
    monkeypatch.setattr(module, "_folder", lambda: str(tmp_path / "none"))

    with pytest.raises(GatewayError, match="storage_unavailable"):
        Spool()


def test_the_folder_is_one_on_a_disk(monkeypatch, tmp_path):
    """What is said in TMPDIR counts first, as it does for all programs."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(module.tempfile, "tempdir", None)
    assert module._folder() == str(tmp_path)

    monkeypatch.delenv("TMPDIR")
    monkeypatch.setattr(module, "LARGE_FILES", tmp_path)
    assert module._folder() == str(tmp_path)
    monkeypatch.setattr(module, "LARGE_FILES", tmp_path / "none")
    assert module._folder() == module.tempfile.gettempdir()
