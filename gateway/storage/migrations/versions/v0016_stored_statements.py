"""Statements as they were last read, from which they are answered again."""

import sqlalchemy as sa
from alembic import op

from gateway.storage.engine.column_types import Instant

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the two tables, empty: they are filled by the statements that are read from now on."""
    op.create_table(
        "stored_days",
        sa.Column("account_id", sa.String(36), nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("sealed", sa.Text, nullable=True),
        sa.PrimaryKeyConstraint("account_id", "day", name="pk_stored_days"),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name="fk_stored_days_account_id_accounts", ondelete="CASCADE"
        ),
    )
    op.create_table(
        "stored_statements",
        sa.Column("account_id", sa.String(36), nullable=False),
        sa.Column("first", sa.Date, nullable=False),
        sa.Column("last", sa.Date, nullable=False),
        sa.Column("enabled_at", Instant, nullable=False),
        sa.Column("fetched_at", Instant, nullable=False),
        sa.Column("imported_at", Instant, nullable=True),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("divisible", sa.Boolean, nullable=False),
        sa.Column("sealed", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("account_id", "first", "last", name="pk_stored_statements"),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name="fk_stored_statements_account_id_accounts", ondelete="CASCADE"
        ),
    )
    # Old days are deleted of all accounts at once.
    op.create_index("ix_stored_days_day", "stored_days", ["day"])
    op.create_index("ix_stored_statements_first", "stored_statements", ["first"])


def downgrade() -> None:
    """Drop them."""
    op.drop_table("stored_statements")
    op.drop_table("stored_days")
