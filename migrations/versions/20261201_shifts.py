"""shifts, forecasts by half-hours and what lines promise"""

from alembic import op
import sqlalchemy as sa


revision = '20261201shifts'
down_revision = '20261201rules'
branch_labels = None
depends_on = None

ONE_AT_A_TIME = """
CREATE OR REPLACE FUNCTION shift_overlaps_none() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(11, NEW.staff_id);
  IF EXISTS (SELECT FROM shift WHERE staff_id = NEW.staff_id AND id <> NEW.id
             AND begins_at < NEW.ends_at AND ends_at > NEW.begins_at) THEN
    RAISE EXCEPTION 'shifts of one agent overlap' USING ERRCODE = 'exclusion_violation';
  END IF;
  RETURN NEW;
END $$
"""
SHIFT_GUARD = """
CREATE TRIGGER shift_overlaps_none BEFORE INSERT OR UPDATE ON shift
FOR EACH ROW EXECUTE FUNCTION shift_overlaps_none()
"""
INSIDE = """
CREATE OR REPLACE FUNCTION shift_break_lies_inside() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM shift WHERE id = NEW.shift_id FOR UPDATE;
  IF NOT EXISTS (SELECT FROM shift WHERE id = NEW.shift_id
                 AND begins_at <= NEW.begins_at AND ends_at >= NEW.ends_at)
     OR EXISTS (SELECT FROM shift_break WHERE shift_id = NEW.shift_id AND id <> NEW.id
                AND begins_at < NEW.ends_at AND ends_at > NEW.begins_at) THEN
    RAISE EXCEPTION 'a break lies inside of its shift, beside its other breaks'
      USING ERRCODE = 'exclusion_violation';
  END IF;
  RETURN NEW;
END $$
"""
BREAK_GUARD = """
CREATE TRIGGER shift_break_lies_inside BEFORE INSERT OR UPDATE ON shift_break
FOR EACH ROW EXECUTE FUNCTION shift_break_lies_inside()
"""


def upgrade() -> None:
    op.create_table('half_hour',
    sa.Column('line_id', sa.Integer(), nullable=False),
    sa.Column('begins_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('arrived', sa.Integer(), nullable=True),
    sa.Column('expected', sa.Double(), nullable=True),
    sa.Column('spread', sa.Double(), nullable=True),
    sa.Column('expected_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('corrected', sa.Double(), nullable=True),
    sa.CheckConstraint('(expected IS NULL) = (expected_at IS NULL)', name=op.f('ck_half_hour_expected_at')),
    sa.CheckConstraint('(expected IS NULL) = (spread IS NULL)', name=op.f('ck_half_hour_forecast')),
    sa.CheckConstraint('arrived >= 0', name=op.f('ck_half_hour_arrived')),
    sa.CheckConstraint('corrected >= 0', name=op.f('ck_half_hour_corrected')),
    sa.CheckConstraint('expected >= 0', name=op.f('ck_half_hour_expected')),
    sa.CheckConstraint('mod(extract(epoch FROM begins_at)::bigint, 1800) = 0', name=op.f('ck_half_hour_begins_at')),
    sa.ForeignKeyConstraint(['line_id'], ['line.id'], name=op.f('fk_half_hour_line_id')),
    sa.PrimaryKeyConstraint('line_id', 'begins_at', name=op.f('pk_half_hour'))
    )
    op.create_index('ix_half_hour_begins_at', 'half_hour', ['begins_at'], unique=False)
    op.create_table('staffing_goal',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('line_id', sa.Integer(), nullable=True),
    sa.Column('share', sa.Integer(), nullable=False),
    sa.Column('within_s', sa.Integer(), nullable=False),
    sa.Column('shrinkage', sa.Integer(), nullable=False),
    sa.Column('patience_s', sa.Integer(), nullable=True),
    sa.Column('handling_s', sa.Integer(), nullable=True),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('changed_by_id', sa.Integer(), nullable=True),
    sa.CheckConstraint('handling_s BETWEEN 5 AND 7200', name=op.f('ck_staffing_goal_handling_s')),
    sa.CheckConstraint('patience_s BETWEEN 5 AND 3600', name=op.f('ck_staffing_goal_patience_s')),
    sa.CheckConstraint('share BETWEEN 1 AND 99', name=op.f('ck_staffing_goal_share')),
    sa.CheckConstraint('shrinkage BETWEEN 0 AND 80', name=op.f('ck_staffing_goal_shrinkage')),
    sa.CheckConstraint('within_s BETWEEN 1 AND 600', name=op.f('ck_staffing_goal_within_s')),
    sa.ForeignKeyConstraint(['changed_by_id'], ['staff.id'], name=op.f('fk_staffing_goal_changed_by_id')),
    sa.ForeignKeyConstraint(['line_id'], ['line.id'], name=op.f('fk_staffing_goal_line_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_staffing_goal'))
    )
    op.create_index('uq_staffing_goal_line_id', 'staffing_goal', ['line_id'], unique=True, postgresql_nulls_not_distinct=True)
    op.create_table('shift',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('staff_id', sa.Integer(), nullable=False),
    sa.Column('line_id', sa.Integer(), nullable=True),
    sa.Column('kind', sa.Enum('early', 'day', 'late', 'night', 'training', name='shiftkind', native_enum=False, length=16), nullable=False),
    sa.Column('begins_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ends_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('made_by_id', sa.Integer(), nullable=True),
    sa.CheckConstraint("ends_at <= begins_at + interval '16 hours'", name=op.f('ck_shift_longest')),
    sa.CheckConstraint("kind IN ('early', 'day', 'late', 'night', 'training')", name=op.f('ck_shift_kind')),
    sa.CheckConstraint('ends_at > begins_at', name=op.f('ck_shift_span')),
    sa.ForeignKeyConstraint(['line_id'], ['line.id'], name=op.f('fk_shift_line_id')),
    sa.ForeignKeyConstraint(['made_by_id'], ['staff.id'], name=op.f('fk_shift_made_by_id')),
    sa.ForeignKeyConstraint(['staff_id'], ['seat.staff_id'], name=op.f('fk_shift_staff_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_shift'))
    )
    op.create_index('ix_shift_begins_at', 'shift', ['begins_at'], unique=False)
    op.create_index(op.f('ix_shift_line_id'), 'shift', ['line_id'], unique=False)
    op.create_index('uq_shift_staff_id_begins_at', 'shift', ['staff_id', 'begins_at'], unique=True)
    op.create_table('shift_break',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('shift_id', sa.Integer(), nullable=False),
    sa.Column('begins_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ends_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('ends_at > begins_at', name=op.f('ck_shift_break_span')),
    sa.ForeignKeyConstraint(['shift_id'], ['shift.id'], name=op.f('fk_shift_break_shift_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_shift_break'))
    )
    op.create_index('uq_shift_break_shift_id_begins_at', 'shift_break', ['shift_id', 'begins_at'], unique=True)
    for statement in (ONE_AT_A_TIME, SHIFT_GUARD, INSIDE, BREAK_GUARD):
        op.execute(statement)


def downgrade() -> None:
    op.drop_index('uq_shift_break_shift_id_begins_at', table_name='shift_break')
    op.drop_table('shift_break')
    op.drop_index('uq_shift_staff_id_begins_at', table_name='shift')
    op.drop_index(op.f('ix_shift_line_id'), table_name='shift')
    op.drop_index('ix_shift_begins_at', table_name='shift')
    op.drop_table('shift')
    op.drop_index('uq_staffing_goal_line_id', table_name='staffing_goal', postgresql_nulls_not_distinct=True)
    op.drop_table('staffing_goal')
    op.drop_index('ix_half_hour_begins_at', table_name='half_hour')
    op.drop_table('half_hour')
    op.execute('DROP FUNCTION shift_break_lies_inside')
    op.execute('DROP FUNCTION shift_overlaps_none')
