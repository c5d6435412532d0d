"""The directory of responsibilities: who leads and who assists, on what legal basis, since when."""

from datetime import date, datetime

from sqlalchemy import DDL, CheckConstraint, ForeignKey, Index, String, event
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base
from models.city import District, Topic, Unit


class DispatchRule(Base):
    """For this topic, in this district, under this condition: this unit leads.

    A rule is a candidate until somebody has taken it into the directory."""

    __tablename__ = "dispatch_rule"
    __table_args__ = (
        # Over the day before it began: it was replaced, and never held.
        CheckConstraint("valid_to IS NULL OR valid_to >= valid_from - 1", name="validity"),
        Index("ix_dispatch_rule_topic_id_district_id", "topic_id", "district_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    topic_id: Mapped[int] = mapped_column(ForeignKey("topic.id"))
    district_id: Mapped[int | None] = mapped_column(ForeignKey("district.id"))
    # Words that the ticket must contain, any of them; none means always.
    condition: Mapped[list[str]] = mapped_column(default=list)
    lead_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    assists: Mapped[list[str]] = mapped_column(default=list)
    legal_basis: Mapped[str] = mapped_column(default="")
    # Where it comes from: directory, arbitration of a ticket, minutes of a meeting.
    source: Mapped[str] = mapped_column(String(120), default="")
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    candidate: Mapped[bool] = mapped_column(default=False)
    changed_at: Mapped[datetime]
    changed_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))

    topic: Mapped[Topic] = relationship()
    district: Mapped[District | None] = relationship()
    lead: Mapped[Unit] = relationship()


# Beside a topic's id.
RULES_LOCK = 8
# Two rules for the same tickets on the same day would name two leaders.  No extension is there for
# an exclusion constraint over texts: whoever writes one waits for others of its topic, and looks.
ONE_HOLDS = f"""
CREATE OR REPLACE FUNCTION dispatch_rule_contradicts_none() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock({RULES_LOCK}, NEW.topic_id);
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
for statement in (ONE_HOLDS, GUARD):
    event.listen(DispatchRule.__table__, "after_create", DDL(statement))  # type: ignore[no-untyped-call]
