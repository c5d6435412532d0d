"""erasures and norms"""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

revision = '20261201erasures'
down_revision = '20261130difficult'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('norm',
    sa.Column('name', sa.String(length=48), nullable=False),
    sa.Column('amount', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_norm'))
    )
    op.create_table('norm_change',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=48), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('by_id', sa.Integer(), nullable=False),
    sa.Column('was', sa.Integer(), nullable=False),
    sa.Column('now', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['by_id'], ['staff.id'], name=op.f('fk_norm_change_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_norm_change'))
    )
    op.create_index('ix_norm_change_name_id', 'norm_change', ['name', 'id'], unique=False)
    op.create_table('erasure',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('scope', sa.Enum('person', 'ticket', 'call', 'term', name='erasurescope', native_enum=False, length=16), nullable=False),
    sa.Column('basis', sa.Enum('purpose', 'withdrawn', 'unlawful', 'ordered', 'term', name='erasurebasis', native_enum=False, length=16), nullable=False),
    sa.Column('state', sa.Enum('asked', 'approved', 'refused', 'cancelled', 'done', name='erasurestate', native_enum=False, length=16), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=True),
    sa.Column('ticket_id', sa.Integer(), nullable=True),
    sa.Column('call_id', sa.Integer(), nullable=True),
    sa.Column('day', sa.Date(), nullable=True),
    sa.Column('reason', sa.LargeBinary(), nullable=True),
    sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('asked_by_id', sa.Integer(), nullable=True),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('decided_by_id', sa.Integer(), nullable=True),
    sa.Column('erased_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('done_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('counts', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('chains', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('seal', sa.String(length=64), nullable=True),
    sa.CheckConstraint("(scope = 'term' AND num_nonnulls(person_id, ticket_id, call_id) = 0 AND day IS NOT NULL AND asked_by_id IS NULL) OR (scope = 'person' AND person_id IS NOT NULL AND num_nonnulls(person_id, ticket_id, call_id) = 1) OR (scope = 'ticket' AND ticket_id IS NOT NULL AND num_nonnulls(person_id, ticket_id, call_id) = 1) OR (scope = 'call' AND call_id IS NOT NULL AND num_nonnulls(person_id, ticket_id, call_id) = 1)", name=op.f('ck_erasure_subject')),
    sa.CheckConstraint("(state = 'done') = (seal IS NOT NULL)", name=op.f('ck_erasure_seal')),
    sa.CheckConstraint("basis IN ('purpose', 'withdrawn', 'unlawful', 'ordered', 'term')", name=op.f('ck_erasure_basis')),
    sa.CheckConstraint("decided_by_id <> asked_by_id OR state = 'cancelled'", name=op.f('ck_erasure_two_persons')),
    sa.CheckConstraint("scope = 'term' OR (state = 'asked') = (decided_by_id IS NULL)", name=op.f('ck_erasure_decided_by')),
    sa.CheckConstraint("scope = 'term' OR asked_by_id IS NOT NULL", name=op.f('ck_erasure_asked_by')),
    sa.CheckConstraint("scope IN ('person', 'ticket', 'call', 'term')", name=op.f('ck_erasure_scope')),
    sa.CheckConstraint("state <> 'done' OR erased_at IS NOT NULL", name=op.f('ck_erasure_erased')),
    sa.CheckConstraint("state IN ('asked', 'approved', 'refused', 'cancelled', 'done')", name=op.f('ck_erasure_state')),
    sa.ForeignKeyConstraint(['asked_by_id'], ['staff.id'], name=op.f('fk_erasure_asked_by_id')),
    sa.ForeignKeyConstraint(['call_id'], ['call.id'], name=op.f('fk_erasure_call_id')),
    sa.ForeignKeyConstraint(['decided_by_id'], ['staff.id'], name=op.f('fk_erasure_decided_by_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_erasure_person_id')),
    sa.ForeignKeyConstraint(['ticket_id'], ['ticket.id'], name=op.f('fk_erasure_ticket_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_erasure')),
    sa.UniqueConstraint('day', name=op.f('uq_erasure_day'))
    )
    op.create_index('ix_erasure_approved', 'erasure', ['id'], unique=False, postgresql_where=sa.text("state = 'approved'"))
    op.create_index('uq_erasure_open', 'erasure', ['person_id', 'ticket_id', 'call_id'], unique=True, postgresql_where=sa.text("state IN ('asked', 'approved') AND scope <> 'term'"), postgresql_nulls_not_distinct=True)
    op.create_table('legal_hold',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=True),
    sa.Column('ticket_id', sa.Integer(), nullable=True),
    sa.Column('call_id', sa.Integer(), nullable=True),
    sa.Column('reason', sa.LargeBinary(), nullable=False),
    sa.Column('placed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('placed_by_id', sa.Integer(), nullable=False),
    sa.Column('lifted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('lifted_by_id', sa.Integer(), nullable=True),
    sa.CheckConstraint('(lifted_at IS NULL) = (lifted_by_id IS NULL)', name=op.f('ck_legal_hold_lifted')),
    sa.CheckConstraint('num_nonnulls(person_id, ticket_id, call_id) = 1', name=op.f('ck_legal_hold_subject')),
    sa.ForeignKeyConstraint(['call_id'], ['call.id'], name=op.f('fk_legal_hold_call_id')),
    sa.ForeignKeyConstraint(['lifted_by_id'], ['staff.id'], name=op.f('fk_legal_hold_lifted_by_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_legal_hold_person_id')),
    sa.ForeignKeyConstraint(['placed_by_id'], ['staff.id'], name=op.f('fk_legal_hold_placed_by_id')),
    sa.ForeignKeyConstraint(['ticket_id'], ['ticket.id'], name=op.f('fk_legal_hold_ticket_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_legal_hold'))
    )
    op.create_index('uq_legal_hold_open', 'legal_hold', ['person_id', 'ticket_id', 'call_id'], unique=True, postgresql_where=sa.text('lifted_at IS NULL'), postgresql_nulls_not_distinct=True)
    op.create_table('erased_file',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('erasure_id', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(length=128), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=True),
    sa.Column('size', sa.Integer(), nullable=True),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('gone_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('shared', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['erasure_id'], ['erasure.id'], name=op.f('fk_erased_file_erasure_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_erased_file')),
    sa.UniqueConstraint('erasure_id', 'key', name=op.f('uq_erased_file_erasure_id_key'))
    )
    op.create_index('ix_erased_file_due', 'erased_file', ['due_at'], unique=False, postgresql_where=sa.text('gone_at IS NULL'))
    op.add_column('call', sa.Column('erased_at', sa.DateTime(timezone=True), nullable=True))
    op.create_index('ix_call_kept', 'call', ['started_at'], unique=False, postgresql_where=sa.text('erased_at IS NULL'))
    op.create_index('ix_dial_kept', 'dial', ['created_at'], unique=False, postgresql_where=sa.text("number_fingerprint <> ''"))
    op.create_index('ix_recording_kept', 'recording', ['started_at'], unique=False, postgresql_where=sa.text("state <> 'erased'"))
    op.add_column('text_message', sa.Column('erased_at', sa.DateTime(timezone=True), nullable=True))
    op.create_index('ix_text_message_kept', 'text_message', ['created_at'], unique=False, postgresql_where=sa.text('erased_at IS NULL'))
    op.add_column('ticket', sa.Column('erased_at', sa.DateTime(timezone=True), nullable=True))
    op.create_index('ix_ticket_kept', 'ticket', ['closed_at'], unique=False, postgresql_where=sa.text('erased_at IS NULL AND closed_at IS NOT NULL'))
    _allow("recording", "state", "announced", "fetching", "stored", "failed", "absent", "erased")
    op.create_check_constraint(
        op.f("ck_recording_erased"),
        "recording",
        "state <> 'erased' OR (storage_key IS NULL AND peaks IS NULL)",
    )
    _allow("remark", "kind", "question", "answer", "reason")


def downgrade() -> None:
    # There is no way back for what was erased: its rows are such as were never recorded.
    op.drop_constraint(op.f("ck_recording_erased"), "recording", type_="check")
    op.execute("UPDATE recording SET state = 'absent' WHERE state = 'erased'")
    _allow("recording", "state", "announced", "fetching", "stored", "failed", "absent")
    op.execute("DELETE FROM remark WHERE kind = 'reason'")
    _allow("remark", "kind", "question", "answer")
    op.drop_index('ix_ticket_kept', table_name='ticket', postgresql_where=sa.text('erased_at IS NULL AND closed_at IS NOT NULL'))
    op.drop_column('ticket', 'erased_at')
    op.drop_index('ix_text_message_kept', table_name='text_message', postgresql_where=sa.text('erased_at IS NULL'))
    op.drop_column('text_message', 'erased_at')
    op.drop_index('ix_recording_kept', table_name='recording', postgresql_where=sa.text("state <> 'erased'"))
    op.drop_index('ix_dial_kept', table_name='dial', postgresql_where=sa.text("number_fingerprint <> ''"))
    op.drop_index('ix_call_kept', table_name='call', postgresql_where=sa.text('erased_at IS NULL'))
    op.drop_column('call', 'erased_at')
    op.drop_index('ix_erased_file_due', table_name='erased_file', postgresql_where=sa.text('gone_at IS NULL'))
    op.drop_table('erased_file')
    op.drop_index('uq_legal_hold_open', table_name='legal_hold', postgresql_where=sa.text('lifted_at IS NULL'), postgresql_nulls_not_distinct=True)
    op.drop_table('legal_hold')
    op.drop_index('uq_erasure_open', table_name='erasure', postgresql_where=sa.text("state IN ('asked', 'approved') AND scope <> 'term'"), postgresql_nulls_not_distinct=True)
    op.drop_index('ix_erasure_approved', table_name='erasure', postgresql_where=sa.text("state = 'approved'"))
    op.drop_table('erasure')
    op.drop_index('ix_norm_change_name_id', table_name='norm_change')
    op.drop_table('norm_change')
    op.drop_table('norm')


def _allow(table: str, column: str, *words: str) -> None:
    listed = ", ".join(f"'{word}'" for word in words)
    op.drop_constraint(op.f(f"ck_{table}_{column}"), table, type_="check")
    op.create_check_constraint(op.f(f"ck_{table}_{column}"), table, f"{column} IN ({listed})")
