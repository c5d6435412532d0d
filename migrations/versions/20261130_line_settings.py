"""line settings"""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

revision = '607ab4efdfcf'
down_revision = '894f42961690'
branch_labels = None
depends_on = None

DISPOSITIONS = (
    'answered', 'abandoned', 'left_early', 'self_served', 'not_reached', 'callback', 'voicemail'
)
ENDS = ('closed', 'full', 'nobody', 'diverted')
MISSED = ('abandoned', 'left_early')
RULES = ('wait', 'general', 'ring_back')
PARTNER = '(partner_number IS NULL) = (partner_after_s IS NULL) AND (partner_number IS NULL) = (partner_name IS NULL)'
CHECKS = {
    'priority': 'priority BETWEEN -30 AND 60',
    'least_level': 'least_level BETWEEN 1 AND 5',
    'most_waiting': 'most_waiting > 0',
    'closed': '(closed_since IS NULL) = (closed_reason IS NULL)',
    'partner': PARTNER,
    'partner_after': 'partner_after_s > 0',
    'partner_certified': 'partner_number IS NULL OR NOT certified',
    'when_closed': f'when_closed IN {RULES}',
    'when_full': f'when_full IN {RULES}',
    'when_nobody': f'when_nobody IN {RULES}',
    'closed_waits': "when_closed <> 'wait'",
    'full_waits': "when_full <> 'wait'",
}
ONLY_ADDED = """
CREATE OR REPLACE FUNCTION line_change_is_only_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the changes of a line are only added to';
END $$
"""
GUARD = """
CREATE TRIGGER line_change_only_added BEFORE UPDATE OR DELETE ON line_change
FOR EACH ROW EXECUTE FUNCTION line_change_is_only_added()
"""


def _allow(table: str, column: str, words: tuple[str, ...]) -> None:
    name = op.f(f'ck_{table}_{column}')
    op.drop_constraint(name, table)
    op.create_check_constraint(name, table, f'{column} IN {words}')


def upgrade() -> None:
    op.create_table('line_change',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('line_id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('by_id', sa.Integer(), nullable=True),
    sa.Column('before', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('after', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('undoes_id', sa.Integer(), nullable=True),
    sa.CheckConstraint('before <> after', name=op.f('ck_line_change_changes')),
    sa.ForeignKeyConstraint(['by_id'], ['staff.id'], name=op.f('fk_line_change_by_id')),
    sa.ForeignKeyConstraint(['line_id'], ['line.id'], name=op.f('fk_line_change_line_id')),
    sa.ForeignKeyConstraint(['undoes_id'], ['line_change.id'], name=op.f('fk_line_change_undoes_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_line_change')),
    sa.UniqueConstraint('undoes_id', name=op.f('uq_line_change_undoes_id'))
    )
    op.create_index(op.f('ix_line_change_line_id'), 'line_change', ['line_id'], unique=False)
    op.add_column('call', sa.Column('turned_away', sa.String(length=16), nullable=True))
    op.add_column('line', sa.Column('group', sa.String(length=16), server_default='', nullable=False))
    op.add_column('line', sa.Column('least_level', sa.Integer(), server_default=sa.text('1'), nullable=False))
    op.add_column('line', sa.Column('steps', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True))
    op.add_column('line', sa.Column('hours', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True))
    op.add_column('line', sa.Column('rests_on_holidays', sa.Boolean(), server_default=sa.text('false'), nullable=False))
    op.add_column('line', sa.Column('closed_since', sa.DateTime(timezone=True), nullable=True))
    op.add_column('line', sa.Column('closed_reason', sa.String(length=60), nullable=True))
    op.add_column('line', sa.Column('closed_reason_en', sa.String(length=120), nullable=True))
    op.add_column('line', sa.Column('when_closed', sa.String(length=16), server_default='general', nullable=False))
    op.add_column('line', sa.Column('most_waiting', sa.Integer(), nullable=True))
    op.add_column('line', sa.Column('when_full', sa.String(length=16), server_default='general', nullable=False))
    op.add_column('line', sa.Column('when_nobody', sa.String(length=16), server_default='wait', nullable=False))
    op.add_column('line', sa.Column('partner_name', sa.String(length=32), nullable=True))
    op.add_column('line', sa.Column('partner_number', sa.String(length=20), nullable=True))
    op.add_column('line', sa.Column('partner_after_s', sa.Integer(), nullable=True))
    op.add_column('place', sa.Column('diverting_since', sa.DateTime(timezone=True), nullable=True))
    op.add_column('place', sa.Column('partner_tried_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('skill', sa.Column('certified_until', sa.Date(), nullable=True))
    op.execute(ONLY_ADDED)
    op.execute(GUARD)
    op.execute('UPDATE line SET priority = GREATEST(-30, LEAST(60, priority))')
    for name, rule in CHECKS.items():
        op.create_check_constraint(op.f(f'ck_line_{name}'), 'line', rule)
    op.create_check_constraint(
        op.f('ck_call_turned_away'), 'call', f'turned_away IN {ENDS}'
    )
    _allow('call', 'disposition', DISPOSITIONS + ENDS)
    _allow('missed_contact', 'kind', (*MISSED, 'turned_away'))


def downgrade() -> None:
    op.execute(f"UPDATE call SET disposition = 'abandoned' WHERE disposition IN {ENDS}")
    op.execute("UPDATE missed_contact SET kind = 'abandoned' WHERE kind = 'turned_away'")
    _allow('call', 'disposition', DISPOSITIONS)
    _allow('missed_contact', 'kind', MISSED)
    op.drop_constraint(op.f('ck_call_turned_away'), 'call')
    for name in CHECKS:
        op.drop_constraint(op.f(f'ck_line_{name}'), 'line')
    op.drop_column('skill', 'certified_until')
    op.drop_column('place', 'partner_tried_at')
    op.drop_column('place', 'diverting_since')
    op.drop_column('line', 'partner_after_s')
    op.drop_column('line', 'partner_number')
    op.drop_column('line', 'partner_name')
    op.drop_column('line', 'when_nobody')
    op.drop_column('line', 'when_full')
    op.drop_column('line', 'most_waiting')
    op.drop_column('line', 'when_closed')
    op.drop_column('line', 'closed_reason_en')
    op.drop_column('line', 'closed_reason')
    op.drop_column('line', 'closed_since')
    op.drop_column('line', 'rests_on_holidays')
    op.drop_column('line', 'hours')
    op.drop_column('line', 'steps')
    op.drop_column('line', 'least_level')
    op.drop_column('line', 'group')
    op.drop_column('call', 'turned_away')
    op.drop_index(op.f('ix_line_change_line_id'), table_name='line_change')
    op.drop_table('line_change')
    op.execute('DROP FUNCTION line_change_is_only_added()')
