"""contacts that wait to be handled"""

import sqlalchemy as sa
from alembic import op

revision = "20261125waits"
down_revision = "20261125list"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_missed_contact_unhandled",
        "missed_contact",
        ["at"],
        postgresql_where=sa.text("handled_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_missed_contact_unhandled", "missed_contact")
