"""figures and scores"""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

revision = 'f35f5f46fb7e'
down_revision = '20261125life'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('month_figure',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('month', sa.Date(), nullable=False),
    sa.Column('indicator', sa.String(length=32), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('unit_id', sa.Integer(), nullable=True),
    sa.Column('numerator', sa.Double(), nullable=False),
    sa.Column('denominator', sa.Integer(), nullable=False),
    sa.Column('excluded', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('counted_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('frozen', sa.Boolean(), nullable=False),
    sa.CheckConstraint('denominator >= 0', name=op.f('ck_month_figure_denominator')),
    sa.CheckConstraint('extract(day FROM month) = 1', name=op.f('ck_month_figure_month')),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_month_figure_unit_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_month_figure'))
    )
    op.create_index(op.f('ix_month_figure_unit_id'), 'month_figure', ['unit_id'], unique=False)
    op.create_index('uq_month_figure', 'month_figure', ['month', 'indicator', 'unit_id'], unique=True, postgresql_nulls_not_distinct=True)
    op.create_table('score_change',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('month', sa.Date(), nullable=False),
    sa.Column('unit_id', sa.Integer(), nullable=False),
    sa.Column('points', sa.Double(), nullable=False),
    sa.Column('reason', sa.String(length=200), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('by_id', sa.Integer(), nullable=False),
    sa.CheckConstraint("reason <> ''", name=op.f('ck_score_change_reason')),
    sa.CheckConstraint('extract(day FROM month) = 1', name=op.f('ck_score_change_month')),
    sa.CheckConstraint('points <> 0', name=op.f('ck_score_change_points')),
    sa.ForeignKeyConstraint(['by_id'], ['staff.id'], name=op.f('fk_score_change_by_id')),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_score_change_unit_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_score_change'))
    )
    op.create_index('ix_score_change_month_unit_id', 'score_change', ['month', 'unit_id'], unique=False)
    op.create_table('score_item',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('unit_group', sa.Enum('county', 'department', 'utility', name='unitgroup', native_enum=False, length=16), nullable=False),
    sa.Column('indicator', sa.String(length=32), nullable=False),
    sa.Column('points', sa.Double(), nullable=False),
    sa.Column('zero_at', sa.Double(), nullable=False),
    sa.Column('full_at', sa.Double(), nullable=False),
    sa.Column('floor', sa.Double(), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('changed_by_id', sa.Integer(), nullable=True),
    sa.CheckConstraint("unit_group IN ('county', 'department', 'utility')", name=op.f('ck_score_item_unit_group')),
    sa.CheckConstraint('floor >= 0 AND floor < 1', name=op.f('ck_score_item_floor')),
    sa.CheckConstraint('points > 0', name=op.f('ck_score_item_points')),
    sa.CheckConstraint('zero_at <> full_at', name=op.f('ck_score_item_slope')),
    sa.ForeignKeyConstraint(['changed_by_id'], ['staff.id'], name=op.f('fk_score_item_changed_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_score_item')),
    sa.UniqueConstraint('unit_group', 'indicator', name=op.f('uq_score_item_unit_group_indicator'))
    )
    op.create_index('ix_assignment_figures', 'assignment', ['dispatched_at', 'sign_due_at', 'respond_due_at', 'due_at', 'accepted_at'], unique=False, postgresql_using='brin')
    op.create_index('ix_ticket_figures', 'ticket', ['dispatched_at', 'closed_at'], unique=False, postgresql_using='brin')


def downgrade() -> None:
    op.drop_index('ix_ticket_figures', table_name='ticket', postgresql_using='brin')
    op.drop_index('ix_assignment_figures', table_name='assignment', postgresql_using='brin')
    op.drop_table('score_item')
    op.drop_index('ix_score_change_month_unit_id', table_name='score_change')
    op.drop_table('score_change')
    op.drop_index('uq_month_figure', table_name='month_figure', postgresql_nulls_not_distinct=True)
    op.drop_index(op.f('ix_month_figure_unit_id'), table_name='month_figure')
    op.drop_table('month_figure')
