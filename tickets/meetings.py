"""Consultation meetings: planned with tickets attached; what they decide is proposed as rules."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
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
    """Whoever is concerned is told where and when it is now, or that he need not come.

    Raises NotYet."""
    _insist_open(meeting)
    if at != meeting.planned_at:
        _insist_to_come(at)
    before = set(meeting.units)
    meeting.title, meeting.planned_at, meeting.place = title, at, place
    meeting.units = [one.code for one in units]
    for item in agenda(meeting):
        _tell(meeting, item.ticket, "meeting_planned")
        _tell(meeting, item.ticket, "meeting_cancelled", to=before - set(meeting.units))


def cancel(meeting: Meeting) -> None:
    """It does not take place; who asked for it may ask for another.  Raises NotYet."""
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
    for asked in _asked(ticket, RequestKind.MEETING):
        requests.approve(asked, by=by, decision=meeting.title)
    if session.get(MeetingTicket, (meeting.id, ticket.id)) is not None:
        return
    session.add(MeetingTicket(meeting_id=meeting.id, ticket_id=ticket.id))
    note(ticket, "meeting_planned", by=by, meeting=meeting.id)
    _tell(meeting, ticket, "meeting_planned")


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
    if local(now()).date() < local(meeting.planned_at).date():
        raise NotYet(_("会议还没有到日子；改在今天召开的，请先修改时间"))
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


def decided_about(tickets: Collection[int]) -> dict[int, MeetingTicket]:
    """By ticket: what the last meeting that decided something said, for who has still to decide."""
    found = session.scalars(
        select(MeetingTicket)
        .join(MeetingTicket.meeting)
        .where(
            MeetingTicket.ticket_id.in_(tickets),
            Meeting.held_at.is_not(None),
            MeetingTicket.lead_id.is_not(None) | (MeetingTicket.decision != ""),
        )
        .options(joinedload(MeetingTicket.meeting), joinedload(MeetingTicket.lead))
        .ext(distinct_on(MeetingTicket.ticket_id))
        .order_by(MeetingTicket.ticket_id, Meeting.held_at.desc())
    )
    return {one.ticket_id: one for one in found}


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
    open_ones = (
        select(Request)
        .where(
            Request.ticket_id == ticket.id,
            Request.kind == kind,
            Request.state == RequestState.APPLIED,
        )
        .order_by(Request.id)
    )
    return session.scalars(open_ones).all()


def _settle_return(
    meeting: Meeting, ticket: Ticket, decided: Decision, *, by: StaffMember, lead: bool
) -> bool:
    """The return that was argued about ends as the meeting says; whether it was arbitrated."""
    words = f"{meeting.title}：{decided.words}".rstrip("：")[:500]
    arbitrated = False

    def by_others(asked: Request) -> bool:
        """Whoever is to handle it keeps it first: what others give back can then be his."""
        return asked.assignment is None or asked.assignment.unit != decided.lead

    for asked in sorted(_asked(ticket, RequestKind.RETURN), key=by_others):
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


def _tell(
    meeting: Meeting, ticket: Ticket, name: str, *, to: Collection[str] | None = None
) -> None:
    """Who handles the ticket and who is asked to come; or these alone.

    Only when it is: what it is about may name a person, and is read by who has signed in."""
    meeting.edition += 1
    handles = select(Assignment.unit_id).where(
        Assignment.ticket_id == ticket.id, Assignment.state.in_(IN_HAND)
    )
    all_of_them = Unit.id.in_(handles) | Unit.code.in_(meeting.units)
    concerned = all_of_them if to is None else Unit.code.in_(to) & Unit.id.not_in(handles)
    when = f"{local(meeting.planned_at):%Y-%m-%d %H:%M}"
    for unit in session.scalars(select(Unit).where(concerned).order_by(Unit.id)):
        key = f"meeting:{meeting.id}:{meeting.edition}:{ticket.id}:{unit.id}"
        notices.tell_about(ticket, unit, name, key, meeting=meeting.id, when=when)


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
