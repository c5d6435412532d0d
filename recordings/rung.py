"""Whom the hotline rang by itself, and how each ringing ended: also where nobody spoke.

Such a ringing is no call before somebody asks for a person, so the list of calls has none of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from flask import Blueprint, render_template, request
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import joinedload

from infra.db import session
from infra.localtime import midnight
from models import AttemptResult, Dial, DialAttempt, DialPurpose, FollowUp, Role
from staff import audit
from staff.access import requires
from web import asked
from web.languages import _l

bp = Blueprint("rung", __name__, template_folder="templates")

PER_PAGE = 30
RESULTS = {
    AttemptResult.TALKED: _l("已接听"),
    AttemptResult.NO_ANSWER: _l("未接听"),
    AttemptResult.BUSY: _l("拒接或占线"),
    AttemptResult.MACHINE: _l("语音信箱"),
    AttemptResult.FAILED: _l("无法接通"),
    AttemptResult.CANCELLED: _l("已取消"),
}
PURPOSES = {
    DialPurpose.FOLLOW_UP: _l("智能回访"),
    DialPurpose.CALLBACK: _l("回电"),
    DialPurpose.RELAY: _l("经热线致电"),
    DialPurpose.THREE_WAY: _l("三方通话"),
    DialPurpose.SEAT: _l("话机座席"),
}


@dataclass(frozen=True)
class Found:
    attempts: Sequence[DialAttempt]
    # By the dial that was planned for each.
    follow_ups: dict[int, int]
    total: int
    page: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // PER_PAGE))


@bp.get("/calls/rung")
@requires(Role.LEAD, Role.QA)
def listing() -> str:
    if person := asked.number("person"):
        audit.look("call.searched_by_number", "person", person)
    return render_template(
        "recordings/rung.html",
        found=find(asked.page(), _conditions()),
        results=RESULTS,
        purposes=PURPOSES,
        asked=request.args.to_dict(),
    )


def find(page: int, conditions: Sequence[ColumnElement[bool]] = ()) -> Found:
    """A page of what has reached somebody's telephone and is over, the newest first."""
    over = [DialAttempt.result.in_(RESULTS), *conditions]
    joined = select(func.count(DialAttempt.id)).join(DialAttempt.dial)
    attempts = session.scalars(
        select(DialAttempt)
        .join(DialAttempt.dial)
        .where(*over)
        .options(joinedload(DialAttempt.dial))
        .order_by(DialAttempt.at.desc(), DialAttempt.id.desc())
        .limit(PER_PAGE)
        .offset((page - 1) * PER_PAGE)
    ).all()
    dials = {one.dial_id for one in attempts}
    asked_about = select(FollowUp.dial_id, FollowUp.id).where(FollowUp.dial_id.in_(dials))
    follow_ups = {dial: one for dial, one in session.execute(asked_about) if dial is not None}
    return Found(attempts, follow_ups, session.scalar(joined.where(*over)) or 0, page)


def _conditions() -> list[ColumnElement[bool]]:
    first, last, person = asked.day("from"), asked.day("to"), asked.number("person")
    result = asked.text("result")
    found: list[ColumnElement[bool]] = []
    if first:
        found.append(DialAttempt.at >= midnight(first))
    if last:
        found.append(DialAttempt.at < midnight(last + timedelta(days=1)))
    if person:
        found.append(Dial.person_id == person)
    if result in set(RESULTS):
        found.append(DialAttempt.result == AttemptResult(result))
    return found
