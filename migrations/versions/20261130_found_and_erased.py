"""tickets found by line and number"""

import sqlalchemy as sa
from alembic import op

revision = "20261130found"
down_revision = "20261130recalls"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _find_tickets()
    _look_into_each_citizen()
    # Who had the role and no unit saw no ticket; an administrator gives him both again.
    op.execute(
        "UPDATE staff SET roles = array_remove(roles, 'unit')"
        " WHERE 'unit' = ANY (roles) AND unit_id IS NULL"
    )
    op.create_check_constraint(
        op.f("ck_staff_unit"), "staff", "NOT 'unit' = ANY (roles) OR unit_id IS NOT NULL"
    )
    # Who has rated is reached, however the asking ended.
    op.execute(
        "UPDATE follow_up SET result = 'reached'"
        " WHERE result = 'withdrawn' AND final_rating IS NOT NULL"
    )
    op.create_check_constraint(
        op.f("ck_follow_up_withdrawn"),
        "follow_up",
        "result <> 'withdrawn' OR final_rating IS NULL",
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_staff_unit"), "staff", type_="check")
    op.drop_constraint(op.f("ck_follow_up_withdrawn"), "follow_up", type_="check")
    _look_into_each_round()
    op.drop_index("ix_ticket_serial_id", table_name="ticket")
    op.drop_index("ix_ticket_submitted_at_id", table_name="ticket")
    op.create_index(op.f("ix_ticket_submitted_at"), "ticket", ["submitted_at"])
    op.drop_index("ix_ticket_line_id_id", table_name="ticket")
    op.drop_column("ticket", "line_id")


def _find_tickets() -> None:
    op.add_column("ticket", sa.Column("line_id", sa.Integer()))
    op.create_foreign_key(op.f("fk_ticket_line_id"), "ticket", "line", ["line_id"], ["id"])
    # The first place that the caller had: where he was transferred to since is another matter.
    op.execute(
        "UPDATE ticket SET line_id = coalesce("
        "(SELECT line_id FROM place WHERE call_id = call.id ORDER BY id LIMIT 1), call.line_id)"
        " FROM call WHERE call.id = ticket.call_id AND call.line_id IS NOT NULL"
    )
    op.create_index("ix_ticket_line_id_id", "ticket", ["line_id", "id"])
    op.drop_index(op.f("ix_ticket_submitted_at"), table_name="ticket")
    op.create_index("ix_ticket_submitted_at_id", "ticket", ["submitted_at", "id"])
    op.create_index("ix_ticket_serial_id", "ticket", [sa.text('"right"(number, 6)'), "id"])


def _look_into_each_citizen() -> None:
    op.add_column("follow_up_alarm", sa.Column("ticket_id", sa.Integer()))
    op.execute(
        "UPDATE follow_up_alarm SET ticket_id = coalesce("
        "(SELECT id FROM ticket WHERE number = detail ->> 'child'), round.ticket_id)"
        " FROM round WHERE round.id = round_id"
    )
    op.alter_column("follow_up_alarm", "ticket_id", nullable=False)
    op.create_foreign_key(
        op.f("fk_follow_up_alarm_ticket_id"), "follow_up_alarm", "ticket", ["ticket_id"], ["id"]
    )
    op.create_index(op.f("ix_follow_up_alarm_ticket_id"), "follow_up_alarm", ["ticket_id"])
    op.drop_constraint(op.f("uq_follow_up_alarm_round_id_kind"), "follow_up_alarm")
    op.create_unique_constraint(
        op.f("uq_follow_up_alarm_round_id_kind_ticket_id"),
        "follow_up_alarm",
        ["round_id", "kind", "ticket_id"]
    )


def _look_into_each_round() -> None:
    op.execute(
        "DELETE FROM follow_up_alarm USING follow_up_alarm first"
        " WHERE first.round_id = follow_up_alarm.round_id AND first.kind = follow_up_alarm.kind"
        " AND first.id < follow_up_alarm.id"
    )
    op.execute(
        "UPDATE follow_up_alarm SET detail = detail || jsonb_build_object('child', ticket.number)"
        " FROM ticket WHERE ticket.id = ticket_id AND follow_up_alarm.kind = 'merged'"
    )
    op.drop_constraint(op.f("uq_follow_up_alarm_round_id_kind_ticket_id"), "follow_up_alarm")
    op.drop_column("follow_up_alarm", "ticket_id")
    op.create_unique_constraint(
        op.f("uq_follow_up_alarm_round_id_kind"), "follow_up_alarm", ["round_id", "kind"]
    )
