"""a unit's leader is told what is late"""

import sqlalchemy as sa
from alembic import op

revision = "20261125leader"
down_revision = "20261125relay"
branch_labels = None
depends_on = None

ABOUT = ("tickets", "clocks", "decisions")


def _say_wants(abouts: tuple[str, ...]) -> None:
    listed = ", ".join(f"'{one}'" for one in abouts)
    for table in ("duty_phone", "endpoint"):
        op.drop_constraint(op.f(f"ck_{table}_wants"), table)
        op.create_check_constraint(
            op.f(f"ck_{table}_wants"),
            table,
            f"wants <@ ARRAY[{listed}]::varchar[] AND wants <> '{{}}'",
        )


def upgrade() -> None:
    no = sa.text("false")
    op.add_column("staff", sa.Column("leads_unit", sa.Boolean(), server_default=no, nullable=False))
    op.create_check_constraint(
        op.f("ck_staff_leads_unit"), "staff", "NOT leads_unit OR unit_id IS NOT NULL"
    )
    op.add_column("notice", sa.Column("for_leader", sa.Boolean(), server_default=no, nullable=False))
    _say_wants((*ABOUT, "lateness"))


def downgrade() -> None:
    op.execute("DELETE FROM duty_phone WHERE wants = ARRAY['lateness']::varchar[]")
    op.execute(
        "DELETE FROM delivery WHERE endpoint_id IN"
        " (SELECT id FROM endpoint WHERE wants = ARRAY['lateness']::varchar[])"
    )
    op.execute("DELETE FROM endpoint WHERE wants = ARRAY['lateness']::varchar[]")
    for table in ("duty_phone", "endpoint"):
        op.execute(f"UPDATE {table} SET wants = array_remove(wants, 'lateness')")
    _say_wants(ABOUT)
    op.drop_column("notice", "for_leader")
    op.drop_constraint(op.f("ck_staff_leads_unit"), "staff")
    op.drop_column("staff", "leads_unit")
