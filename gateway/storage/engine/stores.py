"""What the classes that hold queries have in common: the database, and where they encrypt, the vault."""

from gateway.clock import Clock
from gateway.storage.encryption.vault import Vault
from gateway.storage.engine.database import Database

__all__ = ["SealedStore", "Store"]


class Store:
    """Queries about one subject, each a transaction of its own."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @property
    def clock(self) -> Clock:
        """The clock of all processes that share the database."""
        return self._database.clock


class SealedStore(Store):
    """The same with values that are stored encrypted."""

    def __init__(self, database: Database, vault: Vault) -> None:
        super().__init__(database)
        self._vault = vault
