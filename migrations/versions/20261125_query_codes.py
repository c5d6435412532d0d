"""attempts at query codes; persons who are minors"""

import sqlalchemy as sa
from alembic import op

revision = "3f1c0d5a7e21"
down_revision = "003b2bab5350"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "person", sa.Column("minor", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.alter_column("person", "minor", server_default=None)
    op.create_table(
        "code_attempt",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=24), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("call_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("right", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["call_id"], ["call.id"], name=op.f("fk_code_attempt_call_id")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_code_attempt_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_code_attempt")),
    )
    op.create_index("ix_code_attempt_at", "code_attempt", ["at"])
    op.create_index("ix_code_attempt_call_id", "code_attempt", ["call_id"])
    op.create_index("ix_code_attempt_number_at", "code_attempt", ["number", "at"])
    op.create_index("ix_code_attempt_person_id_at", "code_attempt", ["person_id", "at"])
    op.drop_column("ticket", "code_failures")
    op.drop_column("ticket", "code_locked_until")


def downgrade() -> None:
    op.add_column(
        "ticket", sa.Column("code_locked_until", sa.DateTime(timezone=True), nullable=True)
    )
    op.add_column(
        "ticket", sa.Column("code_failures", sa.Integer(), nullable=False, server_default="0")
    )
    op.alter_column("ticket", "code_failures", server_default=None)
    op.drop_table("code_attempt")
    op.drop_column("person", "minor")
