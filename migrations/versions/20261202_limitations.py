"""abusive calls: strikes, limitations, appeals"""

import sqlalchemy as sa
from alembic import op

revision = '20261202limits'
down_revision = '20261202telephones'
branch_labels = None
depends_on = None

AT = sa.DateTime(timezone=True)
REASONS = "('insult', 'threat', 'sexual', 'silent', 'blocking', 'false_danger')"


def _staff(table: str, *columns: str) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint([one], ['staff.id'], name=op.f(f'fk_{table}_{one}'))
        for one in columns
    ]


def _limitations() -> None:
    op.create_table(
        'limitation',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('person_id', sa.Integer(), nullable=False),
        sa.Column('kind', sa.String(16), nullable=False),
        sa.Column('state', sa.String(16), nullable=False),
        sa.Column('because', sa.LargeBinary(), nullable=False),
        sa.Column('asked_by_id', sa.Integer(), nullable=False),
        sa.Column('asked_at', AT, nullable=False),
        sa.Column('decided_by_id', sa.Integer(), nullable=True),
        sa.Column('decided_at', AT, nullable=True),
        sa.Column('begins_at', AT, nullable=True),
        sa.Column('expires_at', AT, nullable=True),
        sa.Column('lifted_at', AT, nullable=True),
        sa.CheckConstraint("kind IN ('voicemail', 'last')", name=op.f('ck_limitation_kind')),
        sa.CheckConstraint(
            "state IN ('asked', 'approved', 'refused')", name=op.f('ck_limitation_state')
        ),
        sa.CheckConstraint('decided_by_id <> asked_by_id', name=op.f('ck_limitation_two_persons')),
        sa.CheckConstraint(
            "(state = 'asked') = (decided_by_id IS NULL)", name=op.f('ck_limitation_decided_by')
        ),
        sa.CheckConstraint(
            '(decided_by_id IS NULL) = (decided_at IS NULL)', name=op.f('ck_limitation_decided_at')
        ),
        sa.CheckConstraint(
            "(state = 'approved') = (begins_at IS NOT NULL)", name=op.f('ck_limitation_begins_at')
        ),
        sa.CheckConstraint(
            '(begins_at IS NULL) = (expires_at IS NULL)', name=op.f('ck_limitation_expires_at')
        ),
        sa.CheckConstraint(
            "expires_at > begins_at AND expires_at <= begins_at + interval '30 days'",
            name=op.f('ck_limitation_span'),
        ),
        sa.CheckConstraint(
            "lifted_at IS NULL OR state = 'approved'", name=op.f('ck_limitation_lifted_at')
        ),
        sa.ForeignKeyConstraint(
            ['person_id'], ['person.id'], name=op.f('fk_limitation_person_id')
        ),
        *_staff('limitation', 'asked_by_id', 'decided_by_id'),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_limitation')),
    )
    op.create_index(op.f('ix_limitation_person_id'), 'limitation', ['person_id'])
    op.create_index(
        'uq_limitation_asked',
        'limitation',
        ['person_id'],
        unique=True,
        postgresql_where=sa.text("state = 'asked'"),
    )


def _strikes() -> None:
    op.create_table(
        'strike',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('person_id', sa.Integer(), nullable=False),
        sa.Column('call_id', sa.Integer(), nullable=False),
        sa.Column('by_id', sa.Integer(), nullable=False),
        sa.Column('at', AT, nullable=False),
        sa.Column('reason', sa.String(16), nullable=False),
        sa.Column('words', sa.LargeBinary(), nullable=False),
        sa.Column('limitation_id', sa.Integer(), nullable=True),
        sa.CheckConstraint(f'reason IN {REASONS}', name=op.f('ck_strike_reason')),
        sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_strike_person_id')),
        sa.ForeignKeyConstraint(['call_id'], ['call.id'], name=op.f('fk_strike_call_id')),
        sa.ForeignKeyConstraint(
            ['limitation_id'], ['limitation.id'], name=op.f('fk_strike_limitation_id')
        ),
        *_staff('strike', 'by_id'),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_strike')),
        sa.UniqueConstraint('call_id', name=op.f('uq_strike_call_id')),
    )
    op.create_index('ix_strike_person_id_at', 'strike', ['person_id', 'at'])
    op.create_index(op.f('ix_strike_at'), 'strike', ['at'])
    op.create_index(op.f('ix_strike_limitation_id'), 'strike', ['limitation_id'])


def _appeals() -> None:
    op.create_table(
        'appeal',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('limitation_id', sa.Integer(), nullable=False),
        sa.Column('at', AT, nullable=False),
        sa.Column('by_id', sa.Integer(), nullable=False),
        sa.Column('words', sa.LargeBinary(), nullable=False),
        sa.Column('decided_by_id', sa.Integer(), nullable=True),
        sa.Column('decided_at', AT, nullable=True),
        sa.Column('granted', sa.Boolean(), nullable=True),
        sa.Column('answer', sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(
            '(decided_by_id IS NULL) = (decided_at IS NULL)', name=op.f('ck_appeal_decided_at')
        ),
        sa.CheckConstraint(
            '(decided_by_id IS NULL) = (granted IS NULL)', name=op.f('ck_appeal_granted')
        ),
        sa.ForeignKeyConstraint(
            ['limitation_id'], ['limitation.id'], name=op.f('fk_appeal_limitation_id')
        ),
        *_staff('appeal', 'by_id', 'decided_by_id'),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_appeal')),
    )
    op.create_index('ix_appeal_limitation_id', 'appeal', ['limitation_id'])
    op.create_index(
        'uq_appeal_open',
        'appeal',
        ['limitation_id'],
        unique=True,
        postgresql_where=sa.text('decided_by_id IS NULL'),
    )


def upgrade() -> None:
    _limitations()
    _strikes()
    _appeals()
    op.add_column('call', sa.Column('limitation_id', sa.Integer(), nullable=True))
    op.create_foreign_key(
        op.f('fk_call_limitation_id'), 'call', 'limitation', ['limitation_id'], ['id']
    )
    op.create_index(
        'ix_call_limitation_id',
        'call',
        ['limitation_id'],
        postgresql_where=sa.text('limitation_id IS NOT NULL'),
    )
    op.create_index(
        'ix_callback_safe',
        'callback',
        ['number_fingerprint'],
        postgresql_where=sa.text('safe_hour IS NOT NULL'),
    )


def downgrade() -> None:
    op.drop_index('ix_callback_safe', 'callback')
    op.drop_column('call', 'limitation_id')
    for table in ('appeal', 'strike', 'limitation'):
        op.drop_table(table)
