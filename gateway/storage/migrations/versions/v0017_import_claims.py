"""The claim of an import is renewed while its process is alive, so that its instant is that of the last renewal."""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Rename the column."""
    op.execute("ALTER TABLE imports RENAME COLUMN begun_at TO claimed_at")


def downgrade() -> None:
    """Give it its former name."""
    op.execute("ALTER TABLE imports RENAME COLUMN claimed_at TO begun_at")
