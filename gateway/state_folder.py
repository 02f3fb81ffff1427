"""The folder of the embedded database: for its owner alone, because the vault key lies beside what it encrypts."""

import sqlite3
import stat
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from gateway.limits import STATE_LOOK_SECONDS

__all__ = ["DATABASE_FILE", "KEY_FILE", "SECRETS", "DatabaseUnreadable", "holds_secrets", "state_dir_of", "too_open"]

KEY_FILE = "secret.key"
DATABASE_FILE = "gateway.sqlite"
SECRETS = {
    ("integrations", "sealed"): "credentials of account",
    ("integrations", "authorization_sealed"): "authorization of account",
    ("tokens", "sealed"): "token of account",
    ("webhooks", "sealed"): "webhook",
}
"""Table and column of each sealed value that cannot be made again from anything else, and what it is.

Names and no columns of SQLAlchemy, because a start without a key file looks for them before there is a vault.
`gateway.storage.encryption.secret_columns` has the columns.
"""

REASONS = {
    sqlite3.SQLITE_BUSY: "another process holds its lock",
    sqlite3.SQLITE_CORRUPT: "it is damaged",
    sqlite3.SQLITE_IOERR: "the disk fails",
    sqlite3.SQLITE_NOTADB: "it is damaged",
}
"""Why it cannot be read, by SQLite's code."""


class DatabaseUnreadable(Exception):
    """The embedded database cannot be read, so that it is not known what it holds. The text says why."""


def state_dir_of(environ: Mapping[str, str]) -> Path:
    """The folder that the environment names, or the usual one of this user."""
    if state_dir := environ.get("GATEWAY_STATE_DIR", "").strip():
        return Path(state_dir).expanduser().absolute()
    base = environ.get("XDG_STATE_HOME", "").strip() or str(Path.home() / ".local" / "state")
    return Path(base) / "extrato"


def too_open(directory: Path) -> str | None:
    """The error about a folder or a file in it that others than its owner can reach; None when there is none.

    A file that is none is an error too: the advice for its mode would not help.
    """
    private_files = (KEY_FILE, *(DATABASE_FILE + end for end in ("", "-wal", "-shm", "-journal")))
    for path, right in ((directory, 0o700), *((directory / name, 0o600) for name in private_files)):
        try:
            found = path.stat().st_mode
        except FileNotFoundError:
            continue
        except OSError as error:
            return f"{path} cannot be looked at: {error.strerror}"
        if path != directory and not stat.S_ISREG(found):
            what = "a folder" if stat.S_ISDIR(found) else "no regular file"
            return f"{path} is {what}, where the gateway keeps a file; move it away"
        mode = stat.S_IMODE(found)
        if mode & ~right & 0o077:
            return f"{path} has mode {mode:04o}, and others than its owner can reach it; run chmod {right:o} {path}"
    return None


def holds_secrets(database: Path) -> bool:
    """Whether the embedded database holds an encrypted value.

    Raises:
        DatabaseUnreadable: it is damaged, locked for too long, or lies behind a disk that fails.
    """
    if not database.exists():
        return False
    try:
        with closing(
            sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True, timeout=STATE_LOOK_SECONDS)
        ) as connection:
            return any(_holds(connection, table, column) for table, column in SECRETS)
    except sqlite3.Error as error:
        # The lowest byte is the kind of error, those above it a closer one.
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        raise DatabaseUnreadable(REASONS.get(code, "it cannot be opened")) from error


def _holds(connection: sqlite3.Connection, table: str, column: str) -> bool:
    """Whether a column has a value. Tables of an earlier version lack some columns, and a new file has no table."""
    known = {row[0] for row in connection.execute("SELECT name FROM pragma_table_info(?)", [table])}
    query = f"SELECT 1 FROM {table} WHERE {column} IS NOT NULL LIMIT 1"  # noqa: S608 - both stand in `SECRETS`
    return column in known and connection.execute(query).fetchone() is not None
