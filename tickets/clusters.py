"""Many tickets about one thing in one place: found by counting, so that they can be handled as one.

Source: the State Council's rule that repeated demands are merged; domain reference 2.6."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select

from infra.clock import now
from infra.db import session
from models import TICKET_MOVES, District, Ticket, Topic
from models.lifecycle import OPEN
from staff import norms

MOST = 30
SHOWN = 20


@dataclass(frozen=True)
class Cluster:
    topic: Topic
    district: District
    tickets: Sequence[Ticket]
    count: int

    @property
    def mergeable(self) -> set[Ticket]:
        """Which may still follow another; what a unit has begun with, or what is late, leads."""
        at = now()
        return {
            one
            for one in self.tickets
            if one.state in TICKET_MOVES["merge"].sources
            and (one.due_at is None or one.due_at > at)
        }


def found() -> list[Cluster]:
    """The largest first; confidential tickets are in none, for who merges reads them all."""
    count = func.count(Ticket.id)
    groups = session.execute(
        select(Ticket.topic_id, Ticket.district_id, count)
        .where(*_alike(), Ticket.topic_id.is_not(None), Ticket.district_id.is_not(None))
        .group_by(Ticket.topic_id, Ticket.district_id)
        .having(count >= norms.amount("cluster_of"))
        .order_by(count.desc())
        .limit(MOST)
    ).all()
    return [
        Cluster(
            session.get_one(Topic, topic_id),
            session.get_one(District, district_id),
            _tickets(topic_id, district_id),
            number,
        )
        for topic_id, district_id, number in groups
    ]


def _alike() -> tuple[ColumnElement[bool], ...]:
    return (
        Ticket.submitted_at > now() - norms.span("cluster_within"),
        Ticket.state.in_(OPEN),
        Ticket.confidential.is_(False),
    )


def _tickets(topic_id: int | None, district_id: int | None) -> Sequence[Ticket]:
    return session.scalars(
        select(Ticket)
        .where(*_alike(), Ticket.topic_id == topic_id, Ticket.district_id == district_id)
        .order_by(Ticket.submitted_at)
        .limit(SHOWN)
    ).all()
