"""tickets about the same place are found by a mark of it"""

import sqlalchemy as sa
from alembic import op

revision = "20261130place"
down_revision = "20261130below"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Addresses are sealed: those of before have no mark, and are repeats of nobody by their place.
    op.add_column("ticket", sa.Column("place_mark", sa.String(64), nullable=True))
    op.create_index(
        "ix_ticket_place_mark",
        "ticket",
        ["place_mark", "topic_id", "submitted_at"],
        postgresql_where=sa.text("place_mark IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_ticket_place_mark", "ticket")
    op.drop_column("ticket", "place_mark")
