"""The rule by which the ids of an integration's entries were made; seals of days made of earlier ids are forgotten."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Integrations that exist hold ids of rule 1. Seals digest ids, so that all of them would differ."""
    with op.batch_alter_table("integrations") as table:
        table.add_column(sa.Column("id_version", sa.Integer(), nullable=False, server_default="1"))
    op.execute("DELETE FROM day_seals")


def downgrade() -> None:
    """Drop the column; the seals are made anew by the next statements."""
    op.execute("DELETE FROM day_seals")
    with op.batch_alter_table("integrations") as table:
        table.drop_column("id_version")
