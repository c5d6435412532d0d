"""life-cycle of tickets"""

import hashlib
import json
import secrets

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

revision = '20261125life'
down_revision = '8d14f0b6a2c9'
branch_labels = None
depends_on = None

OLD_STATES = ('draft', 'submitted')
NEW_STATES = (
    'draft', 'rejected', 'answered', 'transferred', 'pending_review', 'need_info', 'pending_dispatch',
    'dispatched', 'processing', 'pending_audit', 'pending_follow_up', 'rehandling', 'suspended', 'closed',
    'archived', 'merged', 'void',
)
OLD_URGENCIES = ('normal', 'expedite', 'urgent')
NEW_URGENCIES = (*OLD_URGENCIES, 'instant')
SUBMITTED = (
    "state IN ('draft', 'void', 'merged') OR (number IS NOT NULL AND query_code IS NOT NULL"
    " AND query_code_hash IS NOT NULL AND kind IS NOT NULL AND summary IS NOT NULL"
    " AND submitted_at IS NOT NULL)"
)
ONLY_ADDED = """
CREATE OR REPLACE FUNCTION ticket_event_is_only_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND NEW.detail IS NULL AND NEW.salt IS NULL
     AND (NEW.id, NEW.ticket_id, NEW.seq, NEW.at, NEW.name, NEW.payload_hash, NEW.hash)
       = (OLD.id, OLD.ticket_id, OLD.seq, OLD.at, OLD.name, OLD.payload_hash, OLD.hash)
     AND (NEW.by_id, NEW.unit_id) IS NOT DISTINCT FROM (OLD.by_id, OLD.unit_id) THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'the history of a ticket is only added to';
END $$
"""
GUARD = """
CREATE TRIGGER ticket_event_only_added BEFORE UPDATE OR DELETE ON ticket_event
FOR EACH ROW EXECUTE FUNCTION ticket_event_is_only_added()
"""


def _say_states(states: tuple[str, ...], urgencies: tuple[str, ...]) -> None:
    """The vocabularies; the rows are changed between the old words' check and the new one's."""
    op.drop_constraint(op.f('ck_ticket_submitted'), 'ticket', type_='check')
    for column, words in (('state', states), ('urgency', urgencies)):
        op.drop_constraint(op.f(f'ck_ticket_{column}'), 'ticket', type_='check')
        listed = ', '.join(f"'{word}'" for word in words)
        op.create_check_constraint(op.f(f'ck_ticket_{column}'), 'ticket', f'{column} IN ({listed})', postgresql_not_valid=True)


def _chain(connection: sa.Connection) -> None:
    """What happened before chains were kept is chained now, as tickets.history does it."""
    rows = connection.execute(sa.text(
        'SELECT id, ticket_id, at, by_id, name, detail FROM ticket_event ORDER BY ticket_id, id'
    )).all()
    ticket, seq, previous = None, 0, ''
    for row in rows:
        seq, previous = (seq + 1, previous) if row.ticket_id == ticket else (1, '')
        ticket = row.ticket_id
        salt = secrets.token_hex(16)
        said = json.dumps(row.detail, sort_keys=True, ensure_ascii=False, separators=(',', ':'))
        payload = hashlib.sha256(f'{salt}{said}'.encode()).hexdigest()
        at = str(round(row.at.timestamp() * 1_000_000))
        link = [previous, ticket, seq, at, row.by_id, None, row.name, payload]
        previous = hashlib.sha256(json.dumps(link).encode()).hexdigest()
        connection.execute(
            sa.text('UPDATE ticket_event SET seq = :seq, salt = :salt, payload_hash = :payload, hash = :hash WHERE id = :id'),
            {'seq': seq, 'salt': salt, 'payload': payload, 'hash': previous, 'id': row.id},
        )
        connection.execute(
            sa.text('UPDATE ticket SET head_seq = :seq, head_hash = :hash WHERE id = :id'),
            {'seq': seq, 'hash': previous, 'id': ticket},
        )


def upgrade() -> None:
    op.create_table('chain_digest',
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('tickets', sa.Integer(), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.PrimaryKeyConstraint('day', name=op.f('pk_chain_digest'))
    )
    op.create_table('work_day',
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('works', sa.Boolean(), nullable=False),
    sa.Column('name', sa.String(length=64), nullable=False),
    sa.Column('source', sa.Enum('library', 'notice', 'manual', name='daysource', native_enum=False, length=16), nullable=False),
    sa.Column('provisional', sa.Boolean(), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("source IN ('library', 'notice', 'manual')", name=op.f('ck_work_day_source')),
    sa.PrimaryKeyConstraint('day', name=op.f('pk_work_day'))
    )
    op.create_table('deadline_policy',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.Enum('consult', 'help', 'complaint', 'report', 'suggest', 'praise', name='kind', native_enum=False, length=16), nullable=True),
    sa.Column('urgency', sa.Enum('normal', 'expedite', 'urgent', 'instant', name='urgency', native_enum=False, length=16), nullable=True),
    sa.Column('topic_id', sa.Integer(), nullable=True),
    sa.Column('unit_id', sa.Integer(), nullable=True),
    sa.Column('sign', sa.String(length=12), nullable=False),
    sa.Column('respond', sa.String(length=12), nullable=True),
    sa.Column('handle', sa.String(length=12), nullable=False),
    sa.Column('mobilise', sa.String(length=12), nullable=True),
    sa.Column('on_site', sa.String(length=12), nullable=True),
    sa.CheckConstraint("handle ~ '^[1-9][0-9]{0,4} (min|wh|wd)$'", name=op.f('ck_deadline_policy_handle')),
    sa.CheckConstraint("kind IN ('consult', 'help', 'complaint', 'report', 'suggest', 'praise')", name=op.f('ck_deadline_policy_kind')),
    sa.CheckConstraint("mobilise ~ '^[1-9][0-9]{0,4} (min|wh|wd)$'", name=op.f('ck_deadline_policy_mobilise')),
    sa.CheckConstraint("on_site ~ '^[1-9][0-9]{0,4} (min|wh|wd)$'", name=op.f('ck_deadline_policy_on_site')),
    sa.CheckConstraint("respond ~ '^[1-9][0-9]{0,4} (min|wh|wd)$'", name=op.f('ck_deadline_policy_respond')),
    sa.CheckConstraint("sign ~ '^[1-9][0-9]{0,4} (min|wh|wd)$'", name=op.f('ck_deadline_policy_sign')),
    sa.CheckConstraint("urgency IN ('normal', 'expedite', 'urgent', 'instant')", name=op.f('ck_deadline_policy_urgency')),
    sa.ForeignKeyConstraint(['topic_id'], ['topic.id'], name=op.f('fk_deadline_policy_topic_id')),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_deadline_policy_unit_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_deadline_policy'))
    )
    op.create_index('uq_deadline_policy_match', 'deadline_policy', ['kind', 'urgency', 'topic_id', 'unit_id'], unique=True, postgresql_nulls_not_distinct=True)
    op.create_table('dispatch_rule',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('topic_id', sa.Integer(), nullable=False),
    sa.Column('district_id', sa.Integer(), nullable=True),
    sa.Column('condition', postgresql.ARRAY(sa.String()), nullable=False),
    sa.Column('lead_id', sa.Integer(), nullable=False),
    sa.Column('assists', postgresql.ARRAY(sa.String()), nullable=False),
    sa.Column('legal_basis', sa.String(), nullable=False),
    sa.Column('source', sa.String(length=120), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('valid_to', sa.Date(), nullable=True),
    sa.Column('candidate', sa.Boolean(), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('changed_by_id', sa.Integer(), nullable=True),
    sa.CheckConstraint('valid_to IS NULL OR valid_to >= valid_from', name=op.f('ck_dispatch_rule_validity')),
    sa.ForeignKeyConstraint(['changed_by_id'], ['staff.id'], name=op.f('fk_dispatch_rule_changed_by_id')),
    sa.ForeignKeyConstraint(['district_id'], ['district.id'], name=op.f('fk_dispatch_rule_district_id')),
    sa.ForeignKeyConstraint(['lead_id'], ['unit.id'], name=op.f('fk_dispatch_rule_lead_id')),
    sa.ForeignKeyConstraint(['topic_id'], ['topic.id'], name=op.f('fk_dispatch_rule_topic_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_dispatch_rule'))
    )
    op.create_index('ix_dispatch_rule_topic_id_district_id', 'dispatch_rule', ['topic_id', 'district_id'], unique=False)
    op.create_table('notice',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(length=96), nullable=False),
    sa.Column('name', sa.String(length=48), nullable=False),
    sa.Column('ticket_id', sa.Integer(), nullable=False),
    sa.Column('unit_id', sa.Integer(), nullable=False),
    sa.Column('detail', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('read_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['ticket_id'], ['ticket.id'], name=op.f('fk_notice_ticket_id')),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_notice_unit_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notice')),
    sa.UniqueConstraint('key', name=op.f('uq_notice_key'))
    )
    op.create_index(op.f('ix_notice_ticket_id'), 'notice', ['ticket_id'], unique=False)
    op.create_index('ix_notice_unread', 'notice', ['unit_id', 'id'], unique=False, postgresql_where=sa.text('read_at IS NULL'))
    op.create_table('round',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('ticket_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('because', sa.String(), nullable=False),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['ticket_id'], ['ticket.id'], name=op.f('fk_round_ticket_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_round')),
    sa.UniqueConstraint('ticket_id', 'number', name=op.f('uq_round_ticket_id_number'))
    )
    op.create_index(op.f('ix_round_ticket_id'), 'round', ['ticket_id'], unique=False)
    op.create_index('uq_round_ticket_open', 'round', ['ticket_id'], unique=True, postgresql_where=sa.text('closed_at IS NULL'))
    op.create_table('supervision',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('ticket_id', sa.Integer(), nullable=False),
    sa.Column('unit_id', sa.Integer(), nullable=True),
    sa.Column('kind', sa.Enum('system', 'written', 'special', 'instruction', 'on_site', 'joint', name='supervisekind', native_enum=False, length=16), nullable=False),
    sa.Column('because', sa.String(length=24), nullable=False),
    sa.Column('words', sa.String(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('by_id', sa.Integer(), nullable=True),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("kind IN ('system', 'written', 'special', 'instruction', 'on_site', 'joint')", name=op.f('ck_supervision_kind')),
    sa.ForeignKeyConstraint(['by_id'], ['staff.id'], name=op.f('fk_supervision_by_id')),
    sa.ForeignKeyConstraint(['ticket_id'], ['ticket.id'], name=op.f('fk_supervision_ticket_id')),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_supervision_unit_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_supervision'))
    )
    op.create_index(op.f('ix_supervision_ticket_id'), 'supervision', ['ticket_id'], unique=False)
    op.create_index(op.f('ix_supervision_unit_id'), 'supervision', ['unit_id'], unique=False)
    op.create_index('uq_supervision_open', 'supervision', ['ticket_id', 'because'], unique=True, postgresql_where=sa.text('ended_at IS NULL'))
    op.create_table('urge',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('ticket_id', sa.Integer(), nullable=False),
    sa.Column('call_id', sa.Integer(), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('by_id', sa.Integer(), nullable=True),
    sa.Column('words', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['by_id'], ['staff.id'], name=op.f('fk_urge_by_id')),
    sa.ForeignKeyConstraint(['call_id'], ['call.id'], name=op.f('fk_urge_call_id')),
    sa.ForeignKeyConstraint(['ticket_id'], ['ticket.id'], name=op.f('fk_urge_ticket_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_urge')),
    sa.UniqueConstraint('call_id', name=op.f('uq_urge_call_id'))
    )
    op.create_index('ix_urge_ticket_id', 'urge', ['ticket_id'], unique=False)
    op.create_table('assignment',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('ticket_id', sa.Integer(), nullable=False),
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('unit_id', sa.Integer(), nullable=False),
    sa.Column('part', sa.Enum('lead', 'assist', 'info', name='part', native_enum=False, length=16), nullable=False),
    sa.Column('level', sa.Integer(), nullable=False),
    sa.Column('parent_id', sa.Integer(), nullable=True),
    sa.Column('state', sa.Enum('pending_sign', 'signed', 'delegated', 'replied', 'accepted', 'reply_rejected', 'return_pending', 'returned', 'recalled', name='assignmentstate', native_enum=False, length=20), nullable=False),
    sa.Column('rule_id', sa.Integer(), nullable=True),
    sa.Column('advice', sa.String(), nullable=False),
    sa.Column('forced', sa.Boolean(), nullable=False),
    sa.Column('dispatched_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('sign_due_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('respond_due_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('due_at_original', sa.DateTime(timezone=True), nullable=True),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('nearly_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('yellow_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('red_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('supervised_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('joint_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('late', postgresql.ARRAY(sa.String()), nullable=False),
    sa.Column('signed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('contacted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('mobilise_due_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('on_site_due_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('mobilised_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('on_site_done_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('replied_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('accepted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("(state IN ('returned', 'recalled', 'accepted')) = (ended_at IS NOT NULL)", name=op.f('ck_assignment_ended')),
    sa.CheckConstraint("part IN ('lead', 'assist', 'info')", name=op.f('ck_assignment_part')),
    sa.CheckConstraint("state <> 'accepted' OR accepted_at IS NOT NULL", name=op.f('ck_assignment_accepted')),
    sa.CheckConstraint("state IN ('pending_sign', 'signed', 'delegated', 'replied', 'accepted', 'reply_rejected', 'return_pending', 'returned', 'recalled')", name=op.f('ck_assignment_state')),
    sa.CheckConstraint('(level = 1) = (parent_id IS NULL)', name=op.f('ck_assignment_parent')),
    sa.CheckConstraint('level BETWEEN 1 AND 3', name=op.f('ck_assignment_level')),
    sa.ForeignKeyConstraint(['parent_id'], ['assignment.id'], name=op.f('fk_assignment_parent_id')),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_assignment_round_id')),
    sa.ForeignKeyConstraint(['rule_id'], ['dispatch_rule.id'], name=op.f('fk_assignment_rule_id')),
    sa.ForeignKeyConstraint(['ticket_id'], ['ticket.id'], name=op.f('fk_assignment_ticket_id')),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_assignment_unit_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_assignment'))
    )
    op.create_index('ix_assignment_due', 'assignment', ['due_at'], unique=False, postgresql_where=sa.text('ended_at IS NULL'))
    op.create_index('ix_assignment_inbox', 'assignment', ['unit_id', 'due_at', 'id'], unique=False, postgresql_where=sa.text('ended_at IS NULL'))
    op.create_index('ix_assignment_nearly', 'assignment', ['nearly_at'], unique=False, postgresql_where=sa.text('ended_at IS NULL AND yellow_at IS NULL'))
    op.create_index(op.f('ix_assignment_parent_id'), 'assignment', ['parent_id'], unique=False)
    op.create_index(op.f('ix_assignment_rule_id'), 'assignment', ['rule_id'], unique=False)
    op.create_index('ix_assignment_ticket_id', 'assignment', ['ticket_id'], unique=False)
    op.create_index('ix_assignment_unsigned', 'assignment', ['sign_due_at'], unique=False, postgresql_where=sa.text("state = 'pending_sign'"))
    op.create_index('uq_assignment_lead', 'assignment', ['round_id'], unique=True, postgresql_where=sa.text("part = 'lead' AND level = 1 AND state NOT IN ('returned', 'recalled')"))
    op.create_index('uq_assignment_unit', 'assignment', ['round_id', 'unit_id'], unique=True, postgresql_where=sa.text("state NOT IN ('returned', 'recalled')"))
    op.create_table('reply',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('assignment_id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('by_id', sa.Integer(), nullable=True),
    sa.Column('facts_true', sa.Boolean(), nullable=False),
    sa.Column('beyond_duty', sa.Boolean(), nullable=False),
    sa.Column('contacted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('contact_way', sa.String(length=16), nullable=False),
    sa.Column('no_contact', sa.String(), nullable=False),
    sa.Column('solved', sa.Enum('yes', 'partly', 'no', name='solved', native_enum=False, length=16), nullable=False),
    sa.Column('why_not', sa.String(), nullable=False),
    sa.Column('internal', sa.String(), nullable=False),
    sa.Column('public', sa.String(), nullable=False),
    sa.Column('verdict', sa.Enum('passed', 'refused', name='replyverdict', native_enum=False, length=16), nullable=True),
    sa.Column('checked_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('checked_by_id', sa.Integer(), nullable=True),
    sa.Column('remarks', sa.String(), nullable=False),
    sa.CheckConstraint("contacted_at IS NOT NULL OR no_contact <> ''", name=op.f('ck_reply_contact')),
    sa.CheckConstraint("solved = 'yes' OR why_not <> ''", name=op.f('ck_reply_why_not')),
    sa.CheckConstraint("solved IN ('yes', 'partly', 'no')", name=op.f('ck_reply_solved')),
    sa.CheckConstraint("verdict <> 'refused' OR remarks <> ''", name=op.f('ck_reply_remarks')),
    sa.CheckConstraint("verdict IN ('passed', 'refused')", name=op.f('ck_reply_verdict')),
    sa.CheckConstraint('(verdict IS NULL) = (checked_at IS NULL)', name=op.f('ck_reply_checked')),
    sa.ForeignKeyConstraint(['assignment_id'], ['assignment.id'], name=op.f('fk_reply_assignment_id')),
    sa.ForeignKeyConstraint(['by_id'], ['staff.id'], name=op.f('fk_reply_by_id')),
    sa.ForeignKeyConstraint(['checked_by_id'], ['staff.id'], name=op.f('fk_reply_checked_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_reply'))
    )
    op.create_index(op.f('ix_reply_assignment_id'), 'reply', ['assignment_id'], unique=False)
    op.create_index('uq_reply_unchecked', 'reply', ['assignment_id'], unique=True, postgresql_where=sa.text('verdict IS NULL'))
    op.create_table('request',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.Enum('return', 'extension', 'co_handling', 'exclusion', 'score_appeal', 'supervision', 'merge', 'meeting', 'suspension', name='requestkind', native_enum=False, length=16), nullable=False),
    sa.Column('state', sa.Enum('applied', 'approved', 'rejected', 'cancelled', name='requeststate', native_enum=False, length=16), nullable=False),
    sa.Column('ticket_id', sa.Integer(), nullable=False),
    sa.Column('assignment_id', sa.Integer(), nullable=True),
    sa.Column('applied_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('applied_by_id', sa.Integer(), nullable=True),
    sa.Column('code', sa.String(length=16), nullable=False),
    sa.Column('reason', sa.String(), nullable=False),
    sa.Column('basis', sa.String(), nullable=False),
    sa.Column('suggested_unit_id', sa.Integer(), nullable=True),
    sa.Column('wanted', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('decided_by_id', sa.Integer(), nullable=True),
    sa.Column('decision', sa.String(), nullable=False),
    sa.Column('arbitration', sa.Boolean(), nullable=False),
    sa.CheckConstraint("(state = 'applied') = (decided_at IS NULL)", name=op.f('ck_request_decided')),
    sa.CheckConstraint("kind <> 'return' OR basis <> ''", name=op.f('ck_request_return_basis')),
    sa.CheckConstraint("kind IN ('return', 'extension', 'co_handling', 'exclusion', 'score_appeal', 'supervision', 'merge', 'meeting', 'suspension')", name=op.f('ck_request_kind')),
    sa.CheckConstraint("reason <> ''", name=op.f('ck_request_reason')),
    sa.CheckConstraint("state IN ('applied', 'approved', 'rejected', 'cancelled')", name=op.f('ck_request_state')),
    sa.ForeignKeyConstraint(['applied_by_id'], ['staff.id'], name=op.f('fk_request_applied_by_id')),
    sa.ForeignKeyConstraint(['assignment_id'], ['assignment.id'], name=op.f('fk_request_assignment_id')),
    sa.ForeignKeyConstraint(['decided_by_id'], ['staff.id'], name=op.f('fk_request_decided_by_id')),
    sa.ForeignKeyConstraint(['suggested_unit_id'], ['unit.id'], name=op.f('fk_request_suggested_unit_id')),
    sa.ForeignKeyConstraint(['ticket_id'], ['ticket.id'], name=op.f('fk_request_ticket_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_request'))
    )
    op.create_index(op.f('ix_request_assignment_id'), 'request', ['assignment_id'], unique=False)
    op.create_index('ix_request_open', 'request', ['kind', 'applied_at'], unique=False, postgresql_where=sa.text("state = 'applied'"))
    op.create_index(op.f('ix_request_ticket_id'), 'request', ['ticket_id'], unique=False)
    op.create_index('uq_request_open', 'request', ['ticket_id', 'assignment_id', 'kind'], unique=True, postgresql_where=sa.text("state = 'applied'"), postgresql_nulls_not_distinct=True)
    op.add_column('ticket', sa.Column('dispatched_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('ticket', sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('ticket', sa.Column('merged_into_id', sa.Integer(), nullable=True))
    op.add_column('ticket', sa.Column('sensitive', sa.Integer(), nullable=False, server_default='0'))
    op.add_column('ticket', sa.Column('difficult_until', sa.Date(), nullable=True))
    op.add_column('ticket', sa.Column('returns', sa.Integer(), nullable=False, server_default='0'))
    op.add_column('ticket', sa.Column('head_seq', sa.Integer(), nullable=False, server_default='0'))
    op.add_column('ticket', sa.Column('head_hash', sa.String(length=64), nullable=False, server_default=''))
    op.alter_column('ticket', 'state',
               existing_type=sa.VARCHAR(length=16),
               type_=sa.Enum('draft', 'rejected', 'answered', 'transferred', 'pending_review', 'need_info', 'pending_dispatch', 'dispatched', 'processing', 'pending_audit', 'pending_follow_up', 'rehandling', 'suspended', 'closed', 'archived', 'merged', 'void', name='ticketstate', native_enum=False, length=20),
               existing_nullable=False)
    op.create_index(op.f('ix_ticket_merged_into_id'), 'ticket', ['merged_into_id'], unique=False)
    op.create_foreign_key(op.f('fk_ticket_merged_into_id'), 'ticket', 'ticket', ['merged_into_id'], ['id'])
    op.add_column('ticket_event', sa.Column('seq', sa.Integer(), nullable=True))
    op.add_column('ticket_event', sa.Column('unit_id', sa.Integer(), nullable=True))
    op.add_column('ticket_event', sa.Column('salt', sa.String(length=32), nullable=True))
    op.add_column('ticket_event', sa.Column('payload_hash', sa.String(length=64), nullable=True))
    op.add_column('ticket_event', sa.Column('hash', sa.String(length=64), nullable=True))
    op.alter_column('ticket_event', 'detail',
               existing_type=postgresql.JSONB(astext_type=sa.Text()),
               nullable=True)
    op.drop_index(op.f('ix_ticket_event_ticket_id_id'), table_name='ticket_event')
    op.create_index(op.f('ix_ticket_event_at'), 'ticket_event', ['at'], unique=False)
    op.create_unique_constraint(op.f('uq_ticket_event_ticket_id_seq'), 'ticket_event', ['ticket_id', 'seq'])
    op.create_foreign_key(op.f('fk_ticket_event_unit_id'), 'ticket_event', 'unit', ['unit_id'], ['id'])
    op.add_column('unit', sa.Column('parent_id', sa.Integer(), nullable=True))
    op.create_index(op.f('ix_unit_parent_id'), 'unit', ['parent_id'], unique=False)
    op.create_foreign_key(op.f('fk_unit_parent_id'), 'unit', 'unit', ['parent_id'], ['id'])
    for column in ('sensitive', 'returns', 'head_seq', 'head_hash'):
        op.alter_column('ticket', column, server_default=None)
    _say_states(NEW_STATES, NEW_URGENCIES)
    op.execute("UPDATE ticket SET state = 'pending_dispatch' WHERE state = 'submitted'")
    op.execute('ALTER TABLE ticket VALIDATE CONSTRAINT ck_ticket_state')
    op.execute('ALTER TABLE ticket VALIDATE CONSTRAINT ck_ticket_urgency')
    op.create_check_constraint(op.f('ck_ticket_submitted'), 'ticket', SUBMITTED)
    op.create_check_constraint(op.f('ck_ticket_merged'), 'ticket', "(state = 'merged') = (merged_into_id IS NOT NULL)")
    op.create_check_constraint(op.f('ck_ticket_closed'), 'ticket', "state NOT IN ('closed', 'archived') OR closed_at IS NOT NULL")
    op.create_check_constraint(op.f('ck_unit_parent'), 'unit', 'parent_id <> id')
    _chain(op.get_bind())
    for column in ('seq', 'payload_hash', 'hash'):
        op.alter_column('ticket_event', column, nullable=False)
    op.execute(ONLY_ADDED)
    op.execute(GUARD)


def downgrade() -> None:
    op.execute('DROP TRIGGER ticket_event_only_added ON ticket_event')
    op.execute('DROP FUNCTION ticket_event_is_only_added')
    op.drop_constraint(op.f('ck_unit_parent'), 'unit', type_='check')
    op.drop_constraint(op.f('ck_ticket_closed'), 'ticket', type_='check')
    op.drop_constraint(op.f('ck_ticket_merged'), 'ticket', type_='check')
    _say_states(OLD_STATES, OLD_URGENCIES)
    op.execute("UPDATE ticket SET state = 'submitted' WHERE state <> 'draft'")
    op.create_check_constraint(op.f('ck_ticket_submitted'), 'ticket', SUBMITTED.replace("IN ('draft', 'void', 'merged')", "= 'draft'"))
    op.execute("UPDATE ticket_event SET detail = '{}' WHERE detail IS NULL")
    op.drop_constraint(op.f('fk_unit_parent_id'), 'unit', type_='foreignkey')
    op.drop_index(op.f('ix_unit_parent_id'), table_name='unit')
    op.drop_column('unit', 'parent_id')
    op.drop_constraint(op.f('fk_ticket_event_unit_id'), 'ticket_event', type_='foreignkey')
    op.drop_constraint(op.f('uq_ticket_event_ticket_id_seq'), 'ticket_event', type_='unique')
    op.drop_index(op.f('ix_ticket_event_at'), table_name='ticket_event')
    op.create_index(op.f('ix_ticket_event_ticket_id_id'), 'ticket_event', ['ticket_id', 'id'], unique=False)
    op.alter_column('ticket_event', 'detail',
               existing_type=postgresql.JSONB(astext_type=sa.Text()),
               nullable=False)
    op.drop_column('ticket_event', 'hash')
    op.drop_column('ticket_event', 'payload_hash')
    op.drop_column('ticket_event', 'salt')
    op.drop_column('ticket_event', 'unit_id')
    op.drop_column('ticket_event', 'seq')
    op.drop_constraint(op.f('fk_ticket_merged_into_id'), 'ticket', type_='foreignkey')
    op.drop_index(op.f('ix_ticket_merged_into_id'), table_name='ticket')
    op.alter_column('ticket', 'state',
               existing_type=sa.Enum('draft', 'rejected', 'answered', 'transferred', 'pending_review', 'need_info', 'pending_dispatch', 'dispatched', 'processing', 'pending_audit', 'pending_follow_up', 'rehandling', 'suspended', 'closed', 'archived', 'merged', 'void', name='ticketstate', native_enum=False, length=20),
               type_=sa.VARCHAR(length=16),
               existing_nullable=False)
    op.drop_column('ticket', 'head_hash')
    op.drop_column('ticket', 'head_seq')
    op.drop_column('ticket', 'returns')
    op.drop_column('ticket', 'difficult_until')
    op.drop_column('ticket', 'sensitive')
    op.drop_column('ticket', 'merged_into_id')
    op.drop_column('ticket', 'closed_at')
    op.drop_column('ticket', 'dispatched_at')
    op.drop_index('uq_request_open', table_name='request', postgresql_where=sa.text("state = 'applied'"), postgresql_nulls_not_distinct=True)
    op.drop_index(op.f('ix_request_ticket_id'), table_name='request')
    op.drop_index('ix_request_open', table_name='request', postgresql_where=sa.text("state = 'applied'"))
    op.drop_index(op.f('ix_request_assignment_id'), table_name='request')
    op.drop_table('request')
    op.drop_index('uq_reply_unchecked', table_name='reply', postgresql_where=sa.text('verdict IS NULL'))
    op.drop_index(op.f('ix_reply_assignment_id'), table_name='reply')
    op.drop_table('reply')
    op.drop_index('uq_assignment_unit', table_name='assignment', postgresql_where=sa.text("state NOT IN ('returned', 'recalled')"))
    op.drop_index('uq_assignment_lead', table_name='assignment', postgresql_where=sa.text("part = 'lead' AND level = 1 AND state NOT IN ('returned', 'recalled')"))
    op.drop_index('ix_assignment_unsigned', table_name='assignment', postgresql_where=sa.text("state = 'pending_sign'"))
    op.drop_index('ix_assignment_ticket_id', table_name='assignment')
    op.drop_index(op.f('ix_assignment_rule_id'), table_name='assignment')
    op.drop_index(op.f('ix_assignment_parent_id'), table_name='assignment')
    op.drop_index('ix_assignment_nearly', table_name='assignment', postgresql_where=sa.text('ended_at IS NULL AND yellow_at IS NULL'))
    op.drop_index('ix_assignment_inbox', table_name='assignment', postgresql_where=sa.text('ended_at IS NULL'))
    op.drop_index('ix_assignment_due', table_name='assignment', postgresql_where=sa.text('ended_at IS NULL'))
    op.drop_table('assignment')
    op.drop_index('ix_urge_ticket_id', table_name='urge')
    op.drop_table('urge')
    op.drop_index('uq_supervision_open', table_name='supervision', postgresql_where=sa.text('ended_at IS NULL'))
    op.drop_index(op.f('ix_supervision_unit_id'), table_name='supervision')
    op.drop_index(op.f('ix_supervision_ticket_id'), table_name='supervision')
    op.drop_table('supervision')
    op.drop_index('uq_round_ticket_open', table_name='round', postgresql_where=sa.text('closed_at IS NULL'))
    op.drop_index(op.f('ix_round_ticket_id'), table_name='round')
    op.drop_table('round')
    op.drop_index('ix_notice_unread', table_name='notice', postgresql_where=sa.text('read_at IS NULL'))
    op.drop_index(op.f('ix_notice_ticket_id'), table_name='notice')
    op.drop_table('notice')
    op.drop_index('ix_dispatch_rule_topic_id_district_id', table_name='dispatch_rule')
    op.drop_table('dispatch_rule')
    op.drop_index('uq_deadline_policy_match', table_name='deadline_policy', postgresql_nulls_not_distinct=True)
    op.drop_table('deadline_policy')
    op.drop_table('work_day')
    op.drop_table('chain_digest')
