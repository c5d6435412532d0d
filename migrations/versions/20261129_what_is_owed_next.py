"""What a unit owes next, in columns of the database; what the hotline's leads are told.

What is late while this runs is told to them, too.  Where it was noted that people had done their
work before they set out, they had set out by then at the latest."""

import sqlalchemy as sa
from alembic import op

revision = "20261129owed"
down_revision = "20261129linked"
branch_labels = None
depends_on = None

TARGETS = (
    ("signed_at", "sign_due_at"),
    ("mobilised_at", "mobilise_due_at"),
    ("contacted_at", "respond_due_at"),
    ("on_site_done_at", "on_site_due_at"),
)
FIFTH_BEFORE = (
    "to_timestamp(0.8 * extract(epoch FROM DUE - to_timestamp(0))"
    " + 0.2 * extract(epoch FROM dispatched_at - to_timestamp(0)))"
)


def soonest(reply: str, target: str) -> str:
    owed = [
        f"CASE WHEN {met} IS NULL THEN {target.replace('DUE', due)} END" for met, due in TARGETS
    ]
    still = "replied_at IS NULL AND ended_at IS NULL AND due_at IS NOT NULL"
    return f"CASE WHEN {still} THEN LEAST({', '.join([*owed, reply])}) END"


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.execute(
        "UPDATE assignment SET mobilised_at = on_site_done_at WHERE on_site_done_at IS NOT NULL"
        " AND (mobilised_at IS NULL OR mobilised_at > on_site_done_at)"
    )
    op.create_check_constraint(
        op.f("ck_assignment_mobilised_first"),
        "assignment",
        "on_site_done_at IS NULL OR (mobilised_at IS NOT NULL AND mobilised_at <= on_site_done_at)",
    )
    for name, said in (
        ("next_due_at", soonest("due_at", "DUE")),
        ("next_near_at", soonest("nearly_at", FIFTH_BEFORE)),
    ):
        op.add_column("assignment", sa.Column(name, moment, sa.Computed(said, persisted=True)))
    op.drop_index("ix_assignment_inbox", "assignment")
    op.create_index(
        "ix_assignment_inbox",
        "assignment",
        ["unit_id", "next_due_at", "id"],
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    for name in ("next_due", "next_near"):
        op.create_index(
            f"ix_assignment_{name}",
            "assignment",
            [f"{name}_at", "id"],
            postgresql_where=sa.text(f"{name}_at IS NOT NULL"),
        )
    escalations(moment)
    pressing()


def escalations(moment: sa.DateTime) -> None:
    op.create_table(
        "escalation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("assignment_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=48), nullable=False),
        sa.Column("due_at", moment, nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("seen_at", moment, nullable=True),
        sa.Column("seen_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["assignment_id"], ["assignment.id"], name=op.f("fk_escalation_assignment_id")
        ),
        sa.ForeignKeyConstraint(
            ["seen_by_id"], ["staff.id"], name=op.f("fk_escalation_seen_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_escalation")),
        sa.UniqueConstraint(
            "assignment_id", "name", "due_at", name=op.f("uq_escalation_assignment_id_name_due_at")
        ),
    )
    op.create_index(
        "ix_escalation_unseen", "escalation", ["id"], postgresql_where=sa.text("seen_at IS NULL")
    )
    op.execute(
        "INSERT INTO escalation (assignment_id, name, due_at, at)"
        " SELECT id, 'overdue', due_at, red_at FROM assignment"
        " WHERE red_at IS NOT NULL AND next_due_at <= now() AND due_at <= now() ORDER BY red_at"
    )


def pressing() -> None:
    op.add_column(
        "notice", sa.Column("presses", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.execute(
        "UPDATE notice SET presses = true WHERE name IN ('overdue', 'late_sign', 'late_respond',"
        " 'late_mobilise', 'late_on_site', 'supervised', 'legal_missed')"
    )
    op.drop_index("ix_notice_unread", "notice")
    op.create_index(
        "ix_notice_unread",
        "notice",
        ["unit_id", "presses", "id"],
        postgresql_where=sa.text("read_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_notice_unread", "notice")
    op.create_index(
        "ix_notice_unread",
        "notice",
        ["unit_id", "id"],
        postgresql_where=sa.text("read_at IS NULL"),
    )
    op.drop_column("notice", "presses")
    op.drop_table("escalation")
    op.drop_index("ix_assignment_next_near", "assignment")
    op.drop_index("ix_assignment_next_due", "assignment")
    op.drop_index("ix_assignment_inbox", "assignment")
    op.create_index(
        "ix_assignment_inbox",
        "assignment",
        ["unit_id", "due_at", "id"],
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.drop_column("assignment", "next_near_at")
    op.drop_column("assignment", "next_due_at")
    op.drop_constraint(op.f("ck_assignment_mobilised_first"), "assignment")
