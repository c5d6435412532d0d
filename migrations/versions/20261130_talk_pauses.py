"""talk pauses"""

from alembic import op
import sqlalchemy as sa


revision = 'cc2bac45f176'
down_revision = '8ebb59840d85'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('call', sa.Column('unrecorded_until', sa.DateTime(timezone=True), nullable=True))
    op.add_column('call', sa.Column('pauses', sa.Integer(), server_default=sa.text('0'), nullable=False))
    op.create_index('ix_call_unrecorded', 'call', ['unrecorded_until'], unique=False, postgresql_where=sa.text('unrecorded_until IS NOT NULL'))
    op.create_check_constraint(
        op.f('ck_call_unrecorded'), 'call', "unrecorded_until IS NULL OR status = 'talking'"
    )


def downgrade() -> None:
    op.drop_constraint(op.f('ck_call_unrecorded'), 'call')
    op.drop_index('ix_call_unrecorded', table_name='call', postgresql_where=sa.text('unrecorded_until IS NOT NULL'))
    op.drop_column('call', 'pauses')
    op.drop_column('call', 'unrecorded_until')
