"""what waiting callers are told"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "b27d9e4c1f60"
down_revision = "3f1c0d5a7e21"
branch_labels = None
depends_on = None

ANSWERED = sa.text("answered_at IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        "promise",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("place_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ahead", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("low_minutes", sa.Integer(), nullable=True),
        sa.Column("high_minutes", sa.Integer(), nullable=True),
        sa.Column("basis", postgresql.JSONB(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("gone_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kind IN ('wait', 'busy', 'nobody', 'position')", name=op.f("ck_promise_kind")
        ),
        sa.CheckConstraint("ahead >= 0", name=op.f("ck_promise_ahead")),
        sa.CheckConstraint(
            "(kind = 'wait') = (low_minutes IS NOT NULL)", name=op.f("ck_promise_wait")
        ),
        sa.CheckConstraint("low_minutes >= 0", name=op.f("ck_promise_low")),
        sa.CheckConstraint(
            "high_minutes IS NULL OR (low_minutes IS NOT NULL AND high_minutes > low_minutes)",
            name=op.f("ck_promise_band"),
        ),
        sa.CheckConstraint(
            "answered_at IS NULL OR gone_at IS NULL", name=op.f("ck_promise_one_end")
        ),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name=op.f("fk_promise_place_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promise")),
    )
    op.create_index("ix_promise_place_id", "promise", ["place_id"])
    op.create_index("ix_promise_at", "promise", ["at"])
    op.drop_column("place", "told_position")
    op.create_index("ix_place_line_id_left_at", "place", ["line_id", "left_at"])
    op.create_index(
        "ix_call_line_id_answered_at", "call", ["line_id", "answered_at"], postgresql_where=ANSWERED
    )
    op.create_index("ix_call_answered_at", "call", ["answered_at"], postgresql_where=ANSWERED)


def downgrade() -> None:
    op.drop_index("ix_call_answered_at", "call")
    op.drop_index("ix_call_line_id_answered_at", "call")
    op.drop_index("ix_place_line_id_left_at", "place")
    op.add_column("place", sa.Column("told_position", sa.Integer(), nullable=True))
    op.drop_table("promise")
