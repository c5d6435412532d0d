"""interface for units"""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

revision = '20261125interface'
down_revision = '20261125word'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('api_key',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('unit_id', sa.Integer(), nullable=False),
    sa.Column('staff_id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=48), nullable=False),
    sa.Column('public', sa.String(length=16), nullable=False),
    sa.Column('secret_hash', sa.String(length=64), nullable=False),
    sa.Column('scopes', postgresql.ARRAY(sa.String()), nullable=False),
    sa.Column('per_minute', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('last_used_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("scopes <@ ARRAY['tickets:read', 'tickets:write', 'attachments', 'events']::varchar[] AND scopes <> '{}'", name=op.f('ck_api_key_scopes')),
    sa.CheckConstraint('per_minute BETWEEN 1 AND 60000', name=op.f('ck_api_key_per_minute')),
    sa.ForeignKeyConstraint(['staff_id'], ['staff.id'], name=op.f('fk_api_key_staff_id')),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_api_key_unit_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_api_key')),
    sa.UniqueConstraint('public', name=op.f('uq_api_key_public')),
    sa.UniqueConstraint('staff_id', name=op.f('uq_api_key_staff_id'))
    )
    op.create_index('ix_api_key_unit_id', 'api_key', ['unit_id'], unique=False)
    op.create_table('kept_answer',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('api_key_id', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(length=255), nullable=False),
    sa.Column('request_hash', sa.String(length=64), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('status', sa.Integer(), nullable=False),
    sa.Column('body', sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(['api_key_id'], ['api_key.id'], name=op.f('fk_kept_answer_api_key_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_kept_answer')),
    sa.UniqueConstraint('api_key_id', 'key', name=op.f('uq_kept_answer_api_key_id_key'))
    )
    op.create_index('ix_kept_answer_at', 'kept_answer', ['at'], unique=False)
    op.create_table('attachment',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('assignment_id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('by_id', sa.Integer(), nullable=True),
    sa.Column('name', sa.LargeBinary(), nullable=False),
    sa.Column('media_type', sa.String(length=96), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('storage_key', sa.String(length=120), nullable=False),
    sa.Column('state', sa.Enum('waiting', 'ready', 'infected', name='attachmentstate', native_enum=False, length=16), nullable=False),
    sa.Column('next_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('scanned_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('finding', sa.String(length=200), nullable=True),
    sa.CheckConstraint("state IN ('waiting', 'ready', 'infected')", name=op.f('ck_attachment_state')),
    sa.CheckConstraint('size > 0', name=op.f('ck_attachment_size')),
    sa.ForeignKeyConstraint(['assignment_id'], ['assignment.id'], name=op.f('fk_attachment_assignment_id')),
    sa.ForeignKeyConstraint(['by_id'], ['staff.id'], name=op.f('fk_attachment_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_attachment')),
    sa.UniqueConstraint('assignment_id', 'sha256', name=op.f('uq_attachment_assignment_id_sha256'))
    )
    op.create_index('ix_attachment_waiting', 'attachment', ['next_at'], unique=False, postgresql_where=sa.text("state = 'waiting'"))
    op.create_index('ix_assignment_unit_id_id', 'assignment', ['unit_id', 'id'], unique=False)
    op.add_column('staff', sa.Column('machine', sa.Boolean(), server_default=sa.text('false'), nullable=False))
    op.add_column('ticket', sa.Column('changed_at', sa.DateTime(timezone=True), nullable=True))
    op.execute('UPDATE ticket SET changed_at = coalesce(closed_at, submitted_at, created_at)')
    op.create_index(op.f('ix_ticket_changed_at'), 'ticket', ['changed_at'], unique=False)


def downgrade() -> None:
    op.drop_index(op.f('ix_ticket_changed_at'), table_name='ticket')
    op.drop_column('ticket', 'changed_at')
    op.drop_column('staff', 'machine')
    op.drop_index('ix_assignment_unit_id_id', table_name='assignment')
    op.drop_index('ix_attachment_waiting', table_name='attachment', postgresql_where=sa.text("state = 'waiting'"))
    op.drop_table('attachment')
    op.drop_index('ix_kept_answer_at', table_name='kept_answer')
    op.drop_table('kept_answer')
    op.drop_index('ix_api_key_unit_id', table_name='api_key')
    op.drop_table('api_key')
