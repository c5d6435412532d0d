"""Which open tickets may be about the same: of the same citizen, or the same topic in one place."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import joinedload

from infra.clock import now
from infra.db import session
from models import Call, Ticket, Topic
from models.lifecycle import OPEN
from staff import norms
from tickets import merging
from web.languages import _l

LOOKED_AT = 60
MOST = 6

SAME_CITIZEN, SAME_PLACE, SAME_DISTRICT = _l("同一市民"), _l("同类同地"), _l("同类同区")


@dataclass(frozen=True)
class Alike:
    ticket: Ticket
    why: str
    # Its topic is another: whoever merges says why.
    other_topic: bool


def masters_for(child: Ticket) -> list[Alike]:
    """What it may be merged into, the most alike first."""
    fitting = (one for one in _alike(child) if merging.why_not_into(child, one[0]) is None)
    return [
        Alike(one, str(why), one.topic_id != child.topic_id) for one, why in islice(fitting, MOST)
    ]


def _alike(child: Ticket) -> Iterator[tuple[Ticket, str]]:
    """The citizen's own first, however many others there are; these are asked for only where his
    are not enough."""
    of_citizen = Ticket.person_id == child.person_id
    if child.person_id is not None:
        yield from ((one, SAME_CITIZEN) for one in _near(child, of_citizen))
    others = _near(
        child,
        Ticket.topic_id == child.topic_id,
        Ticket.district_id == child.district_id,
        Ticket.person_id.is_distinct_from(child.person_id) | Ticket.person_id.is_(None),
    )
    here = [one for one in others if _place(one) and _place(one) == _place(child)]
    yield from ((one, SAME_PLACE) for one in here)
    yield from ((one, SAME_DISTRICT) for one in others if one not in here)


def _near(child: Ticket, *alike: ColumnElement[bool]) -> Sequence[Ticket]:
    """The newest, with all by which it is told who may be answered with whom."""
    return session.scalars(
        select(Ticket)
        .where(
            Ticket.id != child.id,
            Ticket.state.in_(OPEN),
            Ticket.confidential == child.confidential,
            Ticket.submitted_at > now() - norms.span("alike_within"),
            *alike,
        )
        .options(
            joinedload(Ticket.topic).joinedload(Topic.line),
            joinedload(Ticket.call).joinedload(Call.line),
            joinedload(Ticket.person),
        )
        .order_by(Ticket.id.desc())
        .limit(LOOKED_AT)
    ).all()


def _place(ticket: Ticket) -> str:
    """Its address is sealed: it can be compared here, and not by the database."""
    return "".join((ticket.address or "").split())
