"""Consultation meetings: planned with tickets attached; what they decide is proposed as rules."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from infra.clock import now
from infra.db import session
from infra.localtime import local
from infra.wording import N_
from models import (
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
from models.lifecycle import OPEN
from tickets import locking, requests
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
    """Attaching twice is attaching once.  Raises NotYet."""
    _insist_open(meeting)
    if ticket.state not in OPEN:
        raise NotYet(_("工单 %(number)s 已不在办理", number=ticket.number))
    if session.get(MeetingTicket, (meeting.id, ticket.id)) is not None:
        return
    session.add(MeetingTicket(meeting_id=meeting.id, ticket_id=ticket.id))
    note(ticket, "meeting_planned", by=by, meeting=meeting.id)


def hold(
    meeting: Meeting, minutes: str, decisions: Mapping[int, Decision], *, by: StaffMember
) -> None:
    """It took place; each decision is noted, and proposed to the directory.  Raises NotYet."""
    _insist_open(meeting)
    meeting.held_at, meeting.minutes = now(), minutes
    for item in agenda(meeting):
        decided = decisions.get(item.ticket_id)
        if decided is None:
            continue
        ticket = locking.ticket(item.ticket.number or "")
        item.lead_id = decided.lead.id if decided.lead else None
        item.decision = decided.words
        note(ticket, "meeting_decided", by=by, unit=decided.lead, meeting=meeting.id)
        _answer_requests(ticket, meeting, by)
        if decided.lead is not None and ticket.topic_id is not None:
            _propose(ticket, decided.lead, meeting, by)


def _insist_open(meeting: Meeting) -> None:
    if meeting.held_at is not None:
        raise NotYet(_("会议已结束，纪要不能再改"))


def _answer_requests(ticket: Ticket, meeting: Meeting, by: StaffMember) -> None:
    """Who asked for a meeting has had it."""
    asked = select(Request).where(
        Request.ticket_id == ticket.id,
        Request.kind == RequestKind.MEETING,
        Request.state == RequestState.APPLIED,
    )
    for one in session.scalars(asked).all():
        requests.approve(one, by=by, decision=meeting.title)


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
