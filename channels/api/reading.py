"""What a unit may read of its assignments, as the interface tells it: never who called."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import contains_eager, joinedload

from channels.api import answers, sent
from infra.clock import now
from infra.db import session
from models import (
    Assignment,
    Attachment,
    Difficulty,
    District,
    LegalClock,
    Reply,
    Request,
    Ticket,
    Topic,
    Unit,
)
from models.lifecycle import WITHDRAWN
from staff.access import current_key, current_staff
from tickets import deadlines, difficult, legal, locking, merging, search, targets, telling
from tickets.locking import NotThere
from web.languages import _
from web.refusals import Refused

# What was changed a moment ago may not be committed yet: pulls overlap.
OVERLAP = timedelta(minutes=5)


class NotHeld(Refused):
    """The assignment was the unit's, and is no longer."""


def page(wanted: sent.AssignmentsWanted) -> answers.Assignments:
    """The unit's assignments in the order of their ids, from ``after`` on."""
    query = _of_unit().where(Assignment.id > wanted.after)
    if wanted.state is not None:
        query = query.where(Assignment.state == wanted.state)
    if wanted.ticket is not None:
        query = query.where(Ticket.number == wanted.ticket)
    if wanted.updated_since is not None:
        query = query.where(Ticket.changed_at >= wanted.updated_since)
    as_of = now() - OVERLAP
    found = session.scalars(query.order_by(Assignment.id).limit(wanted.limit + 1)).all()
    items = [brief(one) for one in found[: wanted.limit]]
    following = items[-1].id if len(found) > wanted.limit else None
    return answers.Assignments(items=items, next=following, as_of=as_of)


def readable(assignment_id: int) -> Assignment:
    """Raises NotThere, NotHeld."""
    return _insist_on_held(own(assignment_id))


def own(assignment_id: int) -> Assignment:
    """Raises NotThere for another unit's, which is the same as none."""
    found = session.scalar(_of_unit().where(Assignment.id == assignment_id))
    if found is None:
        raise NotThere
    return found


def held(assignment_id: int) -> Assignment:
    """To change it: behind its ticket's lock.  Raises NotThere, NotHeld."""
    return _insist_on_held(locking.assignment(own(assignment_id).id))


def brief(one: Assignment) -> answers.Assignment:
    return answers.Assignment(**_known(one))


def in_full(one: Assignment) -> answers.AssignmentInFull:
    """With the matter, and what came of it so far."""
    ticket, staff = one.ticket, current_staff()
    person = ticket.person
    named = person is not None and person.name and telling.by_number_alone(ticket)
    return answers.AssignmentInFull(
        **_known(one),
        citizen=masked(person.name or "") if named and person is not None else None,
        summary=search.shown_to(staff, ticket.summary),
        demand=search.shown_to(staff, ticket.demand),
        address=search.shown_to(staff, ticket.address),
        advice=one.advice,
        round=one.round.number,
        rehandled_because=one.round.reason,
        merged=[merged(child) for child in merging.children_of(ticket)],
        replies=_replies(one),
        requests=[asked(row) for row in _rows(select(Request), Request.assignment_id, one)],
        difficulty=planned(difficult.of(one)),
        delegated=[
            _delegated(child) for child in _rows(select(Assignment), Assignment.parent_id, one)
        ],
        attachments=[
            attached(row) for row in _rows(select(Attachment), Attachment.assignment_id, one)
        ],
        legal=[step(clock) for clock in legal.of(ticket)],
    )


def merged(child: Ticket) -> answers.Merged:
    told = {
        name: search.shown_to(current_staff(), getattr(child, name))
        for name in ("address", "summary", "demand")
    }
    return answers.Merged(number=child.number or "", **told)


def masked(name: str) -> str:
    """The family name is enough to address somebody."""
    return f"{name.strip()[:1]}**"


def replied(one: Reply) -> answers.Reply:
    fields = answers.Reply.model_fields
    return answers.Reply(**{name: getattr(one, name) for name in fields})


def asked(one: Request) -> answers.Request:
    fields = answers.Request.model_fields
    return answers.Request(**{name: getattr(one, name) for name in fields})


def planned(one: Difficulty | None) -> answers.Difficulty | None:
    if one is None:
        return None
    fields = answers.Difficulty.model_fields
    return answers.Difficulty(**{name: getattr(one, name) for name in fields})


def attached(one: Attachment) -> answers.Attachment:
    fields = answers.Attachment.model_fields
    return answers.Attachment(**{name: getattr(one, name) for name in fields})


def step(clock: LegalClock) -> answers.Step:
    here = answers.Step.model_fields.keys() - {"may_be_extended"}
    return answers.Step(
        may_be_extended=legal.may_be_extended(clock),
        **{name: getattr(clock, name) for name in here}
        | {"words": search.shown_to(current_staff(), clock.words)},
    )


def named(row: Unit | Topic | District | None) -> answers.Named | None:
    return answers.Named(code=row.code, name=row.name) if row is not None else None


def _insist_on_held(one: Assignment) -> Assignment:
    if one.state in WITHDRAWN:
        raise NotHeld(_("工单已不在本单位办理"))
    return one


def _of_unit() -> Select[Assignment]:
    return (
        select(Assignment)
        .join(Assignment.ticket)
        .where(Assignment.unit_id == current_key().unit_id)
        .options(
            contains_eager(Assignment.ticket).options(
                joinedload(Ticket.topic), joinedload(Ticket.district)
            )
        )
    )


def _known(one: Assignment) -> dict[str, Any]:
    ticket, owed = one.ticket, targets.nearest(one)
    elsewhere: dict[str, Any] = {
        "ticket": ticket.number,
        "ticket_state": ticket.state,
        "light": deadlines.light(one),
        "next_target": owed.name if owed else None,
        "next_due_at": owed.at if owed else None,
        "kind": ticket.kind,
        "urgency": ticket.urgency,
        "topic": named(ticket.topic),
        "district": named(ticket.district),
        "confidential": ticket.confidential,
        "changed_at": ticket.changed_at,
    }
    here = answers.Assignment.model_fields.keys() - elsewhere.keys()
    return elsewhere | {name: getattr(one, name) for name in here}


def _rows(query: Select, column: object, one: Assignment) -> Sequence:  # type: ignore[type-arg]
    return session.scalars(query.where(column == one.id).order_by("id")).all()  # type: ignore[arg-type]


def _replies(one: Assignment) -> list[answers.Reply]:
    return [replied(row) for row in _rows(select(Reply), Reply.assignment_id, one)]


def _delegated(child: Assignment) -> answers.Delegated:
    return answers.Delegated(
        assignment=child.id,
        unit=answers.Named(code=child.unit.code, name=child.unit.name),
        state=child.state,
        due_at=child.due_at,
        replies=_replies(child),
    )
