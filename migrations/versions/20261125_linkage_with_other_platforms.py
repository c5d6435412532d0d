"""linkage with other platforms"""

from alembic import op
import sqlalchemy as sa


revision = '20261125linkage'
down_revision = '20261125rung'
branch_labels = None
depends_on = None

UNITS = ('tickets:read', 'tickets:write', 'attachments', 'events')


def _say_scopes(scopes: tuple[str, ...]) -> None:
    listed = ', '.join(f"'{one}'" for one in scopes)
    op.drop_constraint(op.f('ck_api_key_scopes'), 'api_key', type_='check')
    op.create_check_constraint(op.f('ck_api_key_scopes'), 'api_key', f"scopes <@ ARRAY[{listed}]::varchar[] AND scopes <> '{{}}'")


def upgrade() -> None:
    _say_scopes((*UNITS, 'linkage'))
    op.create_table('linkage',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('ticket_id', sa.Integer(), nullable=False),
    sa.Column('peer_id', sa.Integer(), nullable=False),
    sa.Column('peer_number', sa.String(length=48), nullable=True),
    sa.Column('first_receiver', sa.Enum('ours', 'peer', name='side', native_enum=False, length=16), nullable=False),
    sa.Column('agreed', sa.Enum('ours', 'peer', name='side', native_enum=False, length=16), nullable=True),
    sa.Column('state', sa.Enum('offered', 'accepted', 'refused', 'lapsed', 'settled', 'done', name='linkagestate', native_enum=False, length=16), nullable=False),
    sa.Column('consent', sa.Boolean(), nullable=False),
    sa.Column('offered_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('offered_by_id', sa.Integer(), nullable=True),
    sa.Column('answer_due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('answered_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('reason', sa.String(), nullable=False),
    sa.Column('result', sa.LargeBinary(), nullable=True),
    sa.Column('result_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("(state = 'done') = (result_at IS NOT NULL)", name=op.f('ck_linkage_result')),
    sa.CheckConstraint("(state IN ('accepted', 'settled') AND agreed IS NOT NULL) OR (state IN ('offered', 'lapsed', 'refused') AND agreed IS NULL) OR state = 'done'", name=op.f('ck_linkage_agreement')),
    sa.CheckConstraint("agreed IN ('ours', 'peer')", name=op.f('ck_linkage_agreed')),
    sa.CheckConstraint("first_receiver IN ('ours', 'peer')", name=op.f('ck_linkage_first_receiver')),
    sa.CheckConstraint("state <> 'refused' OR reason <> ''", name=op.f('ck_linkage_reason')),
    sa.CheckConstraint("state IN ('offered', 'accepted', 'refused', 'lapsed', 'settled', 'done')", name=op.f('ck_linkage_state')),
    sa.ForeignKeyConstraint(['offered_by_id'], ['staff.id'], name=op.f('fk_linkage_offered_by_id')),
    sa.ForeignKeyConstraint(['peer_id'], ['unit.id'], name=op.f('fk_linkage_peer_id')),
    sa.ForeignKeyConstraint(['ticket_id'], ['ticket.id'], name=op.f('fk_linkage_ticket_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_linkage'))
    )
    op.create_index('ix_linkage_due', 'linkage', ['answer_due_at'], unique=False, postgresql_where=sa.text("state = 'offered'"))
    op.create_index('ix_linkage_peer_id_id', 'linkage', ['peer_id', 'id'], unique=False)
    op.create_index('uq_linkage_open', 'linkage', ['ticket_id', 'peer_id'], unique=True, postgresql_where=sa.text("state <> 'done'"))
    op.create_index('uq_linkage_peer_number', 'linkage', ['peer_id', 'peer_number'], unique=True)


def downgrade() -> None:
    op.execute("DELETE FROM kept_answer WHERE api_key_id IN (SELECT id FROM api_key WHERE 'linkage' = ANY(scopes))")
    op.execute("DELETE FROM api_key WHERE 'linkage' = ANY(scopes)")
    _say_scopes(UNITS)
    op.drop_index('uq_linkage_peer_number', table_name='linkage')
    op.drop_index('uq_linkage_open', table_name='linkage', postgresql_where=sa.text("state <> 'done'"))
    op.drop_index('ix_linkage_peer_id_id', table_name='linkage')
    op.drop_index('ix_linkage_due', table_name='linkage', postgresql_where=sa.text("state = 'offered'"))
    op.drop_table('linkage')
