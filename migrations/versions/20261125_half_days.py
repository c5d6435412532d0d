"""a day of the calendar may be worked in the morning only"""

import sqlalchemy as sa
from alembic import op

revision = "20261125half"
down_revision = "20261125leader"
branch_labels = None
depends_on = None


def upgrade() -> None:
    no = sa.text("false")
    op.add_column("work_day", sa.Column("half", sa.Boolean(), server_default=no, nullable=False))
    op.create_check_constraint(op.f("ck_work_day_half"), "work_day", "works OR NOT half")


def downgrade() -> None:
    op.drop_constraint(op.f("ck_work_day_half"), "work_day")
    op.drop_column("work_day", "half")
