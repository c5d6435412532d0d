"""高峰公告: who waits on a line is told a lead's words once, from then until then."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from assist.alarm import FLOOR
from infra.clock import now
from infra.db import session
from infra.events import publish
from models import (
    LONGEST_ANNOUNCEMENT,
    LONGEST_ENGLISH,
    Announcement,
    Heard,
    Line,
    Place,
    StaffMember,
)
from queues.journal import note

TWICE_WITHIN = timedelta(seconds=30)
# A digit is spoken as a word, which takes as long as so many characters.
DIGIT, DIGIT_EN = 2, 9


def fits(words: str, words_en: str) -> bool:
    """Whether each can be said within one wait document."""
    return (
        _takes(words, DIGIT) <= LONGEST_ANNOUNCEMENT
        and _takes(words_en, DIGIT_EN) <= LONGEST_ENGLISH
    )


def begin(
    line: Line, words: str, words_en: str, *, since: datetime, until: datetime, by: StaffMember
) -> Announcement:
    """At no time is more than one told on a line: where this one begins another ends, and what was
    to begin while this one lasts is told no more.  The same once more is the same one."""
    # Two leads at once: the second finds what the first has made.
    session.refresh(line, with_for_update={"key_share": True})
    meant = (line.id, words, words_en, until - since)
    others = of_line(line.id)
    same = next((one for one in others if _meant(one) == meant and _as_soon(one, since)), None)
    if same is not None:
        return same
    for other in others:
        _make_room(other, since, until, by)
    session.flush()  # of two that overlap the schema allows one
    made = Announcement(
        line=line,
        words=words,
        words_en=words_en,
        from_at=since,
        until_at=until,
        by_id=by.id,
        at=now(),
    )
    session.add(made)
    session.flush()  # the audit log names it
    _settle(line)
    return made


def end(one: Announcement, *, by: StaffMember) -> None:
    """Nothing happens to one that is over."""
    if one.ended_at is None and one.until_at > now():
        one.ended_at, one.ended_by_id = now(), by.id
        _settle(one.line)


def of_line(line_id: int) -> Sequence[Announcement]:
    """What is told there now, or will be."""
    coming = (Announcement.ended_at.is_(None), Announcement.until_at > now())
    return session.scalars(
        select(Announcement).where(Announcement.line_id == line_id, *coming)
    ).all()


def _takes(words: str, digit: int) -> int:
    return len(words) + (digit - 1) * sum(one.isdigit() for one in words)


def _meant(one: Announcement) -> tuple[int, str, str, timedelta]:
    return one.line_id, one.words, one.words_en, one.until_at - one.from_at


def _as_soon(one: Announcement, since: datetime) -> bool:
    """A button that was pressed twice."""
    return abs(since - one.from_at) < TWICE_WITHIN


def _make_room(other: Announcement, since: datetime, until: datetime, by: StaffMember) -> None:
    if other.until_at <= since or other.from_at >= until:
        return
    if other.from_at < since and since > now():
        # It is told until the new one begins.
        other.until_at = since
    else:
        end(other, by=by)


def _settle(line: Line) -> None:
    """Until when anything is told there stands in the line's row, which every wait document has at
    hand anyway."""
    session.flush()  # asked of the database
    line.announced_until = max((one.until_at for one in of_line(line.id)), default=None)
    publish(FLOOR, "floor-moved")


def coming() -> Sequence[Announcement]:
    """Of all lines."""
    still = (Announcement.ended_at.is_(None), Announcement.until_at > now())
    return session.scalars(select(Announcement).where(*still).order_by(Announcement.id)).all()


def news_for(place: Place) -> Announcement | None:
    """What he has not been told yet, at this place of his."""
    at, line = now(), place.line
    if line.announced_until is None or line.announced_until <= at:
        return None
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
