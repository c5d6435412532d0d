"""the citizen is asked whether it is as the unit answered"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261125follow"
down_revision = "20261125dial"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "follow_up",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("why", sa.String(length=24), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("dial_id", sa.Integer(), nullable=True),
        sa.Column("taken_by_id", sa.Integer(), nullable=True),
        sa.Column("taken_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("texted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("text_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("token_hash", sa.String(length=64), nullable=True),
        sa.Column("result", sa.String(length=16), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("contacted", sa.Boolean(), nullable=True),
        sa.Column("solved", sa.String(length=16), nullable=True),
        sa.Column("first_rating", sa.Integer(), nullable=True),
        sa.Column("final_rating", sa.Integer(), nullable=True),
        sa.Column("to_check", sa.Boolean(), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("agrees", sa.Boolean(), nullable=True),
        sa.CheckConstraint(
            "(state = 'done') = (done_at IS NOT NULL)", name=op.f("ck_follow_up_done")
        ),
        sa.CheckConstraint(
            "(state = 'done') = (result IS NOT NULL)", name=op.f("ck_follow_up_result_final")
        ),
        sa.CheckConstraint(
            "result <> 'reached' OR final_rating IS NOT NULL", name=op.f("ck_follow_up_reached")
        ),
        sa.CheckConstraint(
            "result IN ('reached', 'unreachable', 'refused', 'exempt', 'withdrawn')",
            name=op.f("ck_follow_up_result"),
        ),
        sa.CheckConstraint("solved IN ('yes', 'partly', 'no')", name=op.f("ck_follow_up_solved")),
        sa.CheckConstraint("state <> 'person' OR why <> ''", name=op.f("ck_follow_up_why")),
        sa.CheckConstraint(
            "state <> 'robot' OR dial_id IS NOT NULL", name=op.f("ck_follow_up_robot")
        ),
        sa.CheckConstraint(
            "state IN ('robot', 'person', 'texted', 'done')", name=op.f("ck_follow_up_state")
        ),
        sa.CheckConstraint(
            "(first_rating IS NULL) = (final_rating IS NULL)", name=op.f("ck_follow_up_ratings")
        ),
        sa.CheckConstraint("final_rating BETWEEN 1 AND 5", name=op.f("ck_follow_up_final_rating")),
        sa.CheckConstraint("first_rating BETWEEN 1 AND 5", name=op.f("ck_follow_up_first_rating")),
        sa.ForeignKeyConstraint(["dial_id"], ["dial.id"], name=op.f("fk_follow_up_dial_id")),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_follow_up_round_id")),
        sa.ForeignKeyConstraint(
            ["taken_by_id"], ["staff.id"], name=op.f("fk_follow_up_taken_by_id")
        ),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_follow_up_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_follow_up")),
        sa.UniqueConstraint("dial_id", name=op.f("uq_follow_up_dial_id")),
        sa.UniqueConstraint("round_id", name=op.f("uq_follow_up_round_id")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_follow_up_token_hash")),
    )
    op.create_index(
        "ix_follow_up_check",
        "follow_up",
        ["id"],
        unique=False,
        postgresql_where=sa.text("to_check AND checked_at IS NULL"),
    )
    op.create_index("ix_follow_up_done_at", "follow_up", ["done_at"], unique=False)
    op.create_index(
        "ix_follow_up_open",
        "follow_up",
        ["state", "id"],
        unique=False,
        postgresql_where=sa.text("state <> 'done'"),
    )
    op.create_index(op.f("ix_follow_up_ticket_id"), "follow_up", ["ticket_id"], unique=False)
    op.create_table(
        "asking",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("follow_up_id", sa.Integer(), nullable=False),
        sa.Column("way", sa.String(length=16), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("attempt_id", sa.Integer(), nullable=True),
        sa.Column("reached", sa.Boolean(), nullable=False),
        sa.Column("contacted", sa.Boolean(), nullable=True),
        sa.Column("solved", sa.String(length=16), nullable=True),
        sa.Column("satisfied", sa.Integer(), nullable=True),
        sa.Column("reason", sa.LargeBinary(), nullable=True),
        sa.Column("heard", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("check", sa.Boolean(), nullable=False),
        sa.CheckConstraint("solved IN ('yes', 'partly', 'no')", name=op.f("ck_asking_solved")),
        sa.CheckConstraint("way IN ('robot', 'person', 'text')", name=op.f("ck_asking_way")),
        sa.CheckConstraint("satisfied BETWEEN 1 AND 5", name=op.f("ck_asking_satisfied")),
        sa.ForeignKeyConstraint(
            ["attempt_id"], ["dial_attempt.id"], name=op.f("fk_asking_attempt_id")
        ),
        sa.ForeignKeyConstraint(["by_id"], ["staff.id"], name=op.f("fk_asking_by_id")),
        sa.ForeignKeyConstraint(
            ["follow_up_id"], ["follow_up.id"], name=op.f("fk_asking_follow_up_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_asking")),
        sa.UniqueConstraint("attempt_id", name=op.f("uq_asking_attempt_id")),
    )
    op.create_index("ix_asking_follow_up_id", "asking", ["follow_up_id"], unique=False)
    op.create_table(
        "follow_up_alarm",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("follow_up_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("detail", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seen_by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('flipped', 'pressed', 'disagrees')", name=op.f("ck_follow_up_alarm_kind")
        ),
        sa.ForeignKeyConstraint(
            ["follow_up_id"], ["follow_up.id"], name=op.f("fk_follow_up_alarm_follow_up_id")
        ),
        sa.ForeignKeyConstraint(
            ["seen_by_id"], ["staff.id"], name=op.f("fk_follow_up_alarm_seen_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_follow_up_alarm")),
        sa.UniqueConstraint(
            "follow_up_id", "kind", name=op.f("uq_follow_up_alarm_follow_up_id_kind")
        ),
    )
    op.create_index(
        "ix_follow_up_alarm_unseen",
        "follow_up_alarm",
        ["id"],
        unique=False,
        postgresql_where=sa.text("seen_at IS NULL"),
    )
    op.add_column(
        "person", sa.Column("no_robot", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.add_column(
        "person", sa.Column("elderly", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    for name in ("no_robot", "elderly"):
        op.alter_column("person", name, server_default=None)


def downgrade() -> None:
    op.drop_column("person", "elderly")
    op.drop_column("person", "no_robot")
    op.drop_index(
        "ix_follow_up_alarm_unseen",
        table_name="follow_up_alarm",
        postgresql_where=sa.text("seen_at IS NULL"),
    )
    op.drop_table("follow_up_alarm")
    op.drop_index("ix_asking_follow_up_id", table_name="asking")
    op.drop_table("asking")
    op.drop_index(op.f("ix_follow_up_ticket_id"), table_name="follow_up")
    op.drop_index(
        "ix_follow_up_open", table_name="follow_up", postgresql_where=sa.text("state <> 'done'")
    )
    op.drop_index("ix_follow_up_done_at", table_name="follow_up")
    op.drop_index(
        "ix_follow_up_check",
        table_name="follow_up",
        postgresql_where=sa.text("to_check AND checked_at IS NULL"),
    )
    op.drop_table("follow_up")
