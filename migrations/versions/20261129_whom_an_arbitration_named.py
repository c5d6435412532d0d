"""Whom an arbitration named; of those before, who lost is who had to handle it."""

import sqlalchemy as sa
from alembic import op

revision = "20261129named"
down_revision = "20261129menusaid"
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


def downgrade() -> None:
    op.drop_constraint(op.f("fk_request_named_unit_id"), "request", type_="foreignkey")
    op.drop_index(op.f("ix_request_named_unit_id"), table_name="request")
    op.drop_column("request", "named_unit_id")
