"""The caller's own id of an account, and indexes for the filters of the list."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column and the indexes."""
    op.add_column("accounts", sa.Column("external_id", sa.String(128), nullable=True))
    op.create_index("ix_accounts_tenant_external", "accounts", ["tenant_id", "external_id"], unique=True)
    op.create_index("ix_accounts_tenant_holder", "accounts", ["tenant_id", "holder_tax_id"])


def downgrade() -> None:
    """Drop them."""
    op.drop_index("ix_accounts_tenant_holder", "accounts")
    op.drop_index("ix_accounts_tenant_external", "accounts")
    op.drop_column("accounts", "external_id")
