"""Through which change of an account's entries webhooks were told."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the number; until now each change was told at once."""
    op.add_column("kept_accounts", sa.Column("announced", sa.BigInteger(), nullable=False, server_default="0"))
    op.execute("UPDATE kept_accounts SET announced = number")


def downgrade() -> None:
    """Drop it."""
    op.drop_column("kept_accounts", "announced")
