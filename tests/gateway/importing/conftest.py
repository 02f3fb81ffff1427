"""What concerns the database is tried over both kinds of it."""

from tests.gateway.databases import database_url, empty_url, settings

__all__ = ["database_url", "empty_url", "settings"]
