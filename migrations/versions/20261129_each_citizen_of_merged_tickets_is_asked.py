"""each citizen of merged tickets is asked"""

from alembic import op

revision = "20261129merged"
down_revision = "20261129owed"
branch_labels = None
depends_on = None

KINDS = "kind IN ('flipped', 'pressed', 'disagrees'"


def upgrade() -> None:
    op.drop_constraint(op.f("uq_follow_up_round_id"), "follow_up", type_="unique")
    op.create_unique_constraint(
        op.f("uq_follow_up_round_id_ticket_id"), "follow_up", ["round_id", "ticket_id"]
    )
    op.drop_constraint(op.f("ck_follow_up_alarm_kind"), "follow_up_alarm", type_="check")
    op.create_check_constraint(
        op.f("ck_follow_up_alarm_kind"), "follow_up_alarm", f"{KINDS}, 'merged')"
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_follow_up_alarm_kind"), "follow_up_alarm", type_="check")
    op.create_check_constraint(op.f("ck_follow_up_alarm_kind"), "follow_up_alarm", f"{KINDS})")
    op.drop_constraint(op.f("uq_follow_up_round_id_ticket_id"), "follow_up", type_="unique")
    op.create_unique_constraint(op.f("uq_follow_up_round_id"), "follow_up", ["round_id"])
