"""What a seat was, stretch by stretch: the only source of an agent's time.

The database keeps it by itself, since the routing pass moves seats in plain SQL: with each change
of what the agent chose or does the open stretch ends and the next begins.  A desk that comes back
after its lease had lapsed begins one, too, so that the time that it was away can be left out."""

from datetime import datetime

from sqlalchemy import DDL, CheckConstraint, ForeignKey, Index, String, event, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, one_of, words
from models.seat import Activity, Desired


class SeatStretch(Base):
    """One stretch of one seat; the schema allows one open stretch of each."""

    __tablename__ = "seat_stretch"
    __table_args__ = (
        one_of("desired", Desired),
        one_of("activity", Activity),
        CheckConstraint("ended_at >= began_at", name="ended_at"),
        Index(
            "uq_seat_stretch_open",
            "agent_id",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("ix_seat_stretch_agent_id_began_at_id", "agent_id", "began_at", "id"),
        Index(
            "ix_seat_stretch_call_id",
            "call_id",
            postgresql_where=text("call_id IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    agent_id: Mapped[int] = mapped_column(ForeignKey("seat.staff_id"))
    desired: Mapped[Desired] = mapped_column(words(Desired))
    activity: Mapped[Activity] = mapped_column(words(Activity))
    # Why he was on break.
    reason: Mapped[str | None] = mapped_column(String(32))
    # Of a talk and its wrap-up: whose.
    call_id: Mapped[int | None] = mapped_column(ForeignKey("call.id"))
    began_at: Mapped[datetime] = mapped_column(index=True)
    ended_at: Mapped[datetime | None]
    # Until when his desk is proved to have been there; of the open one the seat itself says it.
    here_until: Mapped[datetime | None]


# At the beginning of a talk the call is his already, or he was asked into it.  A lease is always
# renewed for its whole length (queues/presence.py): made longer by more than that it had lapsed.
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
for statement in (KEPT, ON_MAKING, ON_CHANGE):
    event.listen(SeatStretch.__table__, "after_create", DDL(statement))  # type: ignore[no-untyped-call]
