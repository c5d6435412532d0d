"""a unit's clerk speaks to a citizen through the line"""

import sqlalchemy as sa
from alembic import op

revision = "20261125relay"
down_revision = "20261125owncalls"
branch_labels = None
depends_on = None


AGENT = "status NOT IN ('connecting', 'talking') OR agent_id IS NOT NULL"


def upgrade() -> None:
    op.drop_constraint(op.f("ck_call_agent"), "call")
    op.create_check_constraint(op.f("ck_call_agent"), "call", f"{AGENT} OR direction = 'out'")
    op.create_table(
        "relay",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("assignment_id", sa.Integer(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("dial_id", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["assignment_id"], ["assignment.id"], name=op.f("fk_relay_assignment_id")
        ),
        sa.ForeignKeyConstraint(["by_id"], ["staff.id"], name=op.f("fk_relay_by_id")),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_relay_call_id")),
        sa.ForeignKeyConstraint(["dial_id"], ["dial.id"], name=op.f("fk_relay_dial_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_relay")),
        sa.UniqueConstraint("call_id", name=op.f("uq_relay_call_id")),
        sa.UniqueConstraint("dial_id", name=op.f("uq_relay_dial_id")),
    )
    op.create_index(op.f("ix_relay_assignment_id"), "relay", ["assignment_id"], unique=False)
    op.add_column("contact", sa.Column("call_id", sa.Integer(), nullable=True))
    op.create_unique_constraint(op.f("uq_contact_call_id"), "contact", ["call_id"])
    op.create_foreign_key(op.f("fk_contact_call_id"), "contact", "call", ["call_id"], ["id"])


def downgrade() -> None:
    op.drop_constraint(op.f("fk_contact_call_id"), "contact", type_="foreignkey")
    op.drop_constraint(op.f("uq_contact_call_id"), "contact", type_="unique")
    op.drop_column("contact", "call_id")
    op.drop_index(op.f("ix_relay_assignment_id"), table_name="relay")
    op.drop_table("relay")
    op.drop_constraint(op.f("ck_call_agent"), "call")
    # A talk through the line that is going on is nobody's any more: it must have ended before.
    op.create_check_constraint(op.f("ck_call_agent"), "call", AGENT)
