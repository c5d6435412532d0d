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
from tickets import merging, same_place
from web.languages import _, _l
from web.refusals import Refused

LOOKED_AT = 60
MOST = 6

SAME_CITIZEN, SAME_PLACE, SAME_DISTRICT = _l("同一市民"), _l("同类同地"), _l("同类同区")


class Unlike(Refused):
    """Another district or another caller: whoever merges them says that he means it."""


@dataclass(frozen=True)
class Alike:
    ticket: Ticket
    why: str
    # Its topic is another: whoever merges says why.
    other_topic: bool
    # What differs, in words: the district, the caller.
    unlike: list[str]


def masters_for(child: Ticket) -> list[Alike]:
    """What it may be merged into, the most alike first."""
    fitting = (one for one in _alike(child) if merging.why_not_into(child, one[0]) is None)
    return [
        Alike(one, str(why), one.topic_id != child.topic_id, differences(child, one))
        for one, why in islice(fitting, MOST)
    ]


def differences(child: Ticket, master: Ticket) -> list[str]:
    """Of whom and where the other is, where that is not the same; what is unknown differs."""
    found = []
    if child.district_id is None or child.district_id != master.district_id:
        place = master.district.name if master.district else _("未填")
        found.append(_("另一区县（%(place)s）", place=place))
    if child.person_id is None or child.person_id != master.person_id:
        found.append(_("另一来电人"))
    return found


def insist_alike(child: Ticket, master: Ticket) -> None:
    """Of a number that was typed, not chosen among what is alike.  Raises Unlike."""
    found = differences(child, master)
    if found:
        raise Unlike(
            _(
                "%(number)s 属于%(what)s：%(summary)s。确认是同一件事再并单",
                number=master.number,
                what=_("、").join(found),
                summary=(_("保密工单") if master.confidential else master.summary or "")[:60],
            )
        )


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
    place = same_place.written(child.address)
    here = [one for one in others if place and same_place.written(one.address) == place]
    yield from ((one, SAME_PLACE) for one in here)
    yield from ((one, SAME_DISTRICT) for one in others if one not in here)


def in_same_place(draft: Ticket) -> list[Ticket]:
    """Open ones of others about the same topic in the same place: the agent sees them before he
    makes one more."""
    found = same_place.mark(draft)
    if found is None or draft.topic_id is None:
        return []
    others = Ticket.person_id.is_distinct_from(draft.person_id) | Ticket.person_id.is_(None)
    here = (Ticket.place_mark == found, Ticket.topic_id == draft.topic_id, others)
    return list(_near(draft, *here)[:MOST])


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
