"""changes of the calendar, and the limits that an assignment was given"""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

revision = '20261125calendar'
down_revision = "20261125demo"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('calendar_change',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('by_id', sa.Integer(), nullable=True),
    sa.Column('source', sa.Enum('library', 'notice', 'manual', name='daysource', native_enum=False, length=16), nullable=False),
    sa.Column('days', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('first', sa.Date(), nullable=False),
    sa.Column('last', sa.Date(), nullable=False),
    sa.Column('looked_at', sa.Integer(), nullable=False),
    sa.Column('moved', sa.Integer(), nullable=False),
    sa.Column('done_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("source IN ('library', 'notice', 'manual')", name=op.f('ck_calendar_change_source')),
    sa.CheckConstraint('first <= last', name=op.f('ck_calendar_change_span')),
    sa.ForeignKeyConstraint(['by_id'], ['staff.id'], name=op.f('fk_calendar_change_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_calendar_change'))
    )
    op.create_index('ix_calendar_change_undone', 'calendar_change', ['id'], unique=False, postgresql_where=sa.text('done_at IS NULL'))
    op.add_column('assignment', sa.Column('limits', postgresql.JSONB(astext_type=sa.Text()), nullable=False, server_default='{}'))
    op.alter_column('assignment', 'limits', server_default=None)


def downgrade() -> None:
    op.drop_column('assignment', 'limits')
    op.drop_index('ix_calendar_change_undone', table_name='calendar_change', postgresql_where=sa.text('done_at IS NULL'))
    op.drop_table('calendar_change')
