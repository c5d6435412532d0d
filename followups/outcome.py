"""What a citizen's answers make of his ticket: closed, begun again, or for a person to ask.

Whoever calls these verbs holds the ticket's lock (``tickets.locking``) and takes it before any lock
of a dial."""

import secrets
from datetime import datetime

from flask import current_app
from sqlalchemy import select

from assist import redaction
from followups import double_check, flips
from followups.exemptions import may_be_texted
from followups.survey import Verdict, verdict
from infra.clock import now
from infra.db import session
from infra.localtime import local
from infra.privacy import fingerprint
from models import (
    AlarmKind,
    AskedBy,
    Asking,
    AttemptResult,
    FollowUp,
    FollowUpResult,
    FollowUpState,
    Round,
    Solved,
    StaffMember,
    TicketState,
)
from staff import norms
from telephony import attempts, outbound
from telephony.sentences import tongue
from tickets import alarms, closing, exclusions, merging, ratings, sms
from tickets.dispatch import round_of
from tickets.history import note
from tickets.messages import queue_text
from web.languages import _

TOKEN_BYTES = 16


def conclude(follow_up: FollowUp, asking: Asking, *, by: StaffMember | None = None) -> None:
    """All three questions are answered; what was answered before stays as the first rating."""
    _let_go(follow_up)
    _take_over(follow_up, asking)
    may_again = closing.may_follow(follow_up.round)
    follows = verdict(
        asking.solved or Solved.NO,
        asking.satisfied or 1,
        again=may_again,
        by_person=asking.way is not AskedBy.ROBOT,
    )
    note(
        follow_up.ticket,
        "followed_up",
        by=by,
        follow_up=follow_up.id,
        asking=asking.id,
        way=asking.way,
        verdict=follows,
    )
    if follows is Verdict.PERSON:
        to_person(follow_up, "contradicts" if may_again else "handled_often")
        return
    if asking.way is AskedBy.ROBOT:
        follow_up.to_check = double_check.sampled(follow_up)
    finish(follow_up, FollowUpResult.REACHED)
    if follows is Verdict.REHANDLE:
        _rehandle(follow_up, asking, by)
    else:
        _close(follow_up, by=by, because="satisfied")


def settle_for_good(follow_up: FollowUp, *, by: StaffMember) -> None:
    """A lead ends what was handled as often as it may be: the bad rating stays and counts."""
    finish(follow_up, follow_up.or_rated(FollowUpResult.EXEMPT))
    because = "exempt" if follow_up.final_rating is None else "unsatisfied"
    _close(follow_up, by=by, because=because)


def refuse(follow_up: FollowUp, *, by: StaffMember) -> None:
    """He does not want to answer, or nothing more: closed, and in no ratio unless he has rated."""
    finish(follow_up, follow_up.or_rated(FollowUpResult.REFUSED))
    _close(follow_up, by=by, because="refused_to_answer")


def not_reached(follow_up: FollowUp, *, by: StaffMember) -> None:
    """A person rang in vain; once that is enough, he is texted, or the ticket closes without."""
    session.add(Asking(follow_up_id=follow_up.id, way=AskedBy.PERSON, at=now(), by_id=by.id))
    follow_up.taken_by_id = follow_up.taken_until = None
    session.flush()  # what was just tried counts
    note(follow_up.ticket, "follow_up_not_reached", by=by, follow_up=follow_up.id)
    if enough_tried(follow_up):
        last_try(follow_up)


def last_try(follow_up: FollowUp) -> None:
    """A text message where one may be sent and can arrive, else the end."""
    person = follow_up.ticket.person
    if person is None or not sms.reaches(person) or not may_be_texted(follow_up.ticket):
        if enough_tried(follow_up):
            close_unreachable(follow_up)
        else:
            to_person(follow_up, "no_text")
        return
    at, token = now(), secrets.token_urlsafe(TOKEN_BYTES)
    follow_up.move_to(FollowUpState.TEXTED)
    follow_up.texted_at, follow_up.text_until = at, at + norms.span("rated_by_text_within")
    follow_up.token_hash = fingerprint(token)
    body = tongue(person.language).sentence(
        "follow_up_text_broken_off" if _was_spoken_to(follow_up) else "follow_up_text",
        number=follow_up.ticket.number,
        link=f"{current_app.config['SETTINGS'].public_url}/f/{token}",
        days=norms.amount("rated_by_text_within"),
    )
    queue_text(person, body, key=f"follow_up:{follow_up.id}:text", ticket=follow_up.ticket)
    note(follow_up.ticket, "follow_up_texted", follow_up=follow_up.id)


def close_unreachable(follow_up: FollowUp) -> None:
    """Nobody answered: that is no satisfaction, and no lack of it.  Who has rated, and could only
    not be asked once more, has rated."""
    finish(follow_up, follow_up.or_rated(FollowUpResult.UNREACHABLE))
    _close(follow_up, by=None, because="unreachable")


def to_person(follow_up: FollowUp, why: str) -> None:
    """Into the people's queue, with the reason that they read."""
    _let_go(follow_up)
    follow_up.why = why
    if follow_up.state is not FollowUpState.PERSON:
        follow_up.move_to(FollowUpState.PERSON)
    follow_up.taken_by_id = follow_up.taken_until = None


def finish(follow_up: FollowUp, result: FollowUpResult) -> None:
    _let_go(follow_up)
    follow_up.move_to(FollowUpState.DONE)
    follow_up.result, follow_up.done_at = result, now()
    follow_up.taken_by_id = follow_up.taken_until = None


def change(follow_up: FollowUp, asking: Asking) -> None:
    """He thinks better of it after the end: the first rating stays, the final one is new.

    Who had not been reached has rated by that; it counts in the month in which he was asked."""
    name = "rating_changed" if follow_up.final_rating else "followed_up"
    _take_over(follow_up, asking)
    if follow_up.done:
        follow_up.result = FollowUpResult.REACHED
    note(follow_up.ticket, name, follow_up=follow_up.id, asking=asking.id, way=asking.way)
    follows = verdict(asking.solved or Solved.NO, asking.satisfied or 1, again=True, by_person=True)
    if follows is not Verdict.REHANDLE:
        return
    if follow_up.ticket.state is TicketState.MERGED:
        _rehandle_master(follow_up, asking, by=None)
    elif _may_begin_again(follow_up):
        closing.reopen(
            follow_up.ticket, by=None, because="rating_changed", reason=_for_the_unit(asking)
        )


def explain(asking: Asking, reason: str) -> None:
    """Said after the rating: the round that was begun by it tells the unit."""
    asking.reason = reason
    current = round_of(merging.handled_as(asking.follow_up.ticket))
    if current is not None and current.opened_at >= asking.at and not current.reason:
        current.reason = _for_the_unit(asking)


def may_change(follow_up: FollowUp) -> bool:
    return follow_up.done_at is None or ratings.may_be_changed(follow_up)


def enough_tried(follow_up: FollowUp) -> bool:
    """At least at so many hours of the day, on so many days, whoever tried: who works at ten is not
    to be had at ten, however often he is rung then.  Source: domain reference 1.2."""
    tried = tried_at(follow_up)
    hours, days = {local(one).hour for one in tried}, {local(one).date() for one in tried}
    return len(hours) >= norms.amount("asked_times") and len(days) >= norms.amount("asked_days")


def tried_at(follow_up: FollowUp) -> list[datetime]:
    """When he was rung in vain, or not to the end, in that order."""
    tried = [one.at for one in attempts.attempts_of(follow_up.dial)] if follow_up.dial else []
    by_people = select(Asking.at).where(
        Asking.follow_up_id == follow_up.id, Asking.way == AskedBy.PERSON, ~Asking.reached
    )
    tried += session.scalars(by_people).all()
    return sorted(tried)


def was_tried_at_this_hour(follow_up: FollowUp) -> bool:
    hour = local(now()).hour
    return any(local(one).hour == hour for one in tried_at(follow_up))


def _was_spoken_to(follow_up: FollowUp) -> bool:
    """Somebody picked up, and it was not brought to its end: he is not told that nobody did."""
    reached = select(Asking.id).where(Asking.follow_up_id == follow_up.id, Asking.reached)
    rung = attempts.attempts_of(follow_up.dial) if follow_up.dial else []
    talked = any(one.result is AttemptResult.TALKED for one in rung)
    return talked or session.scalar(reached.limit(1)) is not None


def _close(follow_up: FollowUp, *, by: StaffMember | None, because: str) -> None:
    """What was merged is closed already, with its master."""
    if follow_up.ticket.state is not TicketState.MERGED:
        closing.close(follow_up.ticket, by=by, because=because)


def _rehandle(follow_up: FollowUp, asking: Asking, by: StaffMember | None) -> None:
    if follow_up.ticket.state is TicketState.MERGED:
        _rehandle_master(follow_up, asking, by=by)
    else:
        closing.rehandle(
            follow_up.ticket, by=by, because=_cause(asking), reason=_for_the_unit(asking)
        )


def _rehandle_master(follow_up: FollowUp, asking: Asking, *, by: StaffMember | None) -> None:
    """One of them is not content: the matter is handled again for all, or a lead looks into it."""
    child = follow_up.ticket
    if not _may_begin_again(follow_up):
        alarms.raise_(follow_up.round, child, AlarmKind.MERGED)
        return
    master = merging.handled_as(child)
    closing.reopen(master, by=by, because=_cause(asking), reason=_for_the_unit(asking))


def _may_begin_again(follow_up: FollowUp) -> bool:
    """Only the newest round speaks of how things are, and not for ever."""
    ticket = merging.handled_as(follow_up.ticket)
    if ticket.closed_at is None or now() - ticket.closed_at > norms.span("reopened_within"):
        return False
    newer = select(Round.id).where(Round.ticket_id == ticket.id, Round.id > follow_up.round_id)
    return (
        ticket.state is TicketState.CLOSED
        and exclusions.of(follow_up.round) is None
        and session.scalar(newer.limit(1)) is None
        and closing.may_be_rehandled(ticket)
    )


def _let_go(follow_up: FollowUp) -> None:
    """He need not be rung for it any more.  First of all: locking the dial writes what was changed
    so far."""
    if follow_up.dial is not None:
        outbound.done(follow_up.dial)


def _take_over(follow_up: FollowUp, asking: Asking) -> None:
    if follow_up.final_rating is not None and asking.satisfied is not None:
        flips.look_for_flip(follow_up, follow_up.final_rating, asking.satisfied)
    follow_up.contacted, follow_up.solved = asking.contacted, asking.solved
    follow_up.first_rating = follow_up.first_rating or asking.satisfied
    follow_up.final_rating = asking.satisfied


def _for_the_unit(asking: Asking) -> str:
    """What is still wrong, in the citizen's words without what tells who he is."""
    ticket = asking.follow_up.ticket
    if asking.reason is None or ticket.confidential:
        return ""
    said = redaction.blank(asking.reason, keeping=redaction.PLACE)
    if ticket.state is TicketState.MERGED:
        return _("并入的工单 %(number)s：%(reason)s", number=ticket.number, reason=said)
    return said


def _cause(asking: Asking) -> str:
    return "unsolved" if asking.solved is Solved.NO else "unsatisfied"
