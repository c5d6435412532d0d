"""older tickets get the mark of their place, and what was erased loses it"""

import sqlalchemy as sa
from alembic import op

revision = "20261202places"
down_revision = "20261202takes"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "place_walk",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("before_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_place_walk_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_place_walk")),
    )
    op.execute("UPDATE ticket SET place_mark = NULL WHERE erased_at IS NOT NULL")
    # Addresses are sealed: the clock reads them in parts.
    op.execute(
        "INSERT INTO place_walk (id, before_id)"
        " SELECT 1, max(id) + 1 FROM ticket HAVING max(id) IS NOT NULL"
    )


def downgrade() -> None:
    op.drop_table("place_walk")
