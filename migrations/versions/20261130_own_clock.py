"""own clock"""

import sqlalchemy as sa
from alembic import op

revision = "20261130ownclock"
down_revision = "20261129merged"
branch_labels = None
depends_on = None

OPEN = sa.text("ended_at IS NULL")


def upgrade() -> None:
    op.drop_index("uq_supervision_open", table_name="supervision")
    op.create_index(
        "uq_supervision_open",
        "supervision",
        ["ticket_id", "unit_id", "because"],
        unique=True,
        postgresql_where=OPEN,
        postgresql_nulls_not_distinct=True,
    )


def downgrade() -> None:
    # Of one cause only the first may stay open.
    op.execute(
        "UPDATE supervision SET ended_at = at WHERE ended_at IS NULL AND EXISTS ("
        "SELECT FROM supervision earlier WHERE earlier.ticket_id = supervision.ticket_id"
        " AND earlier.because = supervision.because AND earlier.ended_at IS NULL"
        " AND earlier.id < supervision.id)"
    )
    op.drop_index("uq_supervision_open", table_name="supervision")
    op.create_index(
        "uq_supervision_open",
        "supervision",
        ["ticket_id", "because"],
        unique=True,
        postgresql_where=OPEN,
    )
