"""Sealed temporary files, in which what is too large for memory waits on the disk.

Rules.
1. What is written is encrypted with a key that is made for the file and stands in memory alone. The file has no name
   and disappears with the process, however that ends.
2. A file is closed by `close`, or else when nothing refers to it any more. Any number of threads may read it at the
   same time.
3. The room of all files is limited, that of one tenant to a half, that of one file further, and a part of the disk
   stays free, because the database may be on it.
"""

import os
import tempfile
import threading
import weakref
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec import Struct

from gateway.concurrency.shares import TENANT
from gateway.errors import CallerError, GatewayError
from gateway.limits import SPOOL_BYTES, SPOOL_FREE_BYTES, SPOOL_STEP_BYTES, SPOOLS_BYTES

__all__ = ["Part", "Spool"]

KEY_BITS = 256
NONCE_BYTES = 12
LARGE_FILES = Path("/var/tmp")  # noqa: S108 -- the system's folder for large temporary files; the files have no name


class Part(Struct, frozen=True, gc=False):
    """Where in its file a part stands, sealed."""

    offset: int
    length: int


class Room:
    """The bytes that all files together take on the disk, by tenant.

    Args:
        most: bytes of all files; one tenant has half of them.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._taken: Counter[str] = Counter()
        self._lock = threading.Lock()

    def take(self, tenant: str, count: int) -> None:
        """Take so many bytes.

        Raises:
            GatewayError: `gateway_busy`: as many are taken as there may be.
        """
        with self._lock:
            if self._taken[tenant] + count > self._most // 2 or self._taken.total() + count > self._most:
                raise GatewayError("gateway_busy", "too many large statements are being read or sent")
            self._taken[tenant] += count

    def give_back(self, tenant: str, count: int) -> None:
        """Give back bytes that were taken."""
        with self._lock:
            self._taken[tenant] -= count
            if not self._taken[tenant]:
                del self._taken[tenant]

    @property
    def taken(self) -> int:
        """Bytes that are taken."""
        with self._lock:
            return self._taken.total()


ROOM = Room(SPOOLS_BYTES)
"""The room of this process."""


class Spool:
    """A sealed temporary file of the tenant for which the present task works.

    Raises:
        GatewayError: `storage_unavailable`: the file cannot be made.
    """

    def __init__(self) -> None:
        self._tenant = TENANT.get()
        self._cipher = AESGCM(AESGCM.generate_key(KEY_BITS))
        self._end = self._reserved = 0
        self._held = ExitStack()
        try:
            self._file = self._held.enter_context(
                tempfile.TemporaryFile(buffering=0, dir=_folder())  # noqa: SIM115 -- the stack is its context
            )
        except OSError as error:
            raise _unusable("made", error) from error
        self._close = weakref.finalize(self, self._held.close)

    def write(self, content: bytes) -> Part:
        """Append a part. Only one thread may write at a time.

        Raises:
            CallerError: `period_out_of_range`: the file is as large as one may be.
            GatewayError: `storage_unavailable`: the disk is full or fails; `gateway_busy`: there is no room for it.
        """
        part = Part(self._end, len(content))
        sealed = self._cipher.encrypt(_nonce(part), content, None)
        while self._end + len(sealed) > self._reserved:
            self._reserve()
        try:
            written = os.pwrite(self._file.fileno(), sealed, self._end)
        except OSError as error:
            raise _unusable("written", error) from error
        if written < len(sealed):
            raise _unusable("written", OSError("the disk is full"))
        self._end += written
        return Part(part.offset, written)

    def read(self, part: Part) -> bytes:
        """The content of a part.

        Raises:
            GatewayError: `storage_unavailable`: it is not what was written, or the disk fails.
        """
        try:
            return self._cipher.decrypt(_nonce(part), os.pread(self._file.fileno(), part.length, part.offset), None)
        except (OSError, InvalidTag) as error:
            raise _unusable("read", error) from error

    def close(self) -> None:
        """Close the file and give its room back. Nothing can be written or read any more."""
        self._close()

    def _reserve(self) -> None:
        """Take the room for some further parts."""
        if self._reserved + SPOOL_STEP_BYTES > SPOOL_BYTES:
            detail = f"a statement takes more than {SPOOL_BYTES} bytes on the disk: ask for a shorter period"
            portuguese = "Há lançamentos demais neste período: peça um período menor."
            raise CallerError("period_out_of_range", detail, field="from", portuguese=portuguese)
        try:
            disk = os.fstatvfs(self._file.fileno())
        except OSError as error:
            raise _unusable("written", error) from error
        if disk.f_bavail * disk.f_frsize < SPOOL_FREE_BYTES + SPOOL_STEP_BYTES:
            raise _unusable("written", OSError("the disk is almost full"))
        ROOM.take(self._tenant, SPOOL_STEP_BYTES)
        self._held.callback(ROOM.give_back, self._tenant, SPOOL_STEP_BYTES)
        self._reserved += SPOOL_STEP_BYTES


def _folder() -> str:
    """The folder for temporary files: TMPDIR, else one that is on a disk, where the system has it."""
    on_disk = "TMPDIR" not in os.environ and os.access(LARGE_FILES, os.W_OK | os.X_OK)
    return str(LARGE_FILES) if on_disk else tempfile.gettempdir()


def _nonce(part: Part) -> bytes:
    """The nonce of a part: no two parts of a file begin at the same place, and each file has its own key."""
    return part.offset.to_bytes(NONCE_BYTES)


def _unusable(what: str, error: Exception) -> GatewayError:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error) or type(error).__name__
    return GatewayError("storage_unavailable", f"a temporary file cannot be {what}: {reason}")
