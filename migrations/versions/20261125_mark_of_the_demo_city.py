"""a database knows that the demo city was planted in it"""

import sqlalchemy as sa
from alembic import op

revision = "20261125demo"
down_revision = "20261125owed"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "demo_city",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("planted_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_demo_city_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_demo_city")),
    )
    # Planted before there was a mark: nobody else has these people.
    op.execute(
        "INSERT INTO demo_city (id, planted_at) SELECT 1, min(created_at) FROM staff"
        " WHERE login IN ('agent1', 'agent20', 'unit5', 'dispatch1') HAVING count(*) = 4"
    )


def downgrade() -> None:
    op.drop_table("demo_city")
