"""Scopes, names, expiry and last use of API keys."""

import sqlalchemy as sa
from alembic import op

from gateway.storage.engine.column_types import Instant

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns. Keys from before may do all that they could: every key could do everything."""
    with op.batch_alter_table("api_keys") as table:
        table.add_column(sa.Column("name", sa.String(200), nullable=False, server_default=""))
        table.add_column(sa.Column("scopes", sa.String(64), nullable=False, server_default="read manage"))
        table.add_column(sa.Column("expires_at", Instant, nullable=True))
        table.add_column(sa.Column("last_used_at", Instant, nullable=True))


def downgrade() -> None:
    """Drop the columns, unless that would let a key do more than it was made for."""
    bounded = (
        "SELECT count(*) FROM api_keys WHERE revoked_at IS NULL AND (scopes <> 'read manage' OR expires_at IS NOT NULL)"
    )
    if op.get_bind().exec_driver_sql(bounded).scalar():
        raise RuntimeError("revoke the keys that have fewer scopes or an expiry first: older versions let them do all")
    with op.batch_alter_table("api_keys") as table:
        for name in ("last_used_at", "expires_at", "scopes", "name"):
            table.drop_column(name)
