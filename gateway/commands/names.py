"""The names that a shell completes.

Completion runs at each press of a key: it opens no application and changes nothing.

Accounts, tenants and keys are looked up in the embedded database, if this machine has one; a PostgreSQL is not asked.
"""

import os
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from gateway.limits import NAMES_COMPLETED, NAMES_SECONDS
from gateway.state_folder import DATABASE_FILE, state_dir_of
from gateway.texts.controls import cleaned

__all__ = ["names_of"]

QUERIES = {
    "account": "SELECT id, bank || ' ' || branch || ' / ' || number FROM accounts WHERE id LIKE ? ORDER BY created_at",
    "tenant": "SELECT name, '' FROM tenants WHERE name LIKE ? ORDER BY name",
    "key": "SELECT prefix, name FROM api_keys WHERE revoked_at IS NULL AND prefix LIKE ? ORDER BY created_at",
}
EMBEDDED = "sqlite:///"


def names_of(kind: str, beginning: str) -> Iterable[tuple[str, str]]:
    """Names that may be meant, each with a few words about it.

    Args:
        kind: `bank`, `account`, `tenant`, `key`, `format`, `action` or `code`.
        beginning: what has been typed of it.
    """
    match kind:
        case "bank":
            import contracts

            return [(slug, "") for slug in contracts.banks()]
        case "format":
            from gateway.render.formats import FORMATS

            return [("table", "for people"), *((each.name, each.media_type) for each in FORMATS)]
        case "action":
            from gateway.actions import Action

            return [(each.value, "") for each in Action]
        case "code":
            import contracts

            catalogue = contracts.failures()
            titles = {code: each.title for code, each in catalogue.failures.items()}
            return [*titles.items(), *((code, each.title) for code, each in catalogue.warnings.items())]
        case _:
            return _stored(QUERIES[kind], beginning)


def _stored(query: str, beginning: str) -> list[tuple[str, str]]:
    """Names of the embedded database; none where there is no such database, or it is in use at this moment."""
    url = os.environ.get("GATEWAY_DATABASE_URL", "").strip()
    if url and not url.startswith(EMBEDDED):
        return []
    file = Path(url.removeprefix(EMBEDDED)) if url else state_dir_of(os.environ) / DATABASE_FILE
    pattern = beginning.replace("%", "").replace("_", "") + "%"
    try:
        with closing(
            sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, timeout=NAMES_SECONDS)
        ) as connection:
            rows = connection.execute(f"{query} LIMIT {NAMES_COMPLETED}", (pattern,)).fetchall()
    except sqlite3.Error:
        return []
    return [(cleaned(name), cleaned(what)) for name, what in rows]
