"""Branch and number of every account in their one spelling; the digest of what names an account at its bank."""

import sqlalchemy as sa
from alembic import op

from gateway.storage.accounts.respelling import respell

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column and respell the accounts; their ids stay."""
    with op.batch_alter_table("integrations") as table:
        table.add_column(sa.Column("name_digest", sa.String(64), nullable=True))
        table.create_unique_constraint("uq_integrations_name_digest", ["name_digest"])
    respell(op.get_bind())


def downgrade() -> None:
    """Drop the column. The accounts keep their spelling, which an older version takes too."""
    with op.batch_alter_table("integrations") as table:
        table.drop_constraint("uq_integrations_name_digest", type_="unique")
        table.drop_column("name_digest")
