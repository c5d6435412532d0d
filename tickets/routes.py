"""The pages of tickets, and the draft as the agent desk reads, saves and submits it."""

from collections.abc import Callable
from functools import partial

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    flash,
    jsonify,
    redirect,
    render_template,
    request,
    url_for,
)
from pydantic import ValidationError
from werkzeug.wrappers import Response as AnyResponse

from infra.clock import now
from infra.db import session
from models import (
    KIND_LABELS,
    TICKET_MOVES,
    Call,
    MissedContact,
    Role,
    TextMessage,
)
from models.lifecycle import OPEN
from staff import audit
from staff.access import current_staff, requires
from tickets import (
    actors,
    chasing,
    completion,
    course,
    fields,
    legal,
    lifecycle,
    list_asked,
    lit,
    merging,
    messages,
    on_desk,
    outcomes,
    reach,
    search,
    splitting,
    story,
    wording,
)
from web import asked, shell
from web.languages import _, _l

bp = Blueprint("tickets", __name__, template_folder="templates")

# Told of each save of a call's draft: packages above may give its agent more time.
Saving = Callable[[Call], None]

# Where a page of the list begins; not what is looked for.
PLACES = ("before", "after")
TEXT_STATES = {"pending": _l("待发送"), "sent": _l("已发送"), "failed": _l("发送失败")}
DISPATCHES = actors.allowed(TICKET_MOVES["dispatch"], TICKET_MOVES["pass_review"])
RINGS_BACK = (Role.AGENT, Role.LEAD)
REACHED = {"answered": _l("已接通"), "not_reached": _l("未接通"), "failed": _l("异常中断")}
MISSED = {
    "abandoned": _l("排队中放弃"),
    "left_early": _l("导航中挂断"),
    "turned_away": _l("专席未能接入"),
}


@bp.get("/tickets")
@requires(*search.HOTLINE, Role.UNIT)
def everything() -> str:
    wanted = list_asked.wanted()
    newest = {name: value for name, value in request.args.items() if value and name not in PLACES}
    found = search.find(wanted, by=current_staff())
    return render_template(
        "tickets/list.html",
        wanted=wanted,
        found=found,
        further=asked.place_told(*found.further) if found.further else None,
        owed=lit.owed_on(found.tickets),
        lights={light: wording.LIGHTS[light] for light in lit.LIGHTS},
        choices=search.choices(),
        kinds=KIND_LABELS,
        states=wording.STATES,
        newest=newest,
        narrowed=bool(newest),
        knows_citizens=search.knows_citizens(current_staff()),
        shown=partial(search.shown_to, current_staff()),
        may_edit=search.may_edit,
        may_ring_back=current_staff().may(*RINGS_BACK),
    )


@bp.get("/tickets/<number>")
@requires(*search.HOTLINE, Role.UNIT)
def show(number: str) -> str:
    ticket = lifecycle.by_number(number)
    staff = current_staff()
    knows_citizens = search.knows_citizens(staff)
    may_read = ticket is not None and search.may_read(ticket, staff)
    if ticket is None or not (may_read or knows_citizens):
        abort(404, _("没有这张工单，请核对工单号"))
    if not may_read:
        abort(403, _("这是保密工单，只有承办人员可以查看"))
    audit.look("ticket.viewed", "ticket", number)
    return render_template(
        "tickets/show.html",
        ticket=ticket,
        course=course.of(ticket, staff),
        reached=REACHED,
        may_ring_back=staff.may(Role.AGENT) and ticket.person is not None,
        others=lifecycle.open_of(ticket.person_id, besides=ticket.id),
        labels=fields.LABELS,
        text_states=TEXT_STATES,
        knows_citizens=knows_citizens,
        shown=partial(search.shown_to, staff),
        story=story.of(ticket),
        chases=chasing.of(ticket) if knows_citizens else [],
        legal=legal.of(ticket),
        may_act=legal.may_act(ticket, staff),
        may_split=staff.may(*legal.HOTLINE) and splitting.may_split(ticket),
        halves=splitting.halves(ticket) if knows_citizens else [],
        internal=knows_citizens,
        insiders=[] if knows_citizens else reach.units_of(staff),
        open=merging.handled_as(ticket).state in OPEN,
        may_dispatch=staff.may(*DISPATCHES),
        may_replay=search.is_own(ticket, staff) or staff.may(Role.LEAD, Role.QA),
        **wording.TERMS,
    )


@bp.get("/calls/<int:call_id>/ticket")
@requires(Role.AGENT)
def draft(call_id: int) -> Response:
    """The draft of the agent's own call, begun when it is first asked for."""
    ticket = completion.open_draft(on_desk.own_call(call_id))
    audit.look("ticket.draft_viewed", "draft", ticket.id, call=call_id)
    return jsonify(on_desk.as_json(ticket))


@bp.post("/calls/<int:call_id>/ticket")
@requires(Role.AGENT)
def save(call_id: int) -> Response:
    call = on_desk.own_call(call_id)
    ticket = lifecycle.draft(call)
    try:
        lifecycle.type_in(ticket, _typed())
    except fields.UnknownCode as error:
        abort(422, str(error))
    except lifecycle.AlreadySubmitted as error:
        abort(409, str(error))
    savings: list[Saving] = current_app.extensions.get("draft_savings", [])
    for told in savings:
        told(call)
    return jsonify(on_desk.as_json(ticket))


@bp.post("/calls/<int:call_id>/ticket/submit")
@requires(Role.AGENT)
def submit(call_id: int) -> Response | tuple[Response, int]:
    """Number the ticket, with the code to read out now or never; 422 names what is ``missing``."""
    ticket = lifecycle.draft(on_desk.own_call(call_id))
    fresh = ticket.is_draft
    typed = _typed()
    try:
        outcome = outcomes.chosen(request.get_json(silent=True))
        lifecycle.submit(ticket, by=current_staff(), typed=typed, outcome=outcome)
    except fields.FieldsMissing as error:
        return jsonify(error=str(error), missing=error.missing), 422
    except fields.UnknownCode as error:
        abort(422, str(error))
    except lifecycle.AlreadySubmitted as error:
        abort(409, str(error))
    return jsonify(on_desk.as_json(ticket) | {"query_code": ticket.query_code if fresh else None})


@bp.post("/calls/<int:call_id>/ticket/texts")
@requires(Role.AGENT)
def tell_again(call_id: int) -> Response:
    """Number and query code once more by SMS: what the agent could read out he has no more."""
    ticket = lifecycle.draft(on_desk.own_call(call_id))
    if not lifecycle.tell_again(ticket):
        abort(409, _("没有可以重发的短信：工单尚未提交，或市民的号码收不到短信"))
    audit.record("text.sent_again", "ticket", ticket.number)
    return jsonify(on_desk.as_json(ticket))


@bp.get("/missed")
@requires(*RINGS_BACK)
def missed() -> str:
    contacts = search.unhandled_contacts()
    spoken = [one.id for one in contacts if one.words or one.call.emergency]
    audit.looks("missed_contact.viewed", "missed_contact", spoken)
    return render_template(
        "tickets/missed.html",
        contacts=contacts,
        with_message=search.with_message(contacts),
        kinds=MISSED,
        may_dial=current_staff().may(Role.AGENT),
    )


@bp.get("/missed/count")
@requires(*RINGS_BACK)
def how_many_missed() -> Response:
    """What the bar says beside the list, for pages that stay open: ``count`` is "" for nobody."""
    count, title = shell.counts({shell.MISSED}, leads=False)[shell.MISSED]
    return jsonify(count=count, title=title)


@bp.post("/missed/<int:contact_id>/handled")
@requires(*RINGS_BACK)
def handled(contact_id: int) -> AnyResponse:
    contact = session.get(MissedContact, contact_id, with_for_update=True)
    if contact is None:
        abort(404, _("没有这条未接记录"))
    if contact.handled_at is None:
        contact.handled_at, contact.handled_by_id = now(), current_staff().id
        completion.tell_of_missed()
        audit.record("missed_contact.handled", "missed_contact", contact_id)
    return redirect(url_for(".missed"))


@bp.get("/texts/failed")
@requires(Role.LEAD, Role.ADMIN)
def failed_texts() -> str:
    return render_template("tickets/texts.html", texts=search.failed_texts())


@bp.post("/texts/<int:message_id>/again")
@requires(Role.LEAD, Role.ADMIN)
def text_again(message_id: int) -> AnyResponse:
    message = session.get(TextMessage, message_id, with_for_update=True)
    if message is None:
        abort(404, _("没有这条短信"))
    messages.again(message)
    audit.record("text.sent_again", "text_message", message_id)
    flash(_("已重新发送。"))
    return redirect(url_for(".failed_texts"))


def _typed() -> fields.Typed:
    try:
        return fields.Typed.model_validate(outcomes.besides(request.get_json(silent=True) or {}))
    except ValidationError as error:
        wrong = {str(one["loc"][0]) for one in error.errors() if one["loc"]}
        names = _("、").join(str(fields.LABELS.get(name, name)) for name in sorted(wrong))
        abort(422, _("这些内容不符合要求，请修改：%(names)s", names=names))
