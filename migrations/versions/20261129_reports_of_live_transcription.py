"""Reports of live transcription that arrived: what is missing among their numbers shows."""

import sqlalchemy as sa
from alembic import op

revision = "20261129gaps"
down_revision = "20261129menusaid"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "transcription_report",
        sa.Column("transcription", sa.String(length=64), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name="fk_transcription_report_call_id"),
        sa.PrimaryKeyConstraint("transcription", "sequence", name="pk_transcription_report"),
    )
    op.create_index("ix_transcription_report_call_id", "transcription_report", ["call_id"])


def downgrade() -> None:
    op.drop_table("transcription_report")
