"""The types of columns that both kinds of database give back alike."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, DateTime, Dialect, TypeDecorator
from sqlalchemy.types import TypeEngine

__all__ = ["Instant", "Json"]


class Json(TypeDecorator[Any]):
    """A JSON value; None is SQL's NULL."""

    impl = JSON(none_as_null=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """PostgreSQL's own kind of JSON there; it is loaded only where it is needed."""
        if dialect.name != "postgresql":
            return super().load_dialect_impl(dialect)
        from sqlalchemy.dialects.postgresql import JSONB  # noqa: PLC0415

        return JSONB(none_as_null=True)


class Instant(TypeDecorator[datetime]):
    """An instant with its offset, stored in UTC; SQLite, which has no offsets, returns it as UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The instant in UTC.

        Raises:
            TypeError: it has no offset.
        """
        if value is None:
            return None
        if value.tzinfo is None:
            raise TypeError("an instant needs its offset")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The instant in UTC, with its offset."""
        return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value
