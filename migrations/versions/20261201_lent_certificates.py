"""what a lead takes away for a while comes back with its certificate"""

from alembic import op
import sqlalchemy as sa

revision = '20261201lent'
down_revision = "20261201shifts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('reskill', sa.Column('certified_before', sa.Date(), nullable=True))


def downgrade() -> None:
    op.drop_column('reskill', 'certified_before')
