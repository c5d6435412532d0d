"""Tickets of the demo city, each made by the real verbs at the times that its file tells."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from infra import clock
from infra.db import session
from infra.privacy import fingerprint, mask
from models import (
    Assignment,
    ContactWay,
    Part,
    Person,
    Reply,
    Solved,
    StaffMember,
    Ticket,
    Unit,
)
from seeds.city import City
from tickets import closing, dispatch, handling, lifecycle, requests
from tickets.fields import Typed

AGENT = "agent1"


def play(folder: Path) -> None:
    """Once: a city that has tickets already is left alone."""
    if session.scalar(select(func.count()).select_from(Ticket)):
        return
    began = clock.now()
    for one in City(folder).read("tickets").get("tickets", []):
        _play(one, began - timedelta(hours=one["hours_ago"]))


def _play(one: Mapping[str, Any], begin: datetime) -> None:
    with clock.at(begin):
        ticket = Ticket(person_id=_person(one["number"]).id, created_at=begin)
        session.add(ticket)
        session.flush()  # the ticket is locked by its id
        lifecycle.submit(ticket, by=_staff(AGENT), typed=Typed.model_validate(one["ticket"]))
    for minutes, what, who, *more in one["steps"]:
        with clock.at(begin + timedelta(minutes=minutes)):
            STEPS[what](ticket, _staff(who), *more)


def _dispatch(ticket: Ticket, by: StaffMember, lead: str, assists: list[str], advice: str) -> None:
    beside = {_unit(code): Part.ASSIST for code in assists}
    dispatch.dispatch(ticket, _unit(lead), by=by, beside=beside, advice=advice)


def _sign(ticket: Ticket, by: StaffMember) -> None:
    handling.sign(_own(ticket, by), by=by)


def _contact(ticket: Ticket, by: StaffMember, way: str, words: str) -> None:
    handling.contact(_own(ticket, by), by=by, way=ContactWay(way), words=words)


def _reply(ticket: Ticket, by: StaffMember, public: str, solved: str, why_not: str = "") -> None:
    one = _own(ticket, by)
    answer = handling.Answer(
        public=public,
        facts_true=True,
        solved=Solved(solved),
        why_not=why_not,
        contacted_at=one.contacted_at,
        contact_way=ContactWay.PHONE if one.contacted_at else "",
        no_contact="" if one.contacted_at else "由主办单位统一联系",
    )
    handling.reply(one, answer, by=by)


def _delegate(ticket: Ticket, by: StaffMember, lower: str, within_hours: int, advice: str) -> None:
    due_at = clock.now() + timedelta(hours=within_hours)
    handling.delegate(_own(ticket, by), _unit(lower), by=by, due_at=due_at, advice=advice)


def _return(
    ticket: Ticket, by: StaffMember, code: str, reason: str, basis: str, suggested: str
) -> None:
    requests.ask_return(
        _own(ticket, by), by=by, code=code, reason=reason, basis=basis, suggested=_unit(suggested)
    )


def _extension(ticket: Ticket, by: StaffMember, days: int, reason: str) -> None:
    requests.ask_extension(_own(ticket, by), days, by=by, reason=reason)


def _accept(ticket: Ticket, by: StaffMember) -> None:
    given = session.scalars(
        select(Reply)
        .join(Reply.assignment)
        .where(Assignment.ticket_id == ticket.id, Reply.verdict.is_(None))
        .order_by(Reply.id)
        .limit(1)
    ).one()
    closing.accept_reply(given, by=by)


def _close(ticket: Ticket, by: StaffMember) -> None:
    closing.close(ticket, by=by, because="satisfied")


STEPS: dict[str, Callable[..., None]] = {
    "dispatch": _dispatch,
    "sign": _sign,
    "contact": _contact,
    "delegate": _delegate,
    "reply": _reply,
    "return": _return,
    "extension": _extension,
    "accept": _accept,
    "close": _close,
}


def _own(ticket: Ticket, by: StaffMember) -> Assignment:
    return session.scalars(
        select(Assignment).where(
            Assignment.ticket_id == ticket.id, Assignment.unit_id == by.unit_id
        )
    ).one()


def _person(number: str) -> Person:
    found = session.scalar(select(Person).where(Person.number_fingerprint == fingerprint(number)))
    if found is None:
        found = Person(
            number=number,
            number_fingerprint=fingerprint(number),
            number_masked=mask(number),
            first_seen=clock.now(),
        )
        session.add(found)
        session.flush()  # the ticket needs its id
    return found


def _staff(login: str) -> StaffMember:
    return session.scalars(select(StaffMember).where(StaffMember.login == login)).one()


def _unit(code: str) -> Unit:
    return session.scalars(select(Unit).where(Unit.code == code)).one()
