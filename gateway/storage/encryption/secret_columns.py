"""The columns of `gateway.state_folder.SECRETS`: sealed values that cannot be made again from anything else.

The check of the vault keys looks for them, and a rotation of the keys counts them and names those that are damaged.
"""

from typing import Any

from sqlalchemy import Column

from gateway.state_folder import SECRETS
from gateway.storage.engine.schema import METADATA

__all__ = ["SECRET_COLUMNS"]

SECRET_COLUMNS: dict[Column[Any], str] = {
    METADATA.tables[table].c[column]: what for (table, column), what in SECRETS.items()
}
"""What each of them holds: words that the first column of the primary key completes."""
