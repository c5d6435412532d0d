"""line settings that only the forms refused"""

from alembic import op

revision = '20261201linechecks'
down_revision = "20261201lent"
branch_labels = None
depends_on = None

ADDED = {
    'closed_en': 'closed_reason_en IS NULL OR closed_since IS NOT NULL',
    'nobody_general': "when_nobody <> 'general' OR NOT (certified OR code = 'general')",
}
BEFORE = {'most_waiting': 'most_waiting > 0', 'partner_after': 'partner_after_s > 0'}
AFTER = {
    'most_waiting': 'most_waiting BETWEEN 1 AND 5000',
    'partner_after': 'partner_after_s BETWEEN 10 AND 3600',
}


def _set(rules: dict[str, str]) -> None:
    for name, rule in rules.items():
        op.drop_constraint(op.f(f'ck_line_{name}'), 'line')
        op.create_check_constraint(op.f(f'ck_line_{name}'), 'line', rule)


def upgrade() -> None:
    _set(AFTER)
    for name, rule in ADDED.items():
        op.create_check_constraint(op.f(f'ck_line_{name}'), 'line', rule)


def downgrade() -> None:
    for name in ADDED:
        op.drop_constraint(op.f(f'ck_line_{name}'), 'line')
    _set(BEFORE)
