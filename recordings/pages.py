"""The pages of past calls: the list, the replay, and the sound itself."""

from functools import partial
from typing import Any

from flask import (
    Blueprint,
    Response,
    abort,
    flash,
    jsonify,
    redirect,
    render_template,
    request,
    url_for,
)
from sqlalchemy import select
from werkzeug.wrappers import Response as AnyResponse

from infra.db import session
from infra.privacy import fingerprint, national
from models import Call, Disposition, Party, Recording, Role, Ticket
from recordings import (
    archive,
    calls,
    gaps,
    held,
    listening,
    paused,
    timeline,
    transcripts,
    unattended,
)
from recordings.jobs import fetch
from recordings.promise import Kept
from staff import audit
from staff.access import current_staff, requires
from web import asked
from web.languages import _, _l

bp = Blueprint(
    "replay",
    __name__,
    template_folder="templates",
    static_folder="static",
    static_url_path="/recordings-static",
)

PARTIES = {Party.CITIZEN: _l("市民"), Party.AGENT: _l("座席")}
PROMISE = {Kept.YES: _l("15 秒内接听"), Kept.NO: _l("超过 15 秒或放弃")}
STATES = {
    "announced": _l("录制中"),
    "fetching": _l("取回中"),
    "stored": _l("已归档"),
    "failed": _l("取回失败"),
    "absent": _l("无录音"),
    "erased": _l("已删除"),
}


@bp.get("/calls")
@requires(Role.LEAD, Role.QA, Role.AGENT)
def listing() -> str:
    wanted = _wanted()
    found = calls.find(wanted, by=current_staff())
    if wanted.person_id:
        audit.look("call.searched_by_number", "person", wanted.person_id)
    if found.said:
        audit.looks("call.quoted", "call", found.said)
    return render_template(
        "recordings/calls.html",
        wanted=wanted,
        found=found,
        agents=calls.agents(),
        lines=calls.lines(),
        states=STATES,
        parties=PARTIES,
        dispositions=timeline.DISPOSITIONS | {Disposition.ANSWERED: timeline.REACHED},
        promise=PROMISE,
        directions=timeline.DIRECTIONS,
        outcome=timeline.outcome,
        asked=request.args.to_dict(),
        may_dial=current_staff().may(Role.AGENT),
    )


@bp.post("/calls/by-number")
@requires(Role.LEAD, Role.QA, Role.AGENT)
def by_number() -> AnyResponse:
    """A number is never part of an address: addresses are kept in histories and logs."""
    number = request.form.get("number", "")
    person = calls.person_with(number)
    if person is None:
        audit.look("call.searched_by_number", "number", fingerprint(national(number.strip())))
        flash(_("没有这个号码的通话记录；请核对号码，外地座机要带区号。"))
        return redirect(url_for(".listing"))
    return redirect(url_for(".listing", person=person.id))


@bp.get("/calls/<int:call_id>")
@requires(Role.LEAD, Role.QA, Role.AGENT)
def replay(call_id: int) -> str:
    call = _call(call_id)
    audit.look("call.viewed", "call", call.id)
    recordings = calls.recordings_of(call)
    return render_template(
        "recordings/replay.html",
        call=call,
        recordings=recordings,
        prompts={one.id: unattended.of(one) for one in recordings},
        holds={one.id: held.of(one) for one in recordings},
        pauses={one.id: paused.of(one) for one in recordings},
        progress=archive.progress(call, recordings),
        overdue=archive.overdue(call),
        utterances=transcripts.of_call(call.id),
        gaps=gaps.of(call.id),
        moments=timeline.of(call, for_lead=current_staff().may(Role.LEAD, Role.QA)),
        ticket=session.scalar(select(Ticket).where(Ticket.call_id == call.id)),
        states=STATES,
        outcome=timeline.outcome,
        directions=timeline.DIRECTIONS,
        may_retry=current_staff().may(Role.LEAD, Role.QA),
        may_dial=current_staff().may(Role.AGENT) and call.over,
    )


@bp.get("/calls/<int:call_id>/progress")
@requires(Role.LEAD, Role.QA, Role.AGENT)
def progress(call_id: int) -> Response:
    """How far call and recording are, for a page that waits for what comes next."""
    call = _call(call_id)
    return jsonify(progress=archive.progress(call, calls.recordings_of(call)))


@bp.get("/recordings/<int:recording_id>/waveform")
@requires(Role.LEAD, Role.QA, Role.AGENT)
def waveform(recording_id: int) -> Response:
    recording = _recording(recording_id)
    return jsonify(
        duration=recording.duration_s,
        channels=[{"party": party, "peaks": peaks} for party, peaks in _peaks(recording)],
        prompts=unattended.of(recording),
        holds=held.of(recording),
        pauses=paused.of(recording),
    )


@bp.get("/recordings/<int:recording_id>/audio")
@requires(Role.LEAD, Role.QA, Role.AGENT)
def audio(recording_id: int) -> Response:
    return listening.answer(partial(_recording, recording_id))


@bp.post("/recordings/<int:recording_id>/again")
@requires(Role.LEAD, Role.QA)
def again(recording_id: int) -> AnyResponse:
    recording = _recording(recording_id)
    archive.again(recording)
    audit.record("recording.fetched_again", "recording", recording.id)
    fetch.later(recording.id)
    return redirect(url_for(".replay", call_id=recording.call_id))


def _call(call_id: int) -> Call:
    call = session.get(Call, call_id)
    if call is None:
        abort(404, _("没有这通电话"))
    if not calls.may_see(call, current_staff()):
        abort(403, _("只能查看自己接听的通话"))
    return call


def _recording(recording_id: int) -> Recording:
    recording = session.get(Recording, recording_id)
    if recording is None or recording.call_id is None:
        abort(404, _("没有这条录音"))
    _call(recording.call_id)
    return recording


def _peaks(recording: Recording) -> list[tuple[str, Any]]:
    """The citizen first, whatever channel he is on."""
    return sorted((recording.peaks or {}).items(), key=lambda pair: pair[0] != "citizen")


def _disposition(value: str) -> Disposition | None:
    return Disposition(value) if value in set(Disposition) else None


def _kept(value: str) -> Kept | None:
    return Kept(value) if value in set(Kept) else None


def _wanted() -> calls.Wanted:
    return calls.Wanted(
        first_day=asked.day("from"),
        last_day=asked.day("to"),
        agent_id=asked.number("agent"),
        line=asked.text("line"),
        disposition=_disposition(asked.text("result")),
        kept=_kept(asked.text("kept")),
        person_id=asked.number("person"),
        words=" ".join(asked.words("words")),
        page=asked.page(),
    )
