"""Consent flows under way: hash of the state, sealed credentials, end."""

import sqlalchemy as sa
from alembic import op

from gateway.storage.engine.column_types import Instant

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns."""
    with op.batch_alter_table("integrations") as table:
        table.add_column(sa.Column("authorization_hash", sa.String(64), nullable=True))
        table.add_column(sa.Column("authorization_sealed", sa.Text(), nullable=True))
        table.add_column(sa.Column("authorization_expires_at", Instant(), nullable=True))
        table.create_unique_constraint("uq_integrations_authorization_hash", ["authorization_hash"])


def downgrade() -> None:
    """Drop the columns."""
    with op.batch_alter_table("integrations") as table:
        table.drop_constraint("uq_integrations_authorization_hash", type_="unique")
        for name in ("authorization_expires_at", "authorization_sealed", "authorization_hash"):
            table.drop_column(name)
