"""quiet hours of duty phones"""

from alembic import op
import sqlalchemy as sa


revision = '55b382a4ba02'
down_revision = '1802769e119d'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('quiet_hours',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('begins', sa.Time(), nullable=False),
    sa.Column('ends', sa.Time(), nullable=False),
    sa.CheckConstraint('id = 1', name=op.f('ck_quiet_hours_one')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_quiet_hours'))
    )
    op.add_column('text_message', sa.Column('can_wait', sa.Boolean(), server_default=sa.text('false'), nullable=False))


def downgrade() -> None:
    op.drop_column('text_message', 'can_wait')
    op.drop_table('quiet_hours')
