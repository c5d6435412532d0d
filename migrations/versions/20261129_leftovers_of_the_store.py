"""Files of the store that no attachment has any more, and since when."""

import sqlalchemy as sa
from alembic import op

revision = "20261129leftover"
down_revision = "20261129known"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "leftover",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("doomed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_leftover")),
    )


def downgrade() -> None:
    op.drop_table("leftover")
