"""What the gateway notes of itself: the check of the vault key, and the probe of readiness."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table. The check is written by the first start with keys that open what is sealed."""
    op.create_table(
        "gateway_state",
        sa.Column("name", sa.String(32), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_gateway_state"),
    )


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("gateway_state")
