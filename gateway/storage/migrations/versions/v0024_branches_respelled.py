"""Accounts in their one spelling again: branches of PagSeguro were stored as they were typed."""

from alembic import op

from gateway.storage.accounts.respelling import respell

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Respell the accounts; their ids stay."""
    respell(op.get_bind())


def downgrade() -> None:
    """Nothing: the accounts keep their spelling, which an older version takes too."""
