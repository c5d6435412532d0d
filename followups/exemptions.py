"""Whom no robot rings, and by which name a page explains it.  Source: domain reference 3.5."""

from collections.abc import Callable

from sqlalchemy import exists, func, select

from infra.db import session
from models import FollowUp, FollowUpState, Kind, Round, Supervision, Ticket
from telephony.callers import ordinary
from tickets import telling


def why_no_robot(ticket: Ticket) -> str:
    """The first reason that holds; empty where a robot may ask."""
    person = ticket.person
    reasons: dict[str, Callable[[], object]] = {
        "minor": lambda: telling.concerns_a_minor(ticket),
        "confidential": lambda: ticket.confidential or ticket.kind is Kind.REPORT,
        "sensitive": lambda: ticket.sensitive,
        "opted_out": lambda: person is not None and person.no_robot,
        "elderly": lambda: person is not None and person.elderly,
        "number": lambda: person is not None and not ordinary(person.number),
        "supervised": lambda: _supervised(ticket),
        "robot_failed": lambda: _needed_a_person(ticket),
    }
    return next((name for name, holds in reasons.items() if holds()), "")


def may_be_texted(ticket: Ticket) -> bool:
    """A text message lies open on a telephone that others hold as well."""
    return telling.by_number_alone(ticket)


def _supervised(ticket: Ticket) -> bool:
    """In this round, also where that ended as the reply passed; or still, from whenever."""
    begun = select(func.max(Round.opened_at)).where(Round.ticket_id == ticket.id).scalar_subquery()
    pressed = exists().where(
        Supervision.ticket_id == ticket.id,
        Supervision.ended_at.is_(None) | (Supervision.at >= begun),
    )
    return session.scalar(select(pressed)) or False


def _needed_a_person(ticket: Ticket) -> bool:
    """An earlier round that the robot could not bring to its end."""
    before = exists().where(
        FollowUp.ticket_id == ticket.id,
        FollowUp.state == FollowUpState.DONE,
        FollowUp.why.in_(["asked_for_person", "danger", "unclear", "wrong_person", "bad_number"]),
    )
    return session.scalar(select(before)) or False
