"""tickets found by line and number"""

import sqlalchemy as sa
from alembic import op

revision = "20261130found"
down_revision = "cc2bac45f176"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _find_tickets()


def downgrade() -> None:
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
