"""Whether a webhook did not take what was sent to it last."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; the next delivery tells it of those that fail now."""
    op.add_column("webhooks", sa.Column("failing", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    """Drop it."""
    op.drop_column("webhooks", "failing")
