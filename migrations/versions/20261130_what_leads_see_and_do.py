"""what leads see and do"""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

revision = '894f42961690'
down_revision = 'b841e47d558f'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('alert_rule',
    sa.Column('kind', sa.Enum('service_level', 'longest_wait', 'abandoned', 'missed_offers', 'raised_hand', name='alertkind', native_enum=False, length=16), nullable=False),
    sa.Column('watched', sa.Boolean(), nullable=False),
    sa.Column('begins_at', sa.Double(), nullable=False),
    sa.Column('ends_at', sa.Double(), nullable=False),
    sa.Column('keywords', postgresql.ARRAY(sa.String()), nullable=False),
    sa.CheckConstraint("CASE WHEN kind = 'service_level' THEN ends_at > begins_at WHEN kind = 'raised_hand' THEN true ELSE ends_at < begins_at END", name=op.f('ck_alert_rule_hysteresis')),
    sa.CheckConstraint("kind IN ('service_level', 'longest_wait', 'abandoned', 'missed_offers', 'raised_hand')", name=op.f('ck_alert_rule_kind')),
    sa.PrimaryKeyConstraint('kind', name=op.f('pk_alert_rule'))
    )
    op.create_table('announcement',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('line_id', sa.Integer(), nullable=False),
    sa.Column('words', sa.String(length=80), nullable=False),
    sa.Column('words_en', sa.String(length=240), nullable=False),
    sa.Column('from_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('until_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('by_id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_by_id', sa.Integer(), nullable=True),
    sa.CheckConstraint('(ended_at IS NULL) = (ended_by_id IS NULL)', name=op.f('ck_announcement_ended_by')),
    sa.CheckConstraint('length(words) > 0', name=op.f('ck_announcement_words')),
    sa.CheckConstraint('until_at > from_at', name=op.f('ck_announcement_until_at')),
    sa.ForeignKeyConstraint(['by_id'], ['staff.id'], name=op.f('fk_announcement_by_id')),
    sa.ForeignKeyConstraint(['ended_by_id'], ['staff.id'], name=op.f('fk_announcement_ended_by_id')),
    sa.ForeignKeyConstraint(['line_id'], ['line.id'], name=op.f('fk_announcement_line_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_announcement'))
    )
    op.create_index('ix_announcement_line_id_until_at', 'announcement', ['line_id', 'until_at'], unique=False)
    op.create_table('reskill',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('staff_id', sa.Integer(), nullable=False),
    sa.Column('line_id', sa.Integer(), nullable=False),
    sa.Column('level', sa.Integer(), nullable=True),
    sa.Column('level_before', sa.Integer(), nullable=True),
    sa.Column('reason', sa.String(length=100), nullable=False),
    sa.Column('by_id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('outcome', sa.Enum('expired', 'undone', 'replaced', name='reskillend', native_enum=False, length=16), nullable=True),
    sa.CheckConstraint("outcome IN ('expired', 'undone', 'replaced')", name=op.f('ck_reskill_outcome')),
    sa.CheckConstraint('(ended_at IS NULL) = (outcome IS NULL)', name=op.f('ck_reskill_outcome_final')),
    sa.CheckConstraint('expires_at > at', name=op.f('ck_reskill_expires_at')),
    sa.CheckConstraint('level BETWEEN 1 AND 5', name=op.f('ck_reskill_level')),
    sa.CheckConstraint('level IS DISTINCT FROM level_before', name=op.f('ck_reskill_changes')),
    sa.CheckConstraint('level_before BETWEEN 1 AND 5', name=op.f('ck_reskill_level_before')),
    sa.ForeignKeyConstraint(['by_id'], ['staff.id'], name=op.f('fk_reskill_by_id')),
    sa.ForeignKeyConstraint(['line_id'], ['line.id'], name=op.f('fk_reskill_line_id')),
    sa.ForeignKeyConstraint(['staff_id'], ['seat.staff_id'], name=op.f('fk_reskill_staff_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_reskill'))
    )
    op.create_index('ix_reskill_due', 'reskill', ['expires_at'], unique=False, postgresql_where=sa.text('ended_at IS NULL'))
    op.create_index('uq_reskill_live', 'reskill', ['staff_id', 'line_id'], unique=True, postgresql_where=sa.text('ended_at IS NULL'))
    op.create_table('alert',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.Enum('service_level', 'longest_wait', 'abandoned', 'missed_offers', 'raised_hand', name='alertkind', native_enum=False, length=16), nullable=False),
    sa.Column('line_id', sa.Integer(), nullable=True),
    sa.Column('call_id', sa.Integer(), nullable=True),
    sa.Column('keyword', sa.String(length=32), nullable=False),
    sa.Column('value', sa.Double(), nullable=True),
    sa.Column('began_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('seen_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('seen_by_id', sa.Integer(), nullable=True),
    sa.Column('muted_until', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("(kind = 'raised_hand') = (call_id IS NOT NULL)", name=op.f('ck_alert_call')),
    sa.CheckConstraint("(kind = 'raised_hand') = (line_id IS NULL)", name=op.f('ck_alert_line')),
    sa.CheckConstraint("kind IN ('service_level', 'longest_wait', 'abandoned', 'missed_offers', 'raised_hand')", name=op.f('ck_alert_kind')),
    sa.CheckConstraint('(seen_at IS NULL) = (seen_by_id IS NULL)', name=op.f('ck_alert_seen')),
    sa.CheckConstraint('ended_at >= began_at', name=op.f('ck_alert_ended_at')),
    sa.ForeignKeyConstraint(['call_id'], ['call.id'], name=op.f('fk_alert_call_id')),
    sa.ForeignKeyConstraint(['line_id'], ['line.id'], name=op.f('fk_alert_line_id')),
    sa.ForeignKeyConstraint(['seen_by_id'], ['staff.id'], name=op.f('fk_alert_seen_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_alert'))
    )
    op.create_index('ix_alert_began_at', 'alert', ['began_at'], unique=False)
    op.create_index('uq_alert_call_live', 'alert', ['call_id'], unique=True, postgresql_where=sa.text('ended_at IS NULL'))
    op.create_index('uq_alert_line_live', 'alert', ['kind', 'line_id'], unique=True, postgresql_where=sa.text('ended_at IS NULL'))
    op.create_table('monitor',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('call_id', sa.Integer(), nullable=False),
    sa.Column('by_id', sa.Integer(), nullable=False),
    sa.Column('slot', sa.Integer(), nullable=False),
    sa.Column('mode', sa.Enum('listen', 'whisper', 'barge', name='monitormode', native_enum=False, length=16), nullable=False),
    sa.Column('unseen', sa.Boolean(), nullable=False),
    sa.Column('state', sa.Enum('asked', 'connecting', 'joined', 'ended', name='monitorstate', native_enum=False, length=16), nullable=False),
    sa.Column('outcome', sa.Enum('left', 'missed', 'call_over', 'took_over', name='monitorend', native_enum=False, length=16), nullable=True),
    sa.Column('leg', sa.String(length=64), nullable=True),
    sa.Column('changes', sa.Integer(), nullable=False),
    sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('claimed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('joined_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("(state = 'ended') = (ended_at IS NOT NULL)", name=op.f('ck_monitor_ended_at')),
    sa.CheckConstraint("(state = 'ended') = (outcome IS NOT NULL)", name=op.f('ck_monitor_outcome_final')),
    sa.CheckConstraint("NOT unseen OR mode <> 'barge'", name=op.f('ck_monitor_seen')),
    sa.CheckConstraint("mode IN ('listen', 'whisper', 'barge')", name=op.f('ck_monitor_mode')),
    sa.CheckConstraint("outcome IN ('left', 'missed', 'call_over', 'took_over')", name=op.f('ck_monitor_outcome')),
    sa.CheckConstraint("state IN ('asked', 'connecting', 'joined', 'ended')", name=op.f('ck_monitor_state')),
    sa.CheckConstraint("state NOT IN ('connecting', 'joined') OR leg IS NOT NULL", name=op.f('ck_monitor_leg')),
    sa.CheckConstraint('slot BETWEEN 1 AND 5', name=op.f('ck_monitor_slot')),
    sa.ForeignKeyConstraint(['by_id'], ['staff.id'], name=op.f('fk_monitor_by_id')),
    sa.ForeignKeyConstraint(['call_id'], ['call.id'], name=op.f('fk_monitor_call_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_monitor'))
    )
    op.create_index(op.f('ix_monitor_call_id'), 'monitor', ['call_id'], unique=False)
    op.create_index(op.f('ix_monitor_leg'), 'monitor', ['leg'], unique=False)
    op.create_index('uq_monitor_by_live', 'monitor', ['by_id'], unique=True, postgresql_where=sa.text("state <> 'ended'"))
    op.create_index('uq_monitor_slot_live', 'monitor', ['call_id', 'slot'], unique=True, postgresql_where=sa.text("state <> 'ended'"))
    op.create_table('announcement_heard',
    sa.Column('place_id', sa.Integer(), nullable=False),
    sa.Column('announcement_id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['announcement_id'], ['announcement.id'], name=op.f('fk_announcement_heard_announcement_id')),
    sa.ForeignKeyConstraint(['place_id'], ['place.id'], name=op.f('fk_announcement_heard_place_id')),
    sa.PrimaryKeyConstraint('place_id', 'announcement_id', name=op.f('pk_announcement_heard'))
    )
    op.add_column('place', sa.Column('preferred_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('seat', sa.Column('put_by_id', sa.Integer(), nullable=True))
    op.add_column('seat', sa.Column('put_reason', sa.String(length=100), nullable=True))
    op.create_foreign_key(op.f('fk_seat_put_by_id'), 'seat', 'staff', ['put_by_id'], ['id'])
    op.create_check_constraint(
        op.f('ck_seat_put'), 'seat', '(put_by_id IS NULL) = (put_reason IS NULL)'
    )
    op.create_check_constraint(
        op.f('ck_seat_put_away'), 'seat', "put_by_id IS NULL OR desired <> 'ready'"
    )
    op.add_column('staff', sa.Column('monitors_unseen', sa.Boolean(), server_default=sa.text('false'), nullable=False))


def downgrade() -> None:
    op.drop_column('staff', 'monitors_unseen')
    op.drop_constraint(op.f('ck_seat_put_away'), 'seat', type_='check')
    op.drop_constraint(op.f('ck_seat_put'), 'seat', type_='check')
    op.drop_constraint(op.f('fk_seat_put_by_id'), 'seat', type_='foreignkey')
    op.drop_column('seat', 'put_reason')
    op.drop_column('seat', 'put_by_id')
    op.drop_column('place', 'preferred_at')
    op.drop_table('announcement_heard')
    op.drop_index('uq_monitor_slot_live', table_name='monitor', postgresql_where=sa.text("state <> 'ended'"))
    op.drop_index('uq_monitor_by_live', table_name='monitor', postgresql_where=sa.text("state <> 'ended'"))
    op.drop_index(op.f('ix_monitor_leg'), table_name='monitor')
    op.drop_index(op.f('ix_monitor_call_id'), table_name='monitor')
    op.drop_table('monitor')
    op.drop_index('uq_alert_line_live', table_name='alert', postgresql_where=sa.text('ended_at IS NULL'))
    op.drop_index('uq_alert_call_live', table_name='alert', postgresql_where=sa.text('ended_at IS NULL'))
    op.drop_index('ix_alert_began_at', table_name='alert')
    op.drop_table('alert')
    op.drop_index('uq_reskill_live', table_name='reskill', postgresql_where=sa.text('ended_at IS NULL'))
    op.drop_index('ix_reskill_due', table_name='reskill', postgresql_where=sa.text('ended_at IS NULL'))
    op.drop_table('reskill')
    op.drop_index('ix_announcement_line_id_until_at', table_name='announcement')
    op.drop_table('announcement')
    op.drop_table('alert_rule')
