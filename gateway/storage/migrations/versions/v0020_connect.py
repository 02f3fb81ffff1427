"""The connect page: settings of tenants, and sessions."""

import sqlalchemy as sa
from alembic import op

from gateway.storage.engine.column_types import Instant, Json

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

HASHES = ("token_hash", "page_hash", "back_hash", "consent_hash")


def upgrade() -> None:
    """Add both tables, empty."""
    op.create_table(
        "connect_settings",
        sa.Column("tenant_id", sa.String(36), nullable=False),
        sa.Column("return_addresses", Json, nullable=False),
        sa.Column("frame_ancestors", Json, nullable=False),
        sa.Column("changed_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", name="pk_connect_settings"),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name="fk_connect_settings_tenant_id_tenants", ondelete="CASCADE"
        ),
    )
    op.create_table(
        "connect_sessions",
        sa.Column("id", sa.String(24), nullable=False),
        sa.Column("tenant_id", sa.String(36), nullable=False),
        sa.Column("created_by", sa.String(32), nullable=False),
        sa.Column("purpose", sa.String(16), nullable=False),
        sa.Column("account_id", sa.String(36), nullable=True),
        sa.Column("stage", sa.String(16), nullable=False),
        sa.Column("result", sa.String(16), nullable=True),
        sa.Column("failure", sa.String(64), nullable=True),
        sa.Column("first_hash", sa.String(64), nullable=False),
        *(sa.Column(name, sa.String(64), nullable=True) for name in HASHES),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("claimed_at", Instant, nullable=True),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("expires_at", Instant, nullable=False),
        sa.Column("ended_at", Instant, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_connect_sessions"),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name="fk_connect_sessions_tenant_id_tenants", ondelete="CASCADE"
        ),
        *(sa.UniqueConstraint(name, name=f"uq_connect_sessions_{name}") for name in ("first_hash", *HASHES)),
    )
    op.create_index("ix_connect_sessions_listed", "connect_sessions", ["tenant_id", "expires_at"])


def downgrade() -> None:
    """Drop them."""
    op.drop_table("connect_sessions")
    op.drop_table("connect_settings")
