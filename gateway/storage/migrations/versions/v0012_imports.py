"""What became of the daily imports of each account. All accounts are due at first."""

import sqlalchemy as sa
from alembic import op

from gateway.storage.engine.column_types import Instant

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "imports",
        sa.Column("account_id", sa.String(36), nullable=False),
        sa.Column("begun_at", Instant, nullable=True),
        sa.Column("enabled_at", Instant, nullable=True),
        sa.Column("through", sa.Date, nullable=True),
        sa.Column("done_on", sa.Date, nullable=True),
        sa.Column("tried_on", sa.Date, nullable=True),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("attempted_at", Instant, nullable=True),
        sa.Column("outcome", sa.String(64), nullable=False),
        sa.Column("next_attempt_at", Instant, nullable=True),
        sa.PrimaryKeyConstraint("account_id", name="pk_imports"),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name="fk_imports_account_id_accounts", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_imports_next", "imports", ["done_on", "next_attempt_at"])


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("imports")
