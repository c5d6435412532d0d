"""a part beside what one only had to know"""

import sqlalchemy as sa
from alembic import op

revision = "20261129known"
down_revision = "20261129named"
branch_labels = None
depends_on = None

BEFORE = "state NOT IN ('returned', 'recalled')"
# Who only had to know, and knows, may be given a part in the same round.
SINCE = f"{BEFORE} AND (part <> 'info' OR ended_at IS NULL)"


def upgrade() -> None:
    _only_once(SINCE)


def downgrade() -> None:
    _only_once(BEFORE)


def _only_once(where: str) -> None:
    op.drop_index("uq_assignment_unit", table_name="assignment")
    op.create_index(
        "uq_assignment_unit",
        "assignment",
        ["round_id", "unit_id"],
        unique=True,
        postgresql_where=sa.text(where),
    )
