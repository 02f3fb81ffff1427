"""Which key has taken the place of another."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    op.add_column("api_keys", sa.Column("replaced_by", sa.String(16), nullable=True))


def downgrade() -> None:
    """Drop it; replaced keys end as they would."""
    op.drop_column("api_keys", "replaced_by")
