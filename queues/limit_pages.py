"""The leads' page of abusive calls: strikes, limitations, appeals, and what became of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import joinedload
from werkzeug.wrappers import Response

from infra.clock import now
from infra.db import roll_back, serialise_routing, session
from models import Appeal, Call, Limitation, LimitKind, LimitState, Person, Role, Strike
from queues import limiting, routing
from staff import audit
from staff.access import current_staff, requires
from web import forms
from web.languages import _
from web.refusals import Refused

bp = Blueprint("limits", __name__, template_folder="templates", url_prefix="/floor/limitations")

WHO = (Role.LEAD, Role.ADMIN)
SHOWN = 100


@dataclass(frozen=True)
class Struck:
    """A number that agents have reported, as far as that may still count."""

    person: Person
    strikes: list[Strike]

    @property
    def agents(self) -> int:
        return len(limiting.agents_of(self.strikes))


@bp.get("")
@requires(*WHO)
def listing() -> str:
    return _page()


@bp.post("/of/<int:person_id>")
@requires(*WHO)
def ask(person_id: int) -> Response:
    made = limiting.ask(
        person_id,
        forms.one_of("kind", LimitKind, _("限制方式")),
        forms.words("because", _("理由"), most=limiting.LONGEST),
        by=current_staff(),
    )
    audit.record("limitation.asked", "limitation", made.id)
    return _done(_("已申请，须由另一人批准。"))


@bp.post("/<int:limitation_id>/approval")
@requires(*WHO)
def approve(limitation_id: int) -> Response:
    return _decided(limitation_id, limiting.approve, "limitation.approved", _("已批准，即时生效。"))


@bp.post("/<int:limitation_id>/refusal")
@requires(*WHO)
def refuse(limitation_id: int) -> Response:
    return _decided(limitation_id, limiting.refuse, "limitation.refused", _("未批准。"))


@bp.post("/<int:limitation_id>/withdrawal")
@requires(*WHO)
def withdraw(limitation_id: int) -> Response:
    """By whoever has asked for it, before it is decided."""
    limiting.withdraw(_locked(limitation_id), by=current_staff())
    audit.record("limitation.withdrawn", "limitation", limitation_id)
    return _done(_("申请已撤回。"))


@bp.post("/<int:limitation_id>/appeals")
@requires(*WHO)
def appeal(limitation_id: int) -> Response:
    found = _locked(limitation_id)
    words = forms.words("words", _("申诉理由"), most=limiting.LONGEST)
    limiting.appeal(found, words, by=current_staff())
    audit.record("appeal.recorded", "limitation", found.id)
    return _done(_("申诉已记录，须由未经手这项限制的人处理。"))


@bp.post("/<int:limitation_id>/decision")
@requires(*WHO)
def decide(limitation_id: int) -> Response:
    """Of the appeal that is open; who is lifted out of the end of the line may be next."""
    serialise_routing()
    one = limiting.open_appeal(_locked(limitation_id))
    if one is None:
        raise forms.Wrong(_("没有待处理的申诉"))
    granted = request.form.get("granted") == "yes"
    answer = forms.words("answer", _("处理意见"), most=limiting.LONGEST)
    limiting.decide(one, granted=granted, answer=answer, by=current_staff())
    routing.run()
    audit.record("appeal.decided", "limitation", limitation_id, granted=granted)
    return _done(_("已解除限制。") if granted else _("限制维持不变。"))


@bp.errorhandler(Refused)
def _again(error: Refused) -> tuple[str, int]:
    roll_back()
    return _page(str(error)), 409


def _decided(limitation_id: int, verb: Callable[..., None], action: str, told: str) -> Response:
    found = _locked(limitation_id)
    before = found.state
    verb(found, by=current_staff())
    if before is LimitState.ASKED:
        audit.record(action, "limitation", found.id)
    return _done(told)


def _done(told: str) -> Response:
    flash(told, "done")
    return redirect(url_for(".listing"))


def _locked(limitation_id: int) -> Limitation:
    found = session.get(Limitation, limitation_id, with_for_update=True)
    if found is None:
        abort(404, _("没有这项限制"))
    return found


def _page(problem: str = "") -> str:
    limitations = session.scalars(
        select(Limitation)
        .options(
            joinedload(Limitation.person),
            joinedload(Limitation.asked_by),
            joinedload(Limitation.decided_by),
        )
        .order_by(Limitation.id.desc())
        .limit(SHOWN)
    ).all()
    struck = _struck()
    shown = {one.person.id for one in struck} | {one.person_id for one in limitations}
    audit.looks("limitation.viewed", "person", sorted(shown))
    return render_template(
        "limits/page.html",
        struck=struck,
        limitations=limitations,
        strikes={one.id: limiting.strikes_of(one) for one in limitations},
        appeals=_appeals([one.id for one in limitations]),
        dangers=_dangers([one.id for one in limitations]),
        needed=limiting.STRIKES,
        kinds=LimitKind,
        at=now(),
        problem=problem,
        given=request.form,
    )


def _struck() -> list[Struck]:
    """The most reported first."""
    strikes = session.scalars(
        select(Strike)
        .where(Strike.at > now() - limiting.COUNTED_FOR, Strike.limitation_id.is_(None))
        .options(joinedload(Strike.person), joinedload(Strike.by))
        .order_by(Strike.person_id, Strike.at.desc())
    )
    found = [Struck(one, list(own)) for one, own in groupby(strikes, lambda strike: strike.person)]
    return sorted(found, key=lambda one: -one.agents)[:SHOWN]


def _appeals(ids: Sequence[int]) -> dict[int, list[Appeal]]:
    appeals = session.scalars(
        select(Appeal)
        .where(Appeal.limitation_id.in_(ids))
        .options(joinedload(Appeal.by), joinedload(Appeal.decided_by))
        .order_by(Appeal.id)
    ).all()
    return {of: [one for one in appeals if one.limitation_id == of] for of in ids}


def _dangers(ids: Sequence[int]) -> dict[int, list[int]]:
    """Calls in which the key for danger was pressed, or danger was told of."""
    calls = session.execute(
        select(Call.limitation_id, Call.id)
        .where(Call.limitation_id.in_(ids), Call.emergency.is_not(None))
        .order_by(Call.id)
    ).all()
    return {of: [call for limitation, call in calls if limitation == of] for of in ids}
