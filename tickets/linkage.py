"""Linkage with another platform: offer, answer, agree, report; nobody waits for nobody.

While it is not agreed whose it is, the first receiver handles it first: an offer takes nothing out
of anybody's hands before it is accepted."""

from collections.abc import Collection

from sqlalchemy import select

from infra.clock import now
from infra.db import session
from infra.privacy import fingerprint
from models import Linkage, LinkageState, Side, StaffMember, Ticket, Unit
from models.lifecycle import BEFORE_UNITS, FINAL
from staff import norms
from tickets import fields, leaving, lifecycle, notices
from tickets.handling import NotYet
from tickets.history import note
from web.languages import _

AT_ONCE = 100


def offer(ticket: Ticket, to: Unit, *, by: StaffMember, consent: bool) -> Linkage:
    """Ours first, perhaps theirs.  Raises NotYet."""
    if ticket.number is None or ticket.state in FINAL:
        raise NotYet(_("工单已办结或尚未提交，不能联动"))
    if ticket.confidential and not consent:
        raise NotYet(_("保密工单须征得来电人同意后才能联动"))
    if _open(ticket, to) is not None:
        raise NotYet(_("这张工单已在与该平台联动"))
    made = _begin(ticket, to, Side.OURS, by=by, consent=consent, peer_number=None)
    note(ticket, "linkage_offered", by=by, unit=to, linkage=made.id)
    notices.tell_about(ticket, to, "linkage_offered", key=f"linkage:{made.id}", linkage=made.id)
    return made


def take_in(
    peer: Unit, peer_number: str, typed: fields.Typed, *, by: StaffMember, consent: bool
) -> Linkage:
    """Theirs first, perhaps ours: it becomes a ticket that waits for the dispatcher's answer.

    The same number again is the same matter.  Raises FieldsMissing, UnknownCode, and NotYet for
    other content under a number that is known: it would be lost without a word."""
    sent = fingerprint(f"{consent}:{typed.model_dump_json(exclude_defaults=True)}")
    known = session.scalar(
        select(Linkage).where(Linkage.peer_id == peer.id, Linkage.peer_number == peer_number)
    )
    if known is not None:
        if known.peer_sent not in (None, sent):
            raise NotYet(
                _(
                    "编号 %(number)s 已接收，内容不同；更正请电话商定，新事项请用新编号",
                    number=peer_number,
                )
            )
        return known
    ticket = Ticket(channel=peer.code[:16], created_at=now())
    session.add(ticket)
    session.flush()  # what is submitted must be there
    lifecycle.submit(ticket, by=by, typed=typed)
    made = _begin(ticket, peer, Side.PEER, by=by, consent=consent, peer_number=peer_number)
    made.peer_sent = sent
    note(ticket, "linkage_taken_in", by=by, unit=peer, linkage=made.id)
    return made


def accept(linkage: Linkage, *, by: StaffMember, peer_number: str | None = None) -> None:
    """The other side takes it; what was ours is then handed over."""
    takes = linkage.first_receiver.other
    _insist_free_for(linkage, takes)
    _answer(linkage, LinkageState.ACCEPTED, by)
    linkage.agreed = takes
    linkage.peer_number = linkage.peer_number or peer_number
    if takes is Side.PEER:
        leaving.hand_over(linkage.ticket, linkage.peer, by=by)
    _say(linkage, "accepted", by)


def refuse(linkage: Linkage, *, by: StaffMember, reason: str) -> None:
    """The first receiver goes on; both sides should speak, in a call of three."""
    linkage.reason = reason
    _answer(linkage, LinkageState.REFUSED, by)
    _say(linkage, "refused", by)


def settle(
    linkage: Linkage, owner: Side, *, by: StaffMember, seen: LinkageState | None = None
) -> None:
    """What both sides agreed upon when they spoke; ``seen``: how it stood on the page of whoever
    says so.  Raises NotYet, IllegalMove."""
    if seen not in (None, linkage.state):
        raise NotYet(_("联动状态已变为“%(state)s”，请核对后再商定", state=_(linkage.state.label)))
    _insist_free_for(linkage, owner)
    linkage.move_to(LinkageState.SETTLED)
    linkage.agreed = owner
    if owner is Side.PEER:
        leaving.hand_over(linkage.ticket, linkage.peer, by=by)
    _say(linkage, "settled", by)


def report(linkage: Linkage, result: str, *, by: StaffMember) -> None:
    """What came of it goes back to whoever received it first."""
    if linkage.handled_by is Side.PEER and linkage.ticket.state in BEFORE_UNITS:
        leaving.hand_over(linkage.ticket, linkage.peer, by=by)
    linkage.result, linkage.result_at = result, now()
    linkage.move_to(LinkageState.DONE)
    _say(linkage, "done", by)


def lapse_due() -> int:
    """Five minutes without an answer: the first receiver handles it, and is told so."""
    due = session.scalars(
        select(Linkage)
        .where(Linkage.state == LinkageState.OFFERED, Linkage.answer_due_at <= now())
        .join(Linkage.ticket)
        .order_by(Linkage.answer_due_at)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True, of=(Ticket, Linkage))
        .execution_options(populate_existing=True)
    ).all()
    for one in due:
        one.move_to(LinkageState.LAPSED)
        _say(one, "lapsed", None)
    return len(due)


def handled_there(ticket_ids: Collection[int]) -> set[int]:
    """Those of these tickets that the other side handles first, while it is not agreed whose they
    are: nobody here should send them out meanwhile."""
    undecided = (LinkageState.OFFERED, LinkageState.LAPSED, LinkageState.REFUSED)
    found = select(Linkage.ticket_id).where(
        Linkage.ticket_id.in_(ticket_ids),
        Linkage.first_receiver == Side.PEER,
        Linkage.state.in_(undecided),
    )
    return set(session.scalars(found))


def _insist_free_for(linkage: Linkage, owner: Side) -> None:
    """Nothing is taken out of a unit's hands, and nobody is given what is over.  Raises NotYet."""
    state = linkage.ticket.state
    if owner is Side.PEER and state not in BEFORE_UNITS:
        raise NotYet(_("工单已交承办单位办理，请与热线商定"))
    if owner is Side.OURS and state in FINAL:
        raise NotYet(_("工单已结束，不能再商定由热线办理"))


def _open(ticket: Ticket, peer: Unit) -> int | None:
    return session.scalar(
        select(Linkage.id).where(
            Linkage.ticket_id == ticket.id,
            Linkage.peer_id == peer.id,
            Linkage.state != LinkageState.DONE,
        )
    )


def _begin(
    ticket: Ticket,
    peer: Unit,
    first: Side,
    *,
    by: StaffMember,
    consent: bool,
    peer_number: str | None,
) -> Linkage:
    at = now()
    made = Linkage(
        ticket_id=ticket.id,
        peer=peer,
        peer_number=peer_number,
        first_receiver=first,
        consent=consent,
        offered_at=at,
        offered_by_id=by.id,
        answer_due_at=at + norms.span("linkage_answered_within"),
    )
    session.add(made)
    session.flush()  # the history names it
    return made


def _answer(linkage: Linkage, state: LinkageState, by: StaffMember) -> None:
    linkage.move_to(state)
    linkage.answered_at = now()


def _say(linkage: Linkage, what: str, by: StaffMember | None) -> None:
    name = f"linkage_{what}"
    note(linkage.ticket, name, by=by, unit=linkage.peer, linkage=linkage.id)
    key = f"linkage:{linkage.id}:{what}"
    notices.tell_about(linkage.ticket, linkage.peer, name, key=key, linkage=linkage.id)
