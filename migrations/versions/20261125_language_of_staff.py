"""in which language a member of staff reads the pages"""

from alembic import op
import sqlalchemy as sa

revision = '20261125lang'
down_revision = '6618c4e6c8b0'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('staff', sa.Column('language', sa.String(length=2), nullable=True))
    op.create_check_constraint(op.f('ck_staff_language'), 'staff', "language IN ('zh', 'en')")


def downgrade() -> None:
    op.drop_constraint(op.f('ck_staff_language'), 'staff', type_='check')
    op.drop_column('staff', 'language')
