"""seat stretches"""

import sqlalchemy as sa
from alembic import op

revision = "20261201stretches"
down_revision = "20261201spoken"
branch_labels = None
depends_on = None

KEPT = """
CREATE OR REPLACE FUNCTION seat_stretch_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  changed timestamptz := GREATEST(NEW.activity_since, NEW.desired_since);
  last seat_stretch;
  of_call integer;
BEGIN
  IF TG_OP = 'UPDATE' THEN
    IF NEW.desired = OLD.desired AND NEW.activity = OLD.activity THEN
      changed := NEW.lease_until - interval '20 seconds';
    END IF;
    SELECT * INTO last FROM seat_stretch
      WHERE agent_id = NEW.staff_id AND ended_at IS NULL;
    changed := GREATEST(changed, last.began_at);
    UPDATE seat_stretch SET ended_at = changed, here_until = OLD.lease_until WHERE id = last.id;
  END IF;
  IF NEW.activity = 'wrap_up' OR NEW.activity = last.activity THEN
    of_call := last.call_id;
  ELSIF NEW.activity = 'talking' THEN
    SELECT id INTO of_call FROM call
      WHERE agent_id = NEW.staff_id AND status IN ('connecting', 'talking');
    IF of_call IS NULL THEN
      SELECT call_id INTO of_call FROM consult
        WHERE agent_id = NEW.staff_id AND state <> 'ended';
    END IF;
  END IF;
  INSERT INTO seat_stretch (agent_id, desired, activity, reason, call_id, began_at)
    VALUES (NEW.staff_id, NEW.desired, NEW.activity, NEW.break_reason, of_call, changed);
  RETURN NULL;
END $$
"""
ON_MAKING = """
CREATE TRIGGER seat_stretch_begins AFTER INSERT ON seat
FOR EACH ROW EXECUTE FUNCTION seat_stretch_is_kept()
"""
ON_CHANGE = """
CREATE TRIGGER seat_stretch_goes_on AFTER UPDATE ON seat FOR EACH ROW
WHEN (NEW.desired <> OLD.desired OR NEW.activity <> OLD.activity
  OR NEW.lease_until - OLD.lease_until > interval '20 seconds')
EXECUTE FUNCTION seat_stretch_is_kept()
"""


def upgrade() -> None:
    op.create_table(
        "seat_stretch",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("agent_id", sa.Integer(), nullable=False),
        sa.Column("desired", sa.String(length=16), nullable=False),
        sa.Column("activity", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=True),
        sa.Column("call_id", sa.Integer(), nullable=True),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("here_until", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "desired IN ('ready', 'break', 'offline')", name=op.f("ck_seat_stretch_desired")
        ),
        sa.CheckConstraint(
            "activity IN ('idle', 'ringing', 'connecting', 'talking', 'wrap_up')",
            name=op.f("ck_seat_stretch_activity"),
        ),
        sa.CheckConstraint("ended_at >= began_at", name=op.f("ck_seat_stretch_ended_at")),
        sa.ForeignKeyConstraint(
            ["agent_id"], ["seat.staff_id"], name=op.f("fk_seat_stretch_agent_id")
        ),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_seat_stretch_call_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seat_stretch")),
    )
    op.create_index(
        "uq_seat_stretch_open",
        "seat_stretch",
        ["agent_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index(
        "ix_seat_stretch_agent_id_began_at_id", "seat_stretch", ["agent_id", "began_at", "id"]
    )
    op.create_index(
        "ix_seat_stretch_call_id",
        "seat_stretch",
        ["call_id"],
        postgresql_where=sa.text("call_id IS NOT NULL"),
    )
    op.create_index(op.f("ix_seat_stretch_began_at"), "seat_stretch", ["began_at"])
    _begin()
    op.create_index(
        "ix_call_person_due_at",
        "call",
        ["person_due_at"],
        postgresql_where=sa.text("person_due_at IS NOT NULL"),
    )
    op.create_index(op.f("ix_offer_offered_at"), "offer", ["offered_at"])


def _begin() -> None:
    """What a seat is now is known; what it was before nobody has kept."""
    op.execute(
        "INSERT INTO seat_stretch (agent_id, desired, activity, reason, began_at)"
        " SELECT staff_id, desired, activity, break_reason, GREATEST(activity_since, desired_since)"
        " FROM seat"
    )
    for statement in (KEPT, ON_MAKING, ON_CHANGE):
        op.execute(statement)


def downgrade() -> None:
    op.drop_index(op.f("ix_offer_offered_at"), table_name="offer")
    op.drop_index("ix_call_person_due_at", table_name="call")
    op.execute("DROP TRIGGER seat_stretch_goes_on ON seat")
    op.execute("DROP TRIGGER seat_stretch_begins ON seat")
    op.execute("DROP FUNCTION seat_stretch_is_kept()")
    op.drop_table("seat_stretch")
