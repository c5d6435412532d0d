"""Background jobs that failed for good: why, and once more."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from redis.exceptions import RedisError
from rq.exceptions import InvalidJobOperation, NoSuchJobError
from rq.job import Job
from werkzeug.wrappers import Response

from infra.bell import connection
from infra.jobs import QUEUES, lane
from models import Role
from staff import audit
from staff.access import requires
from web.languages import _, _l

bp = Blueprint("failed_jobs", __name__, template_folder="templates", url_prefix="/admin/jobs")

AT_MOST = 200
LANES = {
    "talks": _l("通话中填单"),
    "messages": _l("短信"),
    "tickets": _l("工单"),
    "webhooks": _l("推送"),
    "drafts": _l("工单草稿"),
    "recordings": _l("录音"),
    "learning": _l("学习"),
}


@dataclass(frozen=True)
class Failed:
    id: str
    lane: str
    what: str
    subject: str
    at: datetime | None
    reason: str


@bp.get("")
@requires(Role.ADMIN)
def page() -> str:
    try:
        failed, waiting = list(_failed()), {name: lane(name).count for name in QUEUES}
    except RedisError:
        return render_template("tickets/jobs.html", away=True, lanes=LANES)
    return render_template(
        "tickets/jobs.html", away=False, failed=failed, waiting=waiting, lanes=LANES
    )


@bp.post("/<lane_name>/<job_id>/again")
@requires(Role.ADMIN)
def again(lane_name: str, job_id: str) -> Response:
    if lane_name not in QUEUES:
        abort(404, _("没有这个队列"))
    try:
        lane(lane_name).failed_job_registry.requeue(job_id)
    except (NoSuchJobError, InvalidJobOperation):
        flash(_("这个任务已不在失败列表中，可能已重新执行。"))
    else:
        audit.record("job.again", "job", job_id, lane=lane_name)
        flash(_("已重新排入队列。"))
    return redirect(url_for(".page"))


def _failed() -> Iterator[Failed]:
    for name in QUEUES:
        ids = lane(name).failed_job_registry.get_job_ids(end=AT_MOST - 1, desc=True)
        for job in Job.fetch_many(ids, connection=connection()):
            if job is not None:
                yield _describe(name, job)


def _describe(name: str, job: Job) -> Failed:
    ended = job.ended_at
    return Failed(
        id=job.id,
        lane=name,
        what=job.func_name,
        # Ids only; a job never carries a name or a number.
        subject=", ".join(str(argument) for argument in job.args),
        at=ended.replace(tzinfo=UTC) if ended and ended.tzinfo is None else ended,
        reason=_last_line(job),
    )


def _last_line(job: Job) -> str:
    result = job.latest_result()
    told = (result.exc_string if result else None) or ""
    lines = [line for line in told.splitlines() if line.strip()]
    return lines[-1].strip() if lines else _("没有留下原因")
