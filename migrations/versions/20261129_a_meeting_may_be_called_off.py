"""a meeting may be called off"""

import sqlalchemy as sa
from alembic import op

revision = "20261129meeting"
down_revision = "20261129leftover"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "meeting", sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.add_column(
        "meeting", sa.Column("edition", sa.Integer(), server_default="0", nullable=False)
    )
    op.create_check_constraint(
        op.f("ck_meeting_cancelled"), "meeting", "held_at IS NULL OR cancelled_at IS NULL"
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_meeting_cancelled"), "meeting")
    op.drop_column("meeting", "edition")
    op.drop_column("meeting", "cancelled_at")
