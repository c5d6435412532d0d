"""steps of law by the interface"""

from alembic import op


revision = '20261128legal'
down_revision = '55b382a4ba02'
branch_labels = None
depends_on = None

SCOPES = ('tickets:read', 'tickets:write', 'attachments', 'events', 'linkage', 'exchange')


def _say_scopes(scopes: tuple[str, ...]) -> None:
    listed = ', '.join(f"'{one}'" for one in scopes)
    op.drop_constraint(op.f('ck_api_key_scopes'), 'api_key', type_='check')
    op.create_check_constraint(op.f('ck_api_key_scopes'), 'api_key', f"scopes <@ ARRAY[{listed}]::varchar[] AND scopes <> '{{}}'")


def upgrade() -> None:
    _say_scopes((*SCOPES, 'tickets:legal'))


def downgrade() -> None:
    # What such a key may do besides, it goes on doing; one that may nothing else ends.
    op.execute("UPDATE api_key SET scopes = array_remove(scopes, 'tickets:legal') WHERE scopes <> ARRAY['tickets:legal']::varchar[]")
    op.execute("DELETE FROM kept_answer WHERE api_key_id IN (SELECT id FROM api_key WHERE 'tickets:legal' = ANY(scopes))")
    op.execute("DELETE FROM api_key WHERE 'tickets:legal' = ANY(scopes)")
    _say_scopes(SCOPES)
