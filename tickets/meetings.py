"""Consultation meetings: planned with tickets attached; what they decide is proposed as rules."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zlib import crc32

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from infra.clock import now
from infra.db import session
from infra.localtime import local
from infra.wording import N_
from models import (
    Assignment,
    DispatchRule,
    Meeting,
    MeetingTicket,
    Request,
    RequestKind,
    RequestState,
    StaffMember,
    Ticket,
    Unit,
)
from models.lifecycle import IN_HAND, OPEN
from tickets import arbitration, locking, notices, requests
from tickets.handling import NotYet
from tickets.history import note
from web.languages import _

MOST_SHOWN = 100


@dataclass(frozen=True)
class Decision:
    """About one ticket: who leads from now on, and in which words."""

    lead: Unit | None
    words: str


def plan(
    title: str, at: datetime, *, by: StaffMember, place: str = "", units: Sequence[Unit] = ()
) -> Meeting:
    """Raises NotYet for a time that is over."""
    _insist_to_come(at)
    made = Meeting(
        title=title,
        planned_at=at,
        place=place,
        units=[one.code for one in units],
        made_at=now(),
        made_by_id=by.id,
    )
    session.add(made)
    session.flush()  # tickets are attached to its id
    return made


def change(
    meeting: Meeting, title: str, at: datetime, *, place: str, units: Sequence[Unit]
) -> None:
    """Whoever is concerned is told where and when it is now.  Raises NotYet."""
    _insist_open(meeting)
    if at != meeting.planned_at:
        _insist_to_come(at)
    meeting.title, meeting.planned_at, meeting.place = title, at, place
    meeting.units = [one.code for one in units]
    for item in agenda(meeting):
        _invite(meeting, item.ticket)


def cancel(meeting: Meeting) -> None:
    """It does not take place; what its tickets wait for is open again.  Raises NotYet."""
    _insist_open(meeting)
    meeting.cancelled_at = now()
    for item in agenda(meeting):
        _tell(meeting, item.ticket, "meeting_cancelled")


def everything() -> Sequence[Meeting]:
    """Those to come and those held, the latest first."""
    found = select(Meeting).order_by(Meeting.planned_at.desc(), Meeting.id.desc())
    return session.scalars(found.limit(MOST_SHOWN)).all()


def agenda(meeting: Meeting) -> Sequence[MeetingTicket]:
    return session.scalars(
        select(MeetingTicket)
        .where(MeetingTicket.meeting_id == meeting.id)
        .options(joinedload(MeetingTicket.ticket), joinedload(MeetingTicket.lead))
        .order_by(MeetingTicket.ticket_id)
    ).all()


def attach(meeting: Meeting, ticket: Ticket, *, by: StaffMember) -> None:
    """Attaching twice is attaching once; who asked for a meeting has it by that.  Raises NotYet."""
    _insist_open(meeting)
    if ticket.state not in OPEN:
        raise NotYet(_("工单 %(number)s 已不在办理", number=ticket.number))
    if session.get(MeetingTicket, (meeting.id, ticket.id)) is not None:
        return
    session.add(MeetingTicket(meeting_id=meeting.id, ticket_id=ticket.id))
    note(ticket, "meeting_planned", by=by, meeting=meeting.id)
    for asked in _asked(ticket, RequestKind.MEETING):
        requests.approve(asked, by=by, decision=meeting.title)
    _invite(meeting, ticket)


def detach(meeting: Meeting, ticket: Ticket, *, by: StaffMember) -> None:
    """It was put on the agenda by mistake.  Raises NotYet."""
    _insist_open(meeting)
    item = session.get(MeetingTicket, (meeting.id, ticket.id))
    if item is not None:
        session.delete(item)
        note(ticket, "meeting_dropped", by=by, meeting=meeting.id)
        _tell(meeting, ticket, "meeting_cancelled")


def hold(
    meeting: Meeting,
    minutes: str,
    decisions: Mapping[int, Decision],
    *,
    by: StaffMember,
    lead: bool = False,
) -> None:
    """It took place; each decision is noted, settles the ticket's open return, and is proposed to
    the directory.  Raises NotYet.

    ``lead``: the minutes are a lead's, who alone arbitrates a third return; those of others leave
    it to him."""
    _insist_open(meeting)
    if now() < meeting.planned_at:
        raise NotYet(_("会议还没有到时间；已提前召开的，请先修改时间"))
    meeting.held_at, meeting.minutes = now(), minutes
    for item in agenda(meeting):
        decided = decisions.get(item.ticket_id)
        if decided is None:
            continue
        ticket = locking.ticket(item.ticket.number or "")
        item.lead_id = decided.lead.id if decided.lead else None
        item.decision = decided.words
        note(ticket, "meeting_decided", by=by, unit=decided.lead, meeting=meeting.id)
        _tell(meeting, ticket, "meeting_decided")
        if decided.lead is not None:
            arbitrated = _settle_return(meeting, ticket, decided, by=by, lead=lead)
            if ticket.topic_id is not None and not arbitrated:
                _propose(ticket, decided.lead, meeting, by)


def decided_about(ticket: Ticket) -> MeetingTicket | None:
    """What the last meeting said of it, for whoever has still to decide."""
    return session.scalars(
        select(MeetingTicket)
        .join(MeetingTicket.meeting)
        .where(MeetingTicket.ticket_id == ticket.id, Meeting.held_at.is_not(None))
        .options(joinedload(MeetingTicket.meeting), joinedload(MeetingTicket.lead))
        .order_by(Meeting.held_at.desc())
        .limit(1)
    ).first()


def to_come() -> Sequence[Meeting]:
    """Those to which a ticket can still be attached, the next first."""
    found = select(Meeting).where(Meeting.held_at.is_(None), Meeting.cancelled_at.is_(None))
    return session.scalars(found.order_by(Meeting.planned_at).limit(MOST_SHOWN)).all()


def _insist_open(meeting: Meeting) -> None:
    if meeting.held_at is not None:
        raise NotYet(_("会议已结束，纪要不能再改"))
    if meeting.cancelled_at is not None:
        raise NotYet(_("会议已取消"))


def _insist_to_come(at: datetime) -> None:
    if at <= now():
        raise NotYet(_("会议时间应在现在之后"))


def _asked(ticket: Ticket, kind: RequestKind) -> Sequence[Request]:
    open_ones = select(Request).where(
        Request.ticket_id == ticket.id,
        Request.kind == kind,
        Request.state == RequestState.APPLIED,
    )
    return session.scalars(open_ones).all()


def _settle_return(
    meeting: Meeting, ticket: Ticket, decided: Decision, *, by: StaffMember, lead: bool
) -> bool:
    """The return that was argued about ends as the meeting says; whether it was arbitrated."""
    words = f"{meeting.title}：{decided.words}".rstrip("：")[:500]
    arbitrated = False
    for asked in _asked(ticket, RequestKind.RETURN):
        if asked.assignment is None or decided.lead is None:
            continue
        if asked.arbitration and not lead:
            continue  # the lead finds the decision beside the request
        if asked.arbitration:
            arbitration.arbitrate(asked, decided.lead, by=by, decision=words)
            arbitrated = True
        elif asked.assignment.unit_id == decided.lead.id:
            requests.refuse(asked, by=by, decision=words)
        else:
            asked.suggested_unit = decided.lead
            requests.approve(asked, by=by, decision=words)
    return arbitrated


def _invite(meeting: Meeting, ticket: Ticket) -> None:
    """Told anew for another time or place, and to whoever was not asked before."""
    when = f"{meeting.planned_at.timestamp():.0f}-{crc32(meeting.place.encode()):08x}"
    words = f"{local(meeting.planned_at):%Y-%m-%d %H:%M} {meeting.place} {meeting.title}"
    _tell(meeting, ticket, "meeting_planned", about=when, words=words)


def _tell(meeting: Meeting, ticket: Ticket, name: str, about: str = "", **detail: str) -> None:
    """Who handles the ticket, and who is asked to come."""
    handles = select(Assignment.unit_id).where(
        Assignment.ticket_id == ticket.id, Assignment.state.in_(IN_HAND)
    )
    concerned = select(Unit).where(Unit.id.in_(handles) | Unit.code.in_(meeting.units))
    for unit in session.scalars(concerned.order_by(Unit.id)):
        key = f"meeting:{meeting.id}:{ticket.id}:{unit.id}:{name}{about and ':'}{about}"
        notices.tell_about(ticket, unit, name, key, meeting=meeting.id, **detail)


def _propose(ticket: Ticket, lead: Unit, meeting: Meeting, by: StaffMember) -> None:
    session.add(
        DispatchRule(
            topic_id=ticket.topic_id,
            district_id=ticket.district_id,
            lead_id=lead.id,
            source=f"{N_('会商纪要')}：{meeting.title}"[:120],
            valid_from=local(now()).date(),
            candidate=True,
            changed_at=now(),
            changed_by_id=by.id,
        )
    )
