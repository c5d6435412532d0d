"""高峰公告: who waits on a line is told a lead's words once, from then until then."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from assist.alarm import FLOOR
from infra.clock import now
from infra.db import session
from infra.events import publish
from models import Announcement, Heard, Line, Place, StaffMember
from queues.journal import note


def begin(
    line: Line, words: str, words_en: str, *, since: datetime, until: datetime, by: StaffMember
) -> Announcement:
    """What was told on this line before is told no more."""
    for before in of_line(line.id):
        end(before, by=by)
    at = now()
    made = Announcement(
        line=line,
        words=words,
        words_en=words_en,
        from_at=since,
        until_at=until,
        by_id=by.id,
        at=at,
    )
    session.add(made)
    session.flush()  # the audit log names it
    publish(FLOOR, "floor-moved")
    return made


def end(one: Announcement, *, by: StaffMember) -> None:
    """Nothing happens to one that is over."""
    if one.ended_at is None and one.until_at > now():
        one.ended_at, one.ended_by_id = now(), by.id
        publish(FLOOR, "floor-moved")


def of_line(line_id: int) -> Sequence[Announcement]:
    """What is told there now, or will be."""
    coming = (Announcement.ended_at.is_(None), Announcement.until_at > now())
    return session.scalars(
        select(Announcement).where(Announcement.line_id == line_id, *coming)
    ).all()


def coming() -> Sequence[Announcement]:
    """Of all lines."""
    still = (Announcement.ended_at.is_(None), Announcement.until_at > now())
    return session.scalars(select(Announcement).where(*still).order_by(Announcement.id)).all()


def news_for(place: Place) -> Announcement | None:
    """What he has not been told yet, at this place of his."""
    at = now()
    told = select(Heard.announcement_id).where(Heard.place_id == place.id)
    one = session.scalar(
        select(Announcement)
        .where(
            Announcement.line_id == place.line_id,
            Announcement.ended_at.is_(None),
            Announcement.from_at <= at,
            Announcement.until_at > at,
            Announcement.id.not_in(told),
        )
        .order_by(Announcement.id.desc())
        .limit(1)
    )
    if one is None or not _first(place, one, at):
        return None
    note(place.call, "announced", announcement=one.id)
    return one


def _first(place: Place, one: Announcement, at: datetime) -> bool:
    made = session.scalar(
        insert(Heard)
        .values(place_id=place.id, announcement_id=one.id, at=at)
        .on_conflict_do_nothing()
        .returning(Heard.place_id)
    )
    return made is not None
