"""The final entries of each account as they were last read, and the numbers of their changes."""

import sqlalchemy as sa
from alembic import op

from gateway.storage.engine.column_types import Instant

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the two tables, empty: they are filled by the statements that are read from now on."""
    op.create_table(
        "kept_accounts",
        sa.Column("account_id", sa.String(36), nullable=False),
        sa.Column("generation", sa.String(16), nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("forgotten", sa.BigInteger, nullable=False),
        sa.Column("first", sa.Date, nullable=False),
        sa.Column("last", sa.Date, nullable=False),
        sa.Column("fetched_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("account_id", name="pk_kept_accounts"),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name="fk_kept_accounts_account_id_accounts", ondelete="CASCADE"
        ),
    )
    op.create_table(
        "kept_entries",
        sa.Column("account_id", sa.String(36), nullable=False),
        sa.Column("entry_id", sa.String(64), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("digest", sa.String(32), nullable=False),
        sa.Column("sealed", sa.Text, nullable=True),
        sa.Column("added", sa.BigInteger, nullable=False),
        sa.Column("changed", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("account_id", "entry_id", name="pk_kept_entries"),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name="fk_kept_entries_account_id_accounts", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_kept_entries_changed", "kept_entries", ["account_id", "changed", "entry_id"])
    op.create_index("ix_kept_entries_day", "kept_entries", ["account_id", "day"])


def downgrade() -> None:
    """Drop them."""
    op.drop_table("kept_entries")
    op.drop_table("kept_accounts")
