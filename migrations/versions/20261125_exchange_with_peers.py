"""exchange with peers"""

from alembic import op
import sqlalchemy as sa


revision = '20261125exchange'
# Both stood on the same one before.
down_revision = "20261125half"
branch_labels = None
depends_on = None


SCOPES = ('tickets:read', 'tickets:write', 'attachments', 'events', 'linkage')
KINDS = ('bureau', 'district', 'enterprise', 'service')


def _say_scopes(scopes: tuple[str, ...]) -> None:
    listed = ', '.join(f"'{one}'" for one in scopes)
    op.drop_constraint(op.f('ck_api_key_scopes'), 'api_key', type_='check')
    op.create_check_constraint(op.f('ck_api_key_scopes'), 'api_key', f"scopes <@ ARRAY[{listed}]::varchar[] AND scopes <> '{{}}'")


def _say_kinds(kinds: tuple[str, ...]) -> None:
    listed = ', '.join(f"'{one}'" for one in kinds)
    op.drop_constraint(op.f('ck_unit_kind'), 'unit', type_='check')
    op.create_check_constraint(op.f('ck_unit_kind'), 'unit', f"kind IN ({listed})")


def upgrade() -> None:
    _say_scopes((*SCOPES, 'exchange'))
    _say_kinds((*KINDS, 'platform'))
    op.create_table('peer',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('unit_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.Enum('province', 'city', name='peerkind', native_enum=False, length=16), nullable=False),
    sa.Column('added_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("kind IN ('province', 'city')", name=op.f('ck_peer_kind')),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_peer_unit_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_peer')),
    sa.UniqueConstraint('unit_id', name=op.f('uq_peer_unit_id'))
    )
    op.create_table('reconciliation',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('peer_id', sa.Integer(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ours', sa.Integer(), nullable=False),
    sa.Column('theirs', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['peer_id'], ['peer.id'], name=op.f('fk_reconciliation_peer_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_reconciliation')),
    sa.UniqueConstraint('peer_id', 'day', name=op.f('uq_reconciliation_peer_id_day'))
    )
    op.create_index(op.f('ix_reconciliation_day'), 'reconciliation', ['day'], unique=False)
    op.create_table('exchange',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('peer_id', sa.Integer(), nullable=False),
    sa.Column('ticket_id', sa.Integer(), nullable=False),
    sa.Column('assignment_id', sa.Integer(), nullable=True),
    sa.Column('origin', sa.Enum('ours', 'peer', name='side', native_enum=False, length=16), nullable=False),
    sa.Column('peer_number', sa.String(length=48), nullable=True),
    sa.Column('checksum', sa.String(length=64), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('hop', sa.Integer(), nullable=False),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('state', sa.Enum('sent', 'acknowledged', 'answered', 'done', 'refused', 'withdrawn', name='exchangestate', native_enum=False, length=16), nullable=False),
    sa.Column('acknowledged_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('reason', sa.String(), nullable=False),
    sa.Column('followed_seq', sa.Integer(), nullable=False),
    sa.CheckConstraint("(origin = 'ours') = (assignment_id IS NOT NULL)", name=op.f('ck_exchange_assignment')),
    sa.CheckConstraint("origin = 'ours' OR peer_number IS NOT NULL", name=op.f('ck_exchange_peer_number')),
    sa.CheckConstraint("origin IN ('ours', 'peer')", name=op.f('ck_exchange_origin')),
    sa.CheckConstraint("state IN ('sent', 'acknowledged', 'answered', 'done', 'refused', 'withdrawn')", name=op.f('ck_exchange_state')),
    sa.CheckConstraint('version > 0', name=op.f('ck_exchange_version')),
    sa.ForeignKeyConstraint(['assignment_id'], ['assignment.id'], name=op.f('fk_exchange_assignment_id')),
    sa.ForeignKeyConstraint(['peer_id'], ['peer.id'], name=op.f('fk_exchange_peer_id')),
    sa.ForeignKeyConstraint(['ticket_id'], ['ticket.id'], name=op.f('fk_exchange_ticket_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_exchange')),
    sa.UniqueConstraint('assignment_id', name=op.f('uq_exchange_assignment_id'))
    )
    op.create_index('ix_exchange_ended_at', 'exchange', ['ended_at'], unique=False)
    op.create_index('ix_exchange_peer_id_id', 'exchange', ['peer_id', 'id'], unique=False)
    op.create_index('ix_exchange_peer_id_sent_at', 'exchange', ['peer_id', 'sent_at'], unique=False)
    op.create_index(op.f('ix_exchange_ticket_id'), 'exchange', ['ticket_id'], unique=False)
    op.create_index('uq_exchange_peer_number', 'exchange', ['peer_id', 'peer_number'], unique=True, postgresql_where=sa.text("origin = 'peer'"))
    op.create_table('difference',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('reconciliation_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.Enum('missing_there', 'missing_here', 'states', name='differencekind', native_enum=False, length=16), nullable=False),
    sa.Column('origin', sa.Enum('ours', 'peer', name='side', native_enum=False, length=16), nullable=False),
    sa.Column('number', sa.String(length=48), nullable=False),
    sa.Column('exchange_id', sa.Integer(), nullable=True),
    sa.Column('ours', sa.Enum('sent', 'acknowledged', 'answered', 'done', 'refused', 'withdrawn', name='exchangestate', native_enum=False, length=16), nullable=True),
    sa.Column('theirs', sa.Enum('sent', 'acknowledged', 'answered', 'done', 'refused', 'withdrawn', name='exchangestate', native_enum=False, length=16), nullable=True),
    sa.Column('sent_again_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("(kind = 'missing_here') = (exchange_id IS NULL)", name=op.f('ck_difference_exchange')),
    sa.CheckConstraint("kind IN ('missing_there', 'missing_here', 'states')", name=op.f('ck_difference_kind')),
    sa.CheckConstraint("origin IN ('ours', 'peer')", name=op.f('ck_difference_origin')),
    sa.CheckConstraint("ours IN ('sent', 'acknowledged', 'answered', 'done', 'refused', 'withdrawn')", name=op.f('ck_difference_ours')),
    sa.CheckConstraint("theirs IN ('sent', 'acknowledged', 'answered', 'done', 'refused', 'withdrawn')", name=op.f('ck_difference_theirs')),
    sa.ForeignKeyConstraint(['exchange_id'], ['exchange.id'], name=op.f('fk_difference_exchange_id')),
    sa.ForeignKeyConstraint(['reconciliation_id'], ['reconciliation.id'], name=op.f('fk_difference_reconciliation_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_difference')),
    sa.UniqueConstraint('reconciliation_id', 'origin', 'number', name=op.f('uq_difference_reconciliation_id_origin_number'))
    )
    op.create_index(op.f('ix_difference_exchange_id'), 'difference', ['exchange_id'], unique=False)
    op.add_column('ticket', sa.Column('wanted_by', sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.execute("DELETE FROM kept_answer WHERE api_key_id IN (SELECT id FROM api_key WHERE 'exchange' = ANY(scopes))")
    op.execute("DELETE FROM api_key WHERE 'exchange' = ANY(scopes)")
    _say_scopes(SCOPES)
    op.execute("UPDATE unit SET kind = 'service' WHERE kind = 'platform'")
    _say_kinds(KINDS)
    op.drop_column('ticket', 'wanted_by')
    op.drop_index(op.f('ix_difference_exchange_id'), table_name='difference')
    op.drop_table('difference')
    op.drop_index('uq_exchange_peer_number', table_name='exchange', postgresql_where=sa.text("origin = 'peer'"))
    op.drop_index(op.f('ix_exchange_ticket_id'), table_name='exchange')
    op.drop_index('ix_exchange_peer_id_sent_at', table_name='exchange')
    op.drop_index('ix_exchange_peer_id_id', table_name='exchange')
    op.drop_index('ix_exchange_ended_at', table_name='exchange')
    op.drop_table('exchange')
    op.drop_index(op.f('ix_reconciliation_day'), table_name='reconciliation')
    op.drop_table('reconciliation')
    op.drop_table('peer')
