"""Which open tickets may be about the same: of the same citizen, or the same topic in one place."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import and_, or_, select

from infra.clock import now
from infra.db import session
from models import Ticket
from models.lifecycle import OPEN
from tickets import merging
from web.languages import _l

WITHIN = timedelta(days=30)
LOOKED_AT = 60
MOST = 6

SAME_CITIZEN, SAME_PLACE, SAME_DISTRICT = _l("同一市民"), _l("同类同地"), _l("同类同区")
ORDER = [SAME_CITIZEN, SAME_PLACE, SAME_DISTRICT]


@dataclass(frozen=True)
class Alike:
    ticket: Ticket
    why: str
    # Its topic is another: whoever merges says why.
    other_topic: bool


def masters_for(child: Ticket) -> list[Alike]:
    """What it may be merged into, the most alike first."""
    found = sorted(_alike(child), key=lambda one: (ORDER.index(one[1]), -one[0].id))
    kept = [one for one in found if merging.why_not_into(child, one[0]) is None][:MOST]
    return [Alike(one, str(why), one.topic_id != child.topic_id) for one, why in kept]


def _alike(child: Ticket) -> Iterator[tuple[Ticket, str]]:
    of_matter = and_(Ticket.topic_id == child.topic_id, Ticket.district_id == child.district_id)
    near = select(Ticket).where(
        Ticket.id != child.id,
        Ticket.state.in_(OPEN),
        Ticket.confidential == child.confidential,
        Ticket.submitted_at > now() - WITHIN,
        or_(Ticket.person_id == child.person_id, of_matter) if child.person_id else of_matter,
    )
    for one in session.scalars(near.order_by(Ticket.id.desc()).limit(LOOKED_AT)):
        if child.person_id is not None and one.person_id == child.person_id:
            yield one, SAME_CITIZEN
        elif _place(one) and _place(one) == _place(child):
            yield one, SAME_PLACE
        else:
            yield one, SAME_DISTRICT


def _place(ticket: Ticket) -> str:
    """Its address is sealed: it can be compared here, and not by the database."""
    return "".join((ticket.address or "").split())
