"""callbacks"""

from alembic import op
import sqlalchemy as sa


revision = 'b841e47d558f'
down_revision = '20261130found'
branch_labels = None
depends_on = None

DIRECTIONS = {'in', 'out'}
DISPOSITIONS = {'answered', 'abandoned', 'left_early', 'self_served', 'not_reached'}


def upgrade() -> None:
    op.create_table('callback',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('way', sa.Enum('key', 'voicemail', 'missed', name='callbackway', native_enum=False, length=16), nullable=False),
    sa.Column('state', sa.Enum('scheduled', 'in_line', 'dialling', 'reached', 'exhausted', 'refused', 'cancelled', name='callbackstate', native_enum=False, length=16), nullable=False),
    sa.Column('number', sa.LargeBinary(), nullable=False),
    sa.Column('number_fingerprint', sa.String(length=64), nullable=False),
    sa.Column('number_masked', sa.String(length=32), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=True),
    sa.Column('line_id', sa.Integer(), nullable=False),
    sa.Column('language', sa.String(length=8), nullable=False),
    sa.Column('priority', sa.Integer(), nullable=False),
    sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('age_from', sa.DateTime(timezone=True), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('safe_hour', sa.Integer(), nullable=True),
    sa.Column('tried', sa.Integer(), nullable=False),
    sa.Column('dial_id', sa.Integer(), nullable=True),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('cancelled_by_id', sa.Integer(), nullable=True),
    sa.Column('because', sa.String(length=200), nullable=True),
    sa.CheckConstraint("(state IN ('scheduled', 'in_line', 'dialling')) = (ended_at IS NULL)", name=op.f('ck_callback_ended_at')),
    sa.CheckConstraint("cancelled_by_id IS NULL OR state = 'cancelled'", name=op.f('ck_callback_cancelled_by')),
    sa.CheckConstraint("state <> 'dialling' OR dial_id IS NOT NULL", name=op.f('ck_callback_dial')),
    sa.CheckConstraint("state IN ('scheduled', 'in_line', 'dialling', 'reached', 'exhausted', 'refused', 'cancelled')", name=op.f('ck_callback_state')),
    sa.CheckConstraint("way IN ('key', 'voicemail', 'missed')", name=op.f('ck_callback_way')),
    sa.CheckConstraint('(cancelled_by_id IS NULL) = (because IS NULL)', name=op.f('ck_callback_because')),
    sa.CheckConstraint('safe_hour BETWEEN 0 AND 23', name=op.f('ck_callback_safe_hour')),
    sa.CheckConstraint('tried >= 0', name=op.f('ck_callback_tried')),
    sa.ForeignKeyConstraint(['cancelled_by_id'], ['staff.id'], name=op.f('fk_callback_cancelled_by_id')),
    sa.ForeignKeyConstraint(['dial_id'], ['dial.id'], name=op.f('fk_callback_dial_id')),
    sa.ForeignKeyConstraint(['line_id'], ['line.id'], name=op.f('fk_callback_line_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_callback_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_callback')),
    sa.UniqueConstraint('dial_id', name=op.f('uq_callback_dial_id'))
    )
    op.create_index('ix_callback_asked_at', 'callback', ['asked_at'], unique=False)
    op.create_index('ix_callback_due', 'callback', ['due_at'], unique=False, postgresql_where=sa.text("state IN ('scheduled', 'in_line', 'dialling')"))
    op.create_index(op.f('ix_callback_person_id'), 'callback', ['person_id'], unique=False)
    op.create_index('uq_callback_open', 'callback', ['number_fingerprint', 'line_id'], unique=True, postgresql_where=sa.text("state IN ('scheduled', 'in_line', 'dialling')"))
    op.add_column('call', sa.Column('callback_id', sa.Integer(), nullable=True))
    op.add_column('call', sa.Column('forged', sa.Boolean(), server_default=sa.text('false'), nullable=False))
    op.create_index(op.f('ix_call_callback_id'), 'call', ['callback_id'], unique=False)
    op.create_index('uq_call_callback_live', 'call', ['callback_id'], unique=True, postgresql_where=sa.text("direction = 'back' AND status <> 'ended'"))
    op.create_foreign_key(op.f('fk_call_callback_id'), 'call', 'callback', ['callback_id'], ['id'])
    op.add_column('line', sa.Column('callback_over_minutes', sa.Integer(), nullable=True))
    op.add_column('line', sa.Column('missed', sa.Enum('list', 'call', 'text', name='missedrule', native_enum=False, length=16), server_default='list', nullable=False))
    op.add_column('missed_contact', sa.Column('texted_at', sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE line SET callback_over_minutes = 5")
    op.create_check_constraint(op.f('ck_line_missed'), 'line', "missed IN ('list', 'call', 'text')")
    op.create_check_constraint(
        op.f('ck_line_callback_over'), 'line', 'callback_over_minutes >= 0'
    )
    _constrain(DIRECTIONS | {'back'}, DISPOSITIONS | {'callback', 'voicemail'})
    op.create_check_constraint(
        op.f('ck_call_back'), 'call', "direction <> 'back' OR callback_id IS NOT NULL"
    )


def downgrade() -> None:
    op.drop_constraint(op.f('ck_call_back'), 'call')
    # What a callback was before there were any: a call out, or one that was given up.
    op.execute("UPDATE call SET direction = 'out' WHERE direction = 'back'")
    op.execute(
        "UPDATE call SET disposition = 'abandoned' WHERE disposition IN ('callback', 'voicemail')"
    )
    _constrain(DIRECTIONS, DISPOSITIONS)
    op.drop_constraint(op.f('ck_line_callback_over'), 'line')
    op.drop_constraint(op.f('ck_line_missed'), 'line')
    op.drop_column('missed_contact', 'texted_at')
    op.drop_column('line', 'missed')
    op.drop_column('line', 'callback_over_minutes')
    op.drop_constraint(op.f('fk_call_callback_id'), 'call', type_='foreignkey')
    op.drop_index('uq_call_callback_live', table_name='call', postgresql_where=sa.text("direction = 'back' AND status <> 'ended'"))
    op.drop_index(op.f('ix_call_callback_id'), table_name='call')
    op.drop_column('call', 'forged')
    op.drop_column('call', 'callback_id')
    op.drop_index('uq_callback_open', table_name='callback', postgresql_where=sa.text("state IN ('scheduled', 'in_line', 'dialling')"))
    op.drop_index(op.f('ix_callback_person_id'), table_name='callback')
    op.drop_index('ix_callback_due', table_name='callback', postgresql_where=sa.text("state IN ('scheduled', 'in_line', 'dialling')"))
    op.drop_index('ix_callback_asked_at', table_name='callback')
    op.drop_table('callback')


def _constrain(directions: set[str], dispositions: set[str]) -> None:
    for column, words in (('direction', directions), ('disposition', dispositions)):
        op.drop_constraint(op.f(f'ck_call_{column}'), 'call')
        listed = ', '.join(f"'{word}'" for word in sorted(words))
        op.create_check_constraint(op.f(f'ck_call_{column}'), 'call', f'{column} IN ({listed})')
