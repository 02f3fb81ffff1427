"""The calls that all processes have made to banks with limits, and the changes of accounts that are under way."""

import sqlalchemy as sa
from alembic import op

from gateway.storage.engine.column_types import Instant, Json

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "quotas",
        sa.Column("bank", sa.String(64), nullable=False),
        sa.Column("operation", sa.String(64), nullable=False),
        sa.Column("client", sa.String(64), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("spent", Json, nullable=False),
        sa.Column("touched_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("bank", "operation", "client", name="pk_quotas"),
    )
    op.create_table(
        "changes",
        sa.Column("account_id", sa.String(36), nullable=False),
        sa.Column("owner", sa.String(32), nullable=False),
        sa.Column("since", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", name="pk_changes"),
    )


def downgrade() -> None:
    """Drop the tables."""
    for name in ("changes", "quotas"):
        op.drop_table(name)
