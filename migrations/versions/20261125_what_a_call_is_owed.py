"""a call knows when its ticket and its recording are looked for"""

import sqlalchemy as sa
from alembic import op

revision = "20261125owed"
down_revision = "20261125knock"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column in ("ticket_due_at", "recording_due_at"):
        op.add_column("call", sa.Column(column, sa.DateTime(timezone=True), nullable=True))
    # What was lost before is found now, too.
    op.execute("UPDATE call SET ticket_due_at = started_at, recording_due_at = started_at")
    op.create_index(
        "ix_call_ticket_due",
        "call",
        ["ticket_due_at"],
        postgresql_where=sa.text("status = 'ended' AND ticket_due_at IS NOT NULL"),
    )
    op.create_index(
        "ix_call_recording_due",
        "call",
        ["recording_due_at"],
        postgresql_where=sa.text(
            "status = 'ended' AND tapped_at IS NOT NULL AND recording_due_at IS NOT NULL"
        ),
    )
    op.drop_column("ticket", "asked_at")


def downgrade() -> None:
    op.add_column("ticket", sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True))
    op.drop_index("ix_call_recording_due", "call")
    op.drop_index("ix_call_ticket_due", "call")
    op.drop_column("call", "recording_due_at")
    op.drop_column("call", "ticket_due_at")
