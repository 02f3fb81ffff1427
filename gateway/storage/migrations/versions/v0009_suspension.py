"""What one observation had stopped: failed hours were counted as cycles, and an expired certificate was remembered."""

import sqlalchemy as sa
from alembic import op

from gateway.storage.engine.column_types import Json

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

STOPPED_AFTER = 10
"""Failed cycles that stopped an integration."""
COUNTED = frozenset(
    {
        "bank_unavailable",
        "bank_communication_failed",
        "bank_server_error",
        "rate_limited",
        "unexpected_bank_response",
    }
)
"""Failures of the bank or the gateway, which were counted; no user can mend them."""


def upgrade() -> None:
    """Add what is suspected. Integrations that an outage or a date has stopped go on; their cycles are counted anew."""
    with op.batch_alter_table("integrations") as table:
        table.add_column(sa.Column("suspicion", Json, nullable=True))
    integrations = sa.table(
        "integrations",
        sa.column("account_id", sa.String),
        sa.column("state", sa.String),
        sa.column("sealed", sa.Text),
        sa.column("last_failure", Json),
        sa.column("failed_cycles", sa.Integer),
    )
    stopped = sa.select(integrations).where(integrations.c.state == "needs_action", integrations.c.sealed.is_not(None))
    connection = op.get_bind()
    for row in connection.execute(stopped).all():
        known = row.last_failure or {}
        by_date = known.get("code") == "certificate_expired" and known.get("bank_error") is None
        # Cycles were not forgotten when credentials were refused after them.
        by_count = row.failed_cycles >= STOPPED_AFTER and known.get("code") in COUNTED
        if by_count or by_date:
            one = integrations.c.account_id == row.account_id
            connection.execute(integrations.update().where(one).values(state="bank_failing"))
    op.execute("UPDATE integrations SET failed_cycles = 0, failing_since = NULL, cycle_failed_at = NULL")


def downgrade() -> None:
    """Drop the column."""
    with op.batch_alter_table("integrations") as table:
        table.drop_column("suspicion")
