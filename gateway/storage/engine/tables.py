"""Where all tables are listed, and the table of what the gateway notes about itself.

Each package of storage has its tables in its module `tables`: a class names the columns, and the table is made of it.
Only `gateway.storage` uses them: queries return frozen structs. Credentials and tokens are stored only encrypted (see
`gateway.storage.encryption.vault`), in columns named `sealed`; API keys only as a hash.

Of SQLAlchemy its Core is used: tables, statements and rows. Its mapper takes memory, and time in each transaction, for
nothing that is needed here. Importing advanced-alchemy 1.12 under SQLAlchemy 2.1 raises deprecation warnings, which are
errors here, and of all it offers only two column types were wanted.
"""

from sqlalchemy import Column, MetaData, Named, String, Table, Text, TypedColumns

__all__ = ["GATEWAY_STATE", "METADATA"]


METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)
"""All tables of the gateway, once the modules `tables` are loaded."""


class _GatewayState(TypedColumns):
    """Values about the gateway itself, by name: the encrypted check of the vault key, and the probe of readiness."""

    name: Named[str] = Column(String(32), primary_key=True)
    value: Named[str] = Column(Text)


GATEWAY_STATE = Table("gateway_state", METADATA, _GatewayState)
