"""Whose traffic is recorded: an account with its credentials, in a file that nobody but its owner can read.

The file is JSON, the body of the gateway's `POST /v1/accounts`: `bank`, `kind`, `branch`, `number`, `holder_tax_id` and
`credentials`. Of the simulated banks' accounts, `simulators accounts` prints `account` and `credentials` for it.
"""

import os
import stat
import tempfile
from pathlib import Path

import msgspec
from msgspec import Struct

__all__ = ["Origin", "read_origin", "store_refresh_token"]

OTHERS = 0o077
"""The rights of all but the owner."""
MOST_BYTES = 1 << 20


class Origin(Struct, frozen=True, kw_only=True):
    """A real account. Its text never shows a value."""

    bank: str
    kind: str = "PJ"
    branch: str = ""
    number: str
    holder_tax_id: str
    credentials: dict[str, str]

    def __repr__(self) -> str:
        return f"Origin({self.bank})"

    @property
    def account(self) -> dict[str, str]:
        """The account without its credentials."""
        return {name: getattr(self, name) for name in ("kind", "branch", "number", "holder_tax_id")}


def read_origin(path: Path, slug: str) -> Origin:
    """The account that a file holds.

    Raises:
        OSError: it cannot be read.
        ValueError: others than its owner can read it, it is no such file, or the account is at another bank; the text
            shows no value.
    """
    with path.open("rb") as file:
        found = os.fstat(file.fileno())
        mode = stat.S_IMODE(found.st_mode)
        if not stat.S_ISREG(found.st_mode) or mode & OTHERS:
            reason = f"has mode {mode:04o}, and others than its owner can reach it; run chmod 600 {path}"
            raise ValueError(f"{path} {reason}")
        content = file.read(MOST_BYTES)
    try:
        origin = msgspec.json.decode(content, type=Origin)
    except msgspec.MsgspecError:
        # `from None`: the error may quote what it stumbled over.
        raise ValueError(f"{path} is no account: bank, number, holder_tax_id and credentials are needed") from None
    if origin.bank != slug:
        raise ValueError(f"{path} is of an account at another bank")
    return origin


def store_refresh_token(path: Path, token: str) -> None:
    """Put the successor of a refresh token that is spent in its place: the account could not be read again without.

    Raises:
        OSError: it cannot be written; the file is as it was.
    """
    content = msgspec.json.decode(path.read_bytes())
    content["credentials"]["refresh_token"] = token
    # For its owner alone from the beginning; a rename is whole or has not happened.
    descriptor, beside = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(msgspec.json.format(msgspec.json.encode(content)) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        Path(beside).replace(path)
    except OSError:
        Path(beside).unlink(missing_ok=True)
        raise
