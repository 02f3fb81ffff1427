"""The base of all tables, and the table of what the gateway notes about itself.

Each package of storage has its tables in its module `tables`. Only `gateway.storage` uses them: queries return frozen
structs. Credentials and tokens are stored only encrypted (see `gateway.storage.encryption.vault`), in columns named
`sealed`; API keys only as a hash.

SQLAlchemy is used directly: importing advanced-alchemy 1.12 under SQLAlchemy 2.1 raises deprecation warnings, which
are errors here, and of all it offers only two column types were wanted.
"""

from datetime import datetime
from typing import Any, ClassVar, cast

from sqlalchemy import MetaData, String, Table, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from gateway.storage.engine.column_types import Instant, Json

__all__ = ["Base", "GatewayStateRow", "table_of"]


class Base(DeclarativeBase):
    """Base of the gateway's tables."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: Instant, dict[str, Any]: Json}


class GatewayStateRow(Base):
    """Values about the gateway itself, by name: the encrypted check of the vault key, and the probe of readiness."""

    __tablename__ = "gateway_state"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    value: Mapped[str] = mapped_column(Text)


def table_of(row: type[Base]) -> Table:
    """The table of a row class, for statements that are composed once.

    Composing a statement takes longer than asking it, and so does all that the mapper does for one that is not about
    rows as objects. What each reading needs is therefore composed once, of tables.
    """
    return cast("Table", row.__table__)
