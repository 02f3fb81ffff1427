"""Columns that were written and never read are dropped."""

import sqlalchemy as sa
from alembic import op

from gateway.storage.engine.column_types import Instant

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

LONG_AGO = "1970-01-01 00:00:00"
INSTANTS = {"day_seals": "noted_at", "webhook_deliveries": "happened_at", "connect_settings": "changed_at"}


def upgrade() -> None:
    """Drop them."""
    for table, column in INSTANTS.items():
        op.drop_column(table, column)
    op.drop_column("day_seals", "count")


def downgrade() -> None:
    """Add them, without what they held."""
    for table, column in INSTANTS.items():
        op.add_column(table, sa.Column(column, Instant(), nullable=False, server_default=LONG_AGO))
    op.add_column("day_seals", sa.Column("count", sa.Integer(), nullable=False, server_default="0"))
