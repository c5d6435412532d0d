"""whom the hotline has just rung is left alone"""

from alembic import op

revision = "20261125rung"
down_revision = "20261125meetings"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_dial_attempt_number_at", "dial_attempt", ["number_fingerprint", "at"])


def downgrade() -> None:
    op.drop_index("ix_dial_attempt_number_at", "dial_attempt")
