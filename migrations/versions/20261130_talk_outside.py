"""talk outside"""

from alembic import op
import sqlalchemy as sa


revision = '8ebb59840d85'
down_revision = 'f32925891c52'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_constraint(op.f('ck_dial_purpose'), 'dial')
    op.create_check_constraint(
        op.f('ck_dial_purpose'),
        'dial',
        "purpose IN ('follow_up', 'callback', 'relay', 'three_way')",
    )
    op.create_table('outside',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('call_id', sa.Integer(), nullable=False),
    sa.Column('by_id', sa.Integer(), nullable=False),
    sa.Column('dial_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.Enum('police', 'fire', 'ambulance', 'unit', name='outsidekind', native_enum=False, length=16), nullable=False),
    sa.Column('name', sa.String(length=64), nullable=False),
    sa.Column('state', sa.Enum('ringing', 'joined', 'ended', name='outsidestate', native_enum=False, length=16), nullable=False),
    sa.Column('outcome', sa.Enum('missed', 'cancelled', 'left', 'call_over', name='outsideend', native_enum=False, length=16), nullable=True),
    sa.Column('leg', sa.String(length=64), nullable=True),
    sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('joined_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("(state = 'ended') = (ended_at IS NOT NULL)", name=op.f('ck_outside_ended_at')),
    sa.CheckConstraint("(state = 'ended') = (outcome IS NOT NULL)", name=op.f('ck_outside_outcome_final')),
    sa.CheckConstraint("kind IN ('police', 'fire', 'ambulance', 'unit')", name=op.f('ck_outside_kind')),
    sa.CheckConstraint("outcome IN ('missed', 'cancelled', 'left', 'call_over')", name=op.f('ck_outside_outcome')),
    sa.CheckConstraint("state <> 'joined' OR leg IS NOT NULL", name=op.f('ck_outside_leg')),
    sa.CheckConstraint("state IN ('ringing', 'joined', 'ended')", name=op.f('ck_outside_state')),
    sa.ForeignKeyConstraint(['by_id'], ['seat.staff_id'], name=op.f('fk_outside_by_id')),
    sa.ForeignKeyConstraint(['call_id'], ['call.id'], name=op.f('fk_outside_call_id')),
    sa.ForeignKeyConstraint(['dial_id'], ['dial.id'], name=op.f('fk_outside_dial_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_outside')),
    sa.UniqueConstraint('dial_id', name=op.f('uq_outside_dial_id'))
    )
    op.create_index(op.f('ix_outside_call_id'), 'outside', ['call_id'], unique=False)
    op.create_index(op.f('ix_outside_leg'), 'outside', ['leg'], unique=False)
    op.create_index('uq_outside_by_live', 'outside', ['by_id'], unique=True, postgresql_where=sa.text("state <> 'ended'"))
    op.create_index('uq_outside_call_live', 'outside', ['call_id'], unique=True, postgresql_where=sa.text("state <> 'ended'"))


def downgrade() -> None:
    op.drop_index('uq_outside_call_live', table_name='outside', postgresql_where=sa.text("state <> 'ended'"))
    op.drop_index('uq_outside_by_live', table_name='outside', postgresql_where=sa.text("state <> 'ended'"))
    op.drop_index(op.f('ix_outside_leg'), table_name='outside')
    op.drop_index(op.f('ix_outside_call_id'), table_name='outside')
    op.drop_table('outside')
    op.drop_constraint(op.f('ck_dial_purpose'), 'dial')
    op.execute("DELETE FROM dial_attempt USING dial WHERE dial.id = dial_id AND purpose = 'three_way'")
    op.execute("DELETE FROM dial WHERE purpose = 'three_way'")
    op.create_check_constraint(
        op.f('ck_dial_purpose'), 'dial', "purpose IN ('follow_up', 'callback', 'relay')"
    )
