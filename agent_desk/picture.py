"""What a desk shows: the seat, the offer that rings, the call in hand and who is behind it."""

from datetime import datetime
from typing import Any

from flask import url_for
from sqlalchemy import and_, select, union
from sqlalchemy.orm import joinedload

from agent_desk import conferring, earlier, recovery, ringbacks, suggestions
from assist import advice, alerts
from infra.clock import now
from infra.db import session
from models import (
    Activity,
    Call,
    CallStatus,
    Desired,
    Direction,
    Line,
    Offer,
    OfferKind,
    OfferState,
    Outgoing,
    Seat,
    Ticket,
    TicketState,
    Utterance,
)
from queues import (
    consults,
    limiting,
    offers,
    outgoing,
    outside,
    pausing,
    protecting,
    returning,
    seat_telephones,
    waiting,
)
from recordings import gaps
from tickets.begun import begun
from web.languages import language

RECENT = 30
# He was rung for a follow-up, and wanted a person.
FROM_FOLLOW_UP = "follow_up"
# The agent is done with it, though the citizen may still be rating it.
IN_HAND = (CallStatus.CONNECTING, CallStatus.TALKING)
DONE_WITH = (CallStatus.RATING, CallStatus.ENDED)
Json = dict[str, Any]


def of(seat: Seat, desk: str) -> Json:
    """One consistent picture; the page draws it and forgets what it knew before."""
    offer = ringing(seat)
    call = in_hand(seat)
    return {
        "now": _text(now()),
        "seat": _seat(seat),
        "held_here": seat.desk == desk,
        "offer": None if offer is None else _offer(offer),
        "call": None if call is None else _talk(call),
        "consult": None if call is None else conferring.of(seat, call.id),
        "monitors": [] if call is None else conferring.monitors(call),
        "panic": None if call is None else conferring.panic_in(call),
        "recovery": recovery.of(seat),
        "hand_up": call is not None and alerts.hand_of(call) is not None,
        "outside": None if call is None else conferring.outside_of(seat, call.id),
        "lost": None if call or offer else _lost(seat),
        "danger_waits": _concerns_danger(seat) and waiting.danger_waits(),
    }


def _concerns_danger(seat: Seat) -> bool:
    """Who talks or wraps up may come to an end; whom software has put to rest is perhaps not there:
    he is told, and never rung."""
    at_rest = seat.desired is Desired.BREAK and seat.break_reason == offers.MISSED
    return at_rest or seat.activity in (Activity.TALKING, Activity.WRAP_UP)


def _talk(call: Call) -> Json:
    """All that is on the desk of a call: a page that is loaded again in mid-call shows the same."""
    shown = {"words": words(call), "gaps": missing(call)}
    return about(call) | shown | {"suggestions": suggestions.shown_last(call)}


def _lost(seat: Seat) -> Json | None:
    place = returning.lost_by(seat)
    if place is None:
        return None
    ready = returning.may_return(place)
    return {
        "call": place.call_id,
        "number": place.call.number_masked,
        "emergency": advice.shown(place.call.emergency),
        "ready": ready,
    }


def about(call: Call) -> Json:
    """The screen pop: who calls, from where, what he said so far, what he called about before."""
    person = call.person
    line = session.get(Line, call.line_id) if call.line_id else None
    return {
        "id": call.id,
        "status": call.status,
        "direction": call.direction,
        "number": call.number_masked,
        "language": call.language,
        "line": line.name_in(language()) if line else None,
        "choice": call.choice,
        "speech": call.speech,
        "emergency": advice.shown(call.emergency),
        "advice": advice.for_words(call.emergency),
        "danger_before": earlier.danger(call),
        "minor": _is_minor(call),
        "started_at": _text(call.started_at),
        "answered_at": _text(call.answered_at),
        "notice_until": _text(outgoing.notice_until(call)),
        "recorded": call.tapped_at is not None,
        "held_since": _text(call.held_since),
        "unrecorded_until": _text(call.unrecorded_until),
        "pause_obeyed": pausing.obeyed(call),
        "ended": call.status in DONE_WITH,
        "caution": person.caution if person else None,
        "limitation": earlier.limitation(call),
        "may_report": limiting.may_report(call),
        "protected": protecting.concerns(call),
        "risk": earlier.risk(call),
        "name": person.name if person else None,
        "about": _about_ticket(call),
        "follow_up": _follow_up(call),
        "callback": ringbacks.about(call),
        "rings": call.unrung,
        "calls": earlier.calls(call),
        "tickets": earlier.tickets(person),
    }


def _is_minor(call: Call) -> bool:
    """Known of old, or told in this very call; who hides his number has only this one."""
    if call.person is not None:
        return call.person.minor
    return bool(session.scalar(select(Ticket.minor).where(Ticket.call_id == call.id)))


def words(call: Call, after: int = 0) -> list[Json]:
    """What has been said, sentence by sentence, from after the one that is known already; in the
    order of the replay."""
    said = session.scalars(
        select(Utterance)
        .where(Utterance.call_id == call.id, Utterance.id > after)
        .order_by(*Utterance.order())
    )
    return [
        {
            "id": one.id,
            "party": one.party,
            "text": one.text,
            "at": _text(one.at),
            "offset": one.offset_s,
        }
        for one in said
    ]


def missing(call: Call) -> list[Json]:
    """Where some were not heard: in front of which sentence, 0 is after the last; and when."""
    found = gaps.of(call.id)
    places = [*sorted(found.before.items()), *([(0, found.at_end)] if found.at_end else [])]
    return [
        {"before": one, "since": _text(gap.since), "until": _text(gap.until)} for one, gap in places
    ]


def recent(seat: Seat) -> list[Json]:
    """The calls that the agent has talked in, and which of them still wait for his ticket.

    A citizen who was lost in mid-call may be another's by now, and stays in the list."""
    own = Call.agent_id == seat.staff_id
    # Each by its index: in one condition the two would walk through the calls of all years.
    done = select(Call.id).where(own, Call.status.in_(DONE_WITH)).order_by(Call.id.desc())
    talked = (
        select(Offer.call_id)
        .where(
            Offer.agent_id == seat.staff_id,
            Offer.kind == OfferKind.CALL,
            Offer.state == OfferState.CONNECTED,
        )
        .order_by(Offer.id.desc())
    )
    mine = and_(own, Ticket.call_id == Call.id)
    # An empty draft waits for nobody.
    drafted = and_(mine, Ticket.state == TicketState.DRAFT, begun())
    found = session.execute(
        select(Call, Ticket.id)
        .outerjoin(Ticket, drafted)
        .where(
            Call.id.in_(union(done.limit(RECENT), talked.limit(RECENT))),
            Call.agent_id.is_distinct_from(seat.staff_id) | Call.status.in_(DONE_WITH),
        )
        .options(joinedload(Call.line))
        .order_by(Call.id.desc())
        .limit(RECENT)
    )
    return [earlier.listed(call) | _to_do(call, draft) for call, draft in found]


def _to_do(call: Call, draft: int | None) -> Json:
    return {
        "draft_url": url_for("drafts.edit", ticket_id=draft) if draft else None,
        "may_ring_back": call.person_id is not None,
    }


def _seat(seat: Seat) -> Json:
    return {
        "number": seat.number,
        "desired": seat.desired,
        "reason": seat.break_reason,
        "put_by": seat.put_by.name if seat.put_by else None,
        "put_reason": seat.put_reason,
        "activity": seat.activity,
        "since": _text(seat.activity_since if seat.activity is not Activity.IDLE else _rest(seat)),
        "wrap_up_until": _text(seat.wrap_up_until),
        "telephone": seat_telephones.in_use(seat),
    }


def _rest(seat: Seat) -> datetime:
    return max(seat.desired_since, seat.activity_since)


def _offer(offer: Offer) -> Json:
    return {
        "id": offer.id,
        "deadline": _text(offer.deadline),
        "consult": conferring.asked(offer),
        "why": offer.why,
        "call": about(offer.call),
    }


def ringing(seat: Seat) -> Offer | None:
    return session.scalar(
        select(Offer).where(Offer.agent_id == seat.staff_id, Offer.state == OfferState.RINGING)
    )


def in_hand(seat: Seat) -> Call | None:
    """The call he is in, or, while he wraps up, the one he has just ended.

    Who was lost in mid-call is nobody's, and the call before is not in hand again."""
    if seat.activity in (Activity.IDLE, Activity.RINGING):
        return None
    own = select(Call).where(Call.agent_id == seat.staff_id)
    if seat.activity is not Activity.WRAP_UP:
        consult = consults.of_agent(seat)
        return consult.call if consult else _own_talk(seat)
    # Who called first may have been served last.
    lately = session.scalars(own.order_by(Call.id.desc()).limit(RECENT)).all()
    call = max(lately, key=_over, default=None)
    return call if call is not None and _over(call) >= seat.activity_since else None


def _own_talk(seat: Seat) -> Call | None:
    """Also one that the citizen has left, and that goes on with 110."""
    own = select(Call).where(Call.agent_id == seat.staff_id, Call.status.in_(IN_HAND))
    talk = session.scalar(own)
    party = outside.asked_by(seat) if talk is None else None
    return party.call if party is not None else talk


def _over(call: Call) -> datetime:
    """When the agent's part in it was over; of a call out that is when the call was."""
    inwards = call.finished_at if call.direction is not Direction.OUT else None
    return inwards or call.ended_at or now()


def _about_ticket(call: Call) -> Json | None:
    """The ticket for which the citizen is rung back: such a call begins no other."""
    if call.direction is not Direction.OUT:
        return None
    ticket = session.scalar(
        select(Ticket)
        .join(Outgoing, Outgoing.ticket_id == Ticket.id)
        .where(Outgoing.call_id == call.id)
    )
    if ticket is None:
        return None
    return {"number": ticket.number, "url": url_for("tickets.show", number=ticket.number)}


def _follow_up(call: Call) -> str | None:
    """Where it stands what a follow-up is about, in which he wanted a person."""
    if call.choice != FROM_FOLLOW_UP:
        return None
    return url_for("follow_up_at_desk.show", call_id=call.id)


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
