"""The operator's pauses, failed cycles of integrations, and seals of final days."""

import sqlalchemy as sa
from alembic import op

from gateway.storage.engine.column_types import Instant

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables and add the columns."""
    op.create_table(
        "pauses",
        sa.Column("bank", sa.String(64), nullable=False),
        sa.Column("account_id", sa.String(36), nullable=False),
        sa.Column("mode", sa.String(32), nullable=False),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("since", Instant(), nullable=False),
        sa.Column("until", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("bank", "account_id", name="pk_pauses"),
    )
    op.create_table(
        "day_seals",
        sa.Column("account_id", sa.String(36), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("seal", sa.String(64), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("noted_at", Instant(), nullable=False),
        sa.Column("restated_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("account_id", "day", name="pk_day_seals"),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name="fk_day_seals_account_id_accounts", ondelete="CASCADE"
        ),
    )
    with op.batch_alter_table("integrations") as table:
        table.add_column(sa.Column("failed_cycles", sa.Integer(), nullable=False, server_default="0"))
        table.add_column(sa.Column("failing_since", Instant(), nullable=True))
        table.add_column(sa.Column("cycle_failed_at", Instant(), nullable=True))


def downgrade() -> None:
    """Drop the columns and the tables."""
    with op.batch_alter_table("integrations") as table:
        for name in ("cycle_failed_at", "failing_since", "failed_cycles"):
            table.drop_column(name)
    for name in ("day_seals", "pauses"):
        op.drop_table(name)
