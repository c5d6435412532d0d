"""of two rules for the same tickets one holds"""

from alembic import op

revision = "20261201rules"
down_revision = "20261201erasures"
branch_labels = None
depends_on = None

# Of two the newer holds: the older ends the day before, or never began.
END_OLDER = """
UPDATE dispatch_rule AS older
SET valid_to = (
  SELECT min(greatest(newer.valid_from, older.valid_from) - 1) FROM dispatch_rule newer
  WHERE {same}
)
WHERE NOT older.candidate AND EXISTS (SELECT FROM dispatch_rule newer WHERE {same})
""".format(
    same="newer.id > older.id AND NOT newer.candidate AND newer.topic_id = older.topic_id"
    " AND newer.district_id IS NOT DISTINCT FROM older.district_id"
    " AND newer.condition @> older.condition AND newer.condition <@ older.condition"
    " AND daterange(older.valid_from, older.valid_to + 1)"
    " && daterange(newer.valid_from, newer.valid_to + 1)"
)
ONE_HOLDS = """
CREATE OR REPLACE FUNCTION dispatch_rule_contradicts_none() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(8, NEW.topic_id);
  IF EXISTS (SELECT FROM dispatch_rule other
             WHERE other.id <> NEW.id AND NOT other.candidate AND other.topic_id = NEW.topic_id
               AND other.district_id IS NOT DISTINCT FROM NEW.district_id
               AND other.condition @> NEW.condition AND other.condition <@ NEW.condition
               AND daterange(other.valid_from, other.valid_to + 1)
                && daterange(NEW.valid_from, NEW.valid_to + 1)) THEN
    RAISE EXCEPTION 'another rule holds for the same tickets' USING ERRCODE = '23P01';
  END IF;
  RETURN NEW;
END $$
"""
GUARD = """
CREATE TRIGGER dispatch_rule_contradicts_none BEFORE INSERT OR UPDATE ON dispatch_rule
FOR EACH ROW WHEN (NOT NEW.candidate) EXECUTE FUNCTION dispatch_rule_contradicts_none()
"""


def upgrade() -> None:
    op.drop_constraint(op.f("ck_dispatch_rule_validity"), "dispatch_rule", type_="check")
    op.create_check_constraint(
        op.f("ck_dispatch_rule_validity"),
        "dispatch_rule",
        "valid_to IS NULL OR valid_to >= valid_from - 1",
    )
    op.execute(END_OLDER)
    op.execute(ONE_HOLDS)
    op.execute(GUARD)


def downgrade() -> None:
    op.execute("DROP TRIGGER dispatch_rule_contradicts_none ON dispatch_rule")
    op.execute("DROP FUNCTION dispatch_rule_contradicts_none")
    op.drop_constraint(op.f("ck_dispatch_rule_validity"), "dispatch_rule", type_="check")
    op.execute("UPDATE dispatch_rule SET valid_to = valid_from WHERE valid_to < valid_from")
    op.create_check_constraint(
        op.f("ck_dispatch_rule_validity"),
        "dispatch_rule",
        "valid_to IS NULL OR valid_to >= valid_from",
    )
