"""Management actions: who did what."""

import sqlalchemy as sa
from alembic import op

from gateway.storage.engine.column_types import Instant

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table, empty: what was done before is not known."""
    op.create_table(
        "audit_actions",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("tenant_id", sa.String(36), nullable=True),
        sa.Column("actor", sa.String(32), nullable=False),
        sa.Column("action", sa.String(40), nullable=False),
        sa.Column("about", sa.String(80), nullable=False),
        sa.Column("outcome", sa.String(64), nullable=False),
        sa.Column("request_id", sa.String(64), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_audit_actions"),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name="fk_audit_actions_tenant_id_tenants", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_audit_actions_listed", "audit_actions", ["tenant_id", "at", "id"])
    op.create_index("ix_audit_actions_about", "audit_actions", ["about", "at", "id"])
    op.create_index("ix_audit_actions_at", "audit_actions", ["at", "id"])


def downgrade() -> None:
    """Drop it."""
    op.drop_table("audit_actions")
