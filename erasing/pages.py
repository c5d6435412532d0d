"""The page on which personal data is erased by two persons, and on which it is held."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import joinedload
from werkzeug.wrappers import Response

from erasing import asking, certificate, reach
from erasing.asking import Subject
from infra.db import roll_back, session
from infra.privacy import fingerprint, national
from models import (
    Call,
    Erasure,
    ErasureBasis,
    ErasureScope,
    ErasureState,
    LegalHold,
    Person,
    Role,
    Ticket,
)
from staff import audit
from staff.access import current_staff, requires
from tickets import lifecycle
from web import forms
from web.asked import LARGEST_ID
from web.languages import _
from web.refusals import Refused

bp = Blueprint("erasing", __name__, template_folder="templates", url_prefix="/erasures")

WHO = (Role.LEAD, Role.ADMIN)
SHOWN = 100
SCOPES = [one for one in ErasureScope if one is not ErasureScope.TERM]
BASES = [one for one in ErasureBasis if one is not ErasureBasis.TERM]


@bp.get("")
@requires(*WHO)
def listing() -> str:
    return _page()


@bp.post("")
@requires(*WHO)
def ask() -> Response:
    made = asking.ask(
        _subject(),
        by=current_staff(),
        basis=forms.one_of("basis", ErasureBasis, _("法律依据")),
        reason=forms.words("reason", _("理由"), most=500),
    )
    flash(_("已提出，须由另一人批准。"), "done")
    return redirect(url_for(".show", erasure_id=made.id))


@bp.get("/<int:erasure_id>")
@requires(*WHO)
def show(erasure_id: int) -> str:
    return _one(erasure_id)


@bp.post("/<int:erasure_id>/approval")
@requires(*WHO)
def approve(erasure_id: int) -> Response:
    asking.approve(_locked(erasure_id), by=current_staff())
    flash(_("已批准，一分钟内开始删除。"), "done")
    return redirect(url_for(".show", erasure_id=erasure_id))


@bp.post("/<int:erasure_id>/refusal")
@requires(*WHO)
def refuse(erasure_id: int) -> Response:
    asking.refuse(_locked(erasure_id), by=current_staff())
    flash(_("未批准，什么也没有删除。"), "done")
    return redirect(url_for(".show", erasure_id=erasure_id))


@bp.post("/<int:erasure_id>/cancellation")
@requires(*WHO)
def cancel(erasure_id: int) -> Response:
    asking.cancel(_locked(erasure_id), by=current_staff())
    flash(_("已撤回。"), "done")
    return redirect(url_for(".listing"))


@bp.post("/holds")
@requires(*WHO)
def hold() -> Response:
    reason = forms.words("reason", _("理由"), most=500)
    asking.hold(_subject(), by=current_staff(), reason=reason)
    flash(_("已留置，解除之前不会删除。"), "done")
    return redirect(url_for(".listing"))


@bp.post("/holds/<int:hold_id>/lifting")
@requires(*WHO)
def lift(hold_id: int) -> Response:
    found = session.get(LegalHold, hold_id, with_for_update=True)
    if found is None:
        abort(404, _("没有这项留置"))
    asking.lift(found, by=current_staff())
    flash(_("已解除留置。"), "done")
    return redirect(url_for(".listing"))


@bp.errorhandler(Refused)
def _again(error: Refused) -> tuple[str, int]:
    roll_back()
    erasure_id = (request.view_args or {}).get("erasure_id")
    page = _page(str(error)) if erasure_id is None else _one(erasure_id, str(error))
    return page, 409


def _page(problem: str = "") -> str:
    newest = select(Erasure).options(joinedload(Erasure.asked_by), joinedload(Erasure.decided_by))
    holds = select(LegalHold).options(joinedload(LegalHold.placed_by))
    erasures = session.scalars(newest.order_by(Erasure.id.desc()).limit(SHOWN)).all()
    held = session.scalars(
        holds.where(LegalHold.lifted_at.is_(None)).order_by(LegalHold.id.desc())
    ).all()
    return render_template(
        "erasing/list.html",
        erasures=erasures,
        holds=held,
        told={("erasure", one.id): _told(one) for one in erasures}
        | {("hold", one.id): _told(one) for one in held},
        scopes=SCOPES,
        bases=BASES,
        problem=problem,
        given=request.form,
    )


def _one(erasure_id: int, problem: str = "") -> str:
    one = session.get(Erasure, erasure_id)
    if one is None:
        abort(404, _("没有这项申请"))
    audit.look("erasure.viewed", "erasure", one.id)
    found = reach.of(one) if one.open else reach.Reach()
    return render_template(
        "erasing/one.html",
        one=one,
        told=_told(one),
        found=found,
        why_not=reach.why_not(found) if one.open and one.erased_at is None else None,
        files=certificate.files_of(one),
        holds=certificate.holds(one) if one.state is ErasureState.DONE else None,
        mine=one.asked_by_id == current_staff().id,
        problem=problem,
    )


def _told(one: Erasure | LegalHold) -> tuple[str, str | None]:
    """What it is about, and where that is shown."""
    if one.ticket_id is not None:
        number = session.get_one(Ticket, one.ticket_id).number
        return _("工单 %(number)s", number=number), url_for("tickets.show", number=number)
    if one.call_id is not None:
        return (
            _("通话 %(number)s", number=one.call_id),
            url_for("replay.replay", call_id=one.call_id),
        )
    if one.person_id is not None:
        return _(session.get_one(Person, one.person_id).number_masked), None
    return (f"{one.day:%Y-%m-%d}" if isinstance(one, Erasure) else ""), None


def _subject() -> Subject:
    """By the ticket's number, the call's number or who called: never in an address."""
    scope = forms.one_of("scope", ErasureScope, _("范围"))
    named = forms.words("subject", _("工单编号、通话编号或来电号码"), most=40)
    found = _found(scope, named)
    if found is None:
        raise forms.Wrong(_("没有找到：请核对工单编号、通话编号或来电号码"))
    return found


def _found(scope: ErasureScope, named: str) -> Subject | None:
    match scope:
        case ErasureScope.TICKET:
            return lifecycle.by_number(named)
        case ErasureScope.CALL:
            known = named.isascii() and named.isdigit() and int(named[:11]) <= LARGEST_ID
            return session.get(Call, int(named)) if known else None
        case ErasureScope.PERSON:
            key = fingerprint(national(named))
            audit.record("erasure.looked_up", "number", key)
            return session.scalar(select(Person).where(Person.number_fingerprint == key))
    return None


def _locked(erasure_id: int) -> Erasure:
    found = session.get(Erasure, erasure_id, with_for_update=True)
    if found is None:
        abort(404, _("没有这项申请"))
    return found
