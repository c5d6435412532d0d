"""Whom an arbitration named, and what was wrong when a round was begun again.

And which attachments a stored file belongs to.

Of arbitrations before, who lost is who had to handle it; of rounds, what the citizen said stood
where a dispatcher's words stand."""

import sqlalchemy as sa
from alembic import op

revision = "20261129named"
down_revision = "20261129gaps"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("request", sa.Column("named_unit_id", sa.Integer(), nullable=True))
    op.create_index(op.f("ix_request_named_unit_id"), "request", ["named_unit_id"])
    op.create_foreign_key(
        op.f("fk_request_named_unit_id"), "request", "unit", ["named_unit_id"], ["id"]
    )
    op.execute(
        "UPDATE request SET named_unit_id = assignment.unit_id FROM assignment"
        " WHERE assignment.id = request.assignment_id AND request.kind = 'return'"
        " AND request.arbitration AND request.state = 'rejected'"
    )
    op.add_column("round", sa.Column("reason", sa.String(), nullable=False, server_default=""))
    begun_again = (
        "assignment.round_id = round.id AND round.number > 1 AND assignment.level = 1"
        " AND assignment.dispatched_at = round.opened_at AND assignment.advice <> ''"
    )
    op.execute(f"UPDATE round SET reason = assignment.advice FROM assignment WHERE {begun_again}")
    op.execute(f"UPDATE assignment SET advice = '' FROM round WHERE {begun_again}")
    op.create_index("ix_attachment_storage_key", "attachment", ["storage_key"])


def downgrade() -> None:
    op.drop_index("ix_attachment_storage_key", table_name="attachment")
    op.execute(
        "UPDATE assignment SET advice = round.reason FROM round"
        " WHERE assignment.round_id = round.id AND round.reason <> '' AND assignment.level = 1"
        " AND assignment.dispatched_at = round.opened_at"
    )
    op.drop_column("round", "reason")
    op.drop_constraint(op.f("fk_request_named_unit_id"), "request", type_="foreignkey")
    op.drop_index(op.f("ix_request_named_unit_id"), table_name="request")
    op.drop_column("request", "named_unit_id")
