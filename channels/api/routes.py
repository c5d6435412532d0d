"""The doors of /api/v1: read, one verb, answer."""

from flask import Response, abort, current_app, jsonify
from sqlalchemy import select

from channels.api import answers, document, events, reading, sent
from channels.api.door import bp, operation
from infra.clock import now
from infra.db import session
from infra.localtime import local
from models import Assignment, Scope, Unit
from models import Request as RequestRow
from models.requests import RequestKind
from staff import audit
from staff.access import current_key, current_staff
from tickets import difficult, handling, locking, requests
from tickets.handling import Answer, NotYet
from tickets.locking import NotThere
from web.access import public
from web.languages import _

ONE = "/assignments/<int:assignment_id>"


@bp.get("/openapi.json")
@public
def openapi() -> Response:
    settings = current_app.config["SETTINGS"]
    return jsonify(document.made(settings.public_url))


@operation("GET /unit", Scope.READ, answers.Holder)
def unit() -> answers.Holder:
    """Whose key this is, what it may do, and the unit's sub-units"""
    key = current_key()
    below = session.scalars(
        select(Unit).where(Unit.parent_id == key.unit_id, Unit.active).order_by(Unit.code)
    )
    return answers.Holder(
        unit=answers.Named(code=key.unit.code, name=key.unit.name),
        sub_units=[answers.Named(code=one.code, name=one.name) for one in below],
        scopes=key.scopes,
        expires_at=key.expires_at,
    )


@operation("GET /assignments", Scope.READ, answers.Assignments, query=sent.AssignmentsWanted)
def assignments(query: sent.AssignmentsWanted) -> answers.Assignments:
    """The unit's assignments, page by page"""
    return reading.page(query)


@operation(f"GET {ONE}", Scope.READ, answers.AssignmentInFull)
def assignment(assignment_id: int) -> answers.AssignmentInFull:
    """One assignment with its matter; the look is logged"""
    return _looked_at(reading.readable(assignment_id))


@operation(f"POST {ONE}/signature", Scope.WRITE, answers.AssignmentInFull)
def sign(assignment_id: int) -> answers.AssignmentInFull:
    """Sign: the unit takes it; again is harmless"""
    one = reading.held(assignment_id)
    handling.sign(one, by=current_staff())
    return _looked_at(one)


@operation(f"POST {ONE}/contacts", Scope.WRITE, answers.Assignment, body=sent.Contact)
def contact(assignment_id: int, body: sent.Contact) -> answers.Assignment:
    """The citizen was spoken to; the first time counts"""
    one = _in_hand(assignment_id)
    handling.contact(one, by=current_staff(), way=body.way, reached=body.reached, words=body.words)
    return reading.brief(one)


@operation(f"POST {ONE}/mobilisation", Scope.WRITE, answers.Assignment)
def mobilise(assignment_id: int) -> answers.Assignment:
    """People are on their way (5533)"""
    one = _in_hand(assignment_id)
    handling.mobilise(one, by=current_staff())
    return reading.brief(one)


@operation(f"POST {ONE}/on-site", Scope.WRITE, answers.Assignment)
def done_on_site(assignment_id: int) -> answers.Assignment:
    """It is handled where it happened (5533); the reply is still owed"""
    one = _in_hand(assignment_id)
    handling.done_on_site(one, by=current_staff())
    return reading.brief(one)


@operation(f"POST {ONE}/replies", Scope.WRITE, answers.Reply, status=201, body=sent.Answered)
def reply(assignment_id: int, body: sent.Answered) -> answers.Reply:
    """The unit's reply; the hotline checks it before the citizen sees it"""
    answer = Answer(**{**body.model_dump(), "contact_way": body.contact_way or ""})
    return reading.replied(handling.reply(reading.held(assignment_id), answer, by=current_staff()))


@operation(f"POST {ONE}/requests", Scope.WRITE, answers.Request, status=201, body=sent.Asked)
def ask(assignment_id: int, body: sent.Asked) -> answers.Request:
    """Ask for a return, more time, or what else the hotline decides"""
    one, wish = reading.held(assignment_id), body.root
    return reading.asked(_ask(one, wish))


@operation(f"POST {ONE}/plans", Scope.WRITE, answers.Difficulty, status=201, body=sent.Planned)
def plan(assignment_id: int, body: sent.Planned) -> answers.Difficulty:
    """File the plan of a difficult ticket, or a better one"""
    one = reading.held(assignment_id)
    difficult.plan(one, body.plan, body.review_on, by=current_staff())
    audit.look("ticket.viewed", "ticket", one.ticket.number)
    return reading.planned(difficult.of(one)) or abort(404)


@operation("DELETE /requests/<int:request_id>", Scope.WRITE, answers.Request)
def cancel(request_id: int) -> answers.Request:
    """Take back a request that nobody has decided"""
    mine = session.scalar(
        select(RequestRow.id)
        .join(RequestRow.assignment)
        .where(RequestRow.id == request_id, Assignment.unit_id == current_key().unit_id)
    )
    if mine is None:
        raise NotThere
    asked = locking.request(mine)
    requests.cancel(asked, by=current_staff())
    return reading.asked(asked)


@operation(
    f"POST {ONE}/delegations", Scope.WRITE, answers.Assignment, status=201, body=sent.Delegation
)
def delegate(assignment_id: int, body: sent.Delegation) -> answers.Assignment:
    """Give it to a sub-unit; the answer is the sub-unit's assignment"""
    one = reading.held(assignment_id)
    if body.due_at <= now():
        raise NotYet(_("下派期限应晚于现在"))
    child = handling.delegate(
        one, _unit(body.unit), by=current_staff(), due_at=body.due_at, advice=body.advice
    )
    return reading.brief(child)


@operation("GET /events", Scope.EVENTS, answers.Events, query=sent.EventsWanted)
def stream(query: sent.EventsWanted) -> answers.Events:
    """What happened to the unit's tickets since a cursor, in order, nothing missed"""
    return events.page(query)


def _in_hand(assignment_id: int) -> Assignment:
    one = reading.held(assignment_id)
    if not one.in_hand:
        raise NotYet(_("本单位已反馈，不能再登记办理过程"))
    return one


def _looked_at(one: Assignment) -> answers.AssignmentInFull:
    audit.look("ticket.viewed", "ticket", one.ticket.number)
    return reading.in_full(one)


def _ask(one: Assignment, wish: sent.AnyAsked) -> RequestRow:
    by = current_staff()
    match wish:
        case sent.ReturnAsked():
            suggested = _unit(wish.suggested_unit) if wish.suggested_unit else None
            return requests.ask_return(
                one, by=by, code=wish.code, reason=wish.reason, basis=wish.basis,
                suggested=suggested,
            )  # fmt: skip
        case sent.ExtensionAsked():
            return requests.ask_extension(
                one, wish.days, hours=wish.hours, by=by, reason=wish.reason
            )
        case sent.HelpAsked():
            unit = _unit(wish.unit).id
            return requests.ask_for(
                one, RequestKind.CO_HANDLING, by=by, reason=wish.reason, unit=unit
            )
        case sent.SuspensionAsked():
            if wish.until <= local(now()).date():
                abort(422, _("until 应在今天之后"))
            return requests.ask_for(
                one, RequestKind.SUSPENSION, by=by, reason=wish.reason,
                until=wish.until.isoformat(),
            )  # fmt: skip
        case sent.DifficultyAsked():
            return requests.ask_for(one, RequestKind.DIFFICULT, by=by, reason=wish.reason)
        case sent.OtherAsked():
            return requests.ask_for(
                one, RequestKind(wish.kind), by=by, reason=wish.reason, code=wish.code,
                basis=wish.basis, units=[_unit(code).code for code in wish.units],
            )  # fmt: skip


def _unit(code: str) -> Unit:
    found = session.scalar(select(Unit).where(Unit.code == code, Unit.active))
    if found is None:
        abort(422, _("没有代码为 %(code)s 的单位", code=code))
    return found
