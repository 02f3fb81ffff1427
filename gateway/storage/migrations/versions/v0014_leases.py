"""The leases of credentials while they are read with."""

import sqlalchemy as sa
from alembic import op

from gateway.storage.engine.column_types import Instant

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table, empty: a lease lasts as long as a reading."""
    op.create_table(
        "leases",
        sa.Column("account_id", sa.String(36), nullable=False),
        sa.Column("first", sa.Date, nullable=False),
        sa.Column("last", sa.Date, nullable=False),
        sa.Column("owner", sa.String(32), nullable=False),
        sa.Column("enabled_at", Instant, nullable=False),
        sa.Column("wanted", sa.Boolean, nullable=False),
        sa.Column("sealed", sa.Text, nullable=True),
        sa.Column("renewed_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("account_id", "first", "last", name="pk_leases"),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("leases")
