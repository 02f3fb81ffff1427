"""The first tables: tenants, keys, accounts, integrations, tokens."""

import sqlalchemy as sa
from alembic import op

from gateway.storage.engine.column_types import Instant, Json

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "tenants",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_tenants"),
        sa.UniqueConstraint("name", name="uq_tenants_name"),
    )
    op.create_table(
        "api_keys",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("tenant_id", sa.String(36), nullable=False),
        sa.Column("prefix", sa.String(16), nullable=False),
        sa.Column("key_hash", sa.String(64), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("revoked_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_api_keys"),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name="fk_api_keys_tenant_id_tenants", ondelete="CASCADE"
        ),
        sa.UniqueConstraint("prefix", name="uq_api_keys_prefix"),
    )
    op.create_index("ix_api_keys_tenant_id", "api_keys", ["tenant_id"])
    op.create_table(
        "accounts",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("tenant_id", sa.String(36), nullable=False),
        sa.Column("bank", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(2), nullable=False),
        sa.Column("branch", sa.String(16), nullable=False),
        sa.Column("number", sa.String(32), nullable=False),
        sa.Column("holder_tax_id", sa.String(14), nullable=False),
        sa.Column("description", sa.String(200), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_accounts"),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name="fk_accounts_tenant_id_tenants", ondelete="CASCADE"
        ),
        sa.UniqueConstraint("tenant_id", "bank", "branch", "number", name="uq_accounts_tenant_id"),
    )
    op.create_index("ix_accounts_tenant_created", "accounts", ["tenant_id", "created_at", "id"])
    op.create_table(
        "integrations",
        sa.Column("account_id", sa.String(36), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=True),
        sa.Column("enabled_at", Instant(), nullable=True),
        sa.Column("first_import_from", sa.String(10), nullable=True),
        sa.Column("first_import_to", sa.String(10), nullable=True),
        sa.Column("last_success_at", Instant(), nullable=True),
        sa.Column("last_failure", Json, nullable=True),
        sa.Column("failures_in_a_row", sa.Integer(), nullable=False),
        sa.Column("certificate_expires_at", Instant(), nullable=True),
        sa.Column("consent_expires_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("account_id", name="pk_integrations"),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name="fk_integrations_account_id_accounts", ondelete="CASCADE"
        ),
    )
    op.create_table(
        "tokens",
        sa.Column("account_id", sa.String(36), nullable=False),
        sa.Column("slot", sa.String(64), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("renewing_since", Instant(), nullable=True),
        sa.Column("dead", Json, nullable=True),
        sa.Column("touched_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "slot", name="pk_tokens"),
    )


def downgrade() -> None:
    """Drop the tables."""
    for table in ("tokens", "integrations", "accounts", "api_keys", "tenants"):
        op.drop_table(table)
