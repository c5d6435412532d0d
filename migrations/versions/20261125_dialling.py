"""numbers that the hotline rings by itself"""

import sqlalchemy as sa
from alembic import op

revision = "20261125dial"
down_revision = "20261125interface"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "dial",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=96), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("number", sa.LargeBinary(), nullable=False),
        sa.Column("number_fingerprint", sa.String(length=64), nullable=False),
        sa.Column("number_masked", sa.String(length=32), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("not_after", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tried", sa.Integer(), nullable=False),
        sa.Column("misfired", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state IN ('waiting', 'dialling')) = (ended_at IS NULL)", name=op.f("ck_dial_ended")
        ),
        sa.CheckConstraint(
            "purpose IN ('follow_up', 'callback', 'relay')", name=op.f("ck_dial_purpose")
        ),
        sa.CheckConstraint(
            "state IN ('waiting', 'dialling', 'done', 'exhausted', 'refused', 'cancelled')",
            name=op.f("ck_dial_state"),
        ),
        sa.CheckConstraint("tried >= 0 AND misfired >= 0", name=op.f("ck_dial_counts")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_dial_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dial")),
        sa.UniqueConstraint("key", name=op.f("uq_dial_key")),
    )
    op.create_index(
        "ix_dial_due",
        "dial",
        ["next_at"],
        unique=False,
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index(
        "ix_dial_lapse",
        "dial",
        ["not_after"],
        unique=False,
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index(op.f("ix_dial_person_id"), "dial", ["person_id"], unique=False)
    op.create_table(
        "dial_attempt",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("dial_id", sa.Integer(), nullable=False),
        sa.Column("number_fingerprint", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("leg", sa.String(length=64), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.String(length=16), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("result", sa.String(length=16), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("look_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(state = 'ended') = (ended_at IS NOT NULL)", name=op.f("ck_dial_attempt_ended")
        ),
        sa.CheckConstraint(
            "(state = 'ended') = (result IS NOT NULL)", name=op.f("ck_dial_attempt_settled")
        ),
        sa.CheckConstraint(
            "result IN ('talked', 'machine', 'busy', 'no_answer', 'failed', 'cancelled', 'not_placed')",
            name=op.f("ck_dial_attempt_result"),
        ),
        sa.CheckConstraint(
            "state IN ('claimed', 'ringing', 'answered', 'ended')",
            name=op.f("ck_dial_attempt_state"),
        ),
        sa.ForeignKeyConstraint(["dial_id"], ["dial.id"], name=op.f("fk_dial_attempt_dial_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dial_attempt")),
        sa.UniqueConstraint("leg", name=op.f("uq_dial_attempt_leg")),
    )
    op.create_index(op.f("ix_dial_attempt_at"), "dial_attempt", ["at"], unique=False)
    op.create_index("ix_dial_attempt_dial_id", "dial_attempt", ["dial_id"], unique=False)
    op.create_index(
        "ix_dial_attempt_look",
        "dial_attempt",
        ["look_at"],
        unique=False,
        postgresql_where=sa.text("state <> 'ended'"),
    )
    op.create_index(
        "uq_dial_attempt_number_live",
        "dial_attempt",
        ["number_fingerprint"],
        unique=True,
        postgresql_where=sa.text("state <> 'ended'"),
    )


def downgrade() -> None:
    op.drop_index(
        "uq_dial_attempt_number_live",
        table_name="dial_attempt",
        postgresql_where=sa.text("state <> 'ended'"),
    )
    op.drop_index(
        "ix_dial_attempt_look",
        table_name="dial_attempt",
        postgresql_where=sa.text("state <> 'ended'"),
    )
    op.drop_index("ix_dial_attempt_dial_id", table_name="dial_attempt")
    op.drop_index(op.f("ix_dial_attempt_at"), table_name="dial_attempt")
    op.drop_table("dial_attempt")
    op.drop_index(op.f("ix_dial_person_id"), table_name="dial")
    op.drop_index("ix_dial_lapse", table_name="dial", postgresql_where=sa.text("state = 'waiting'"))
    op.drop_index("ix_dial_due", table_name="dial", postgresql_where=sa.text("state = 'waiting'"))
    op.drop_table("dial")
