"""The inbox as CSV or Excel: what the page shows, and a line that says who took it out and when."""

import csv
from collections.abc import Iterable
from io import BytesIO, StringIO

from flask import Response
from xlsxwriter import Workbook

from infra.clock import now
from infra.localtime import local
from models import Assignment, StaffMember
from tickets import deadlines, search, targets, wording
from web import downloads
from web.languages import _, named
from web.shell import to_the_second

MOST_ROWS = 500
MIMETYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
WIDTHS = (18, 10, 10, 8, 10, 20, 20, 20, 10, 16, 12, 60, 40, 30)


def response(kind: str, rows: Iterable[Assignment], by: StaffMember) -> Response:
    table = [_headings(), *(_row(one, by) for one in rows), [_mark(by)]]
    made = _csv(table) if kind == "csv" else _xlsx(table)
    answer = Response(made, mimetype=MIMETYPES[kind])
    day = local(now()).date().isoformat()
    unit = by.unit.name if by.unit else ""
    downloads.name_it(answer, _("工单"), unit, day, kind=kind, plain=f"tickets-{day}")
    return answer


def _headings() -> list[str]:
    return [
        _("工单号"),
        _("状态"),
        _("承办方式"),
        _("灯"),
        _("当前环节"),
        _("环节期限"),
        _("派单时间"),
        _("办理期限"),
        _("诉求类型"),
        _("事项类别"),
        _("所属区县"),
        _("诉求内容"),
        _("市民期望"),
        _("地址"),
    ]


def _row(one: Assignment, by: StaffMember) -> list[str]:
    ticket, owed = one.ticket, targets.nearest(one)
    cells = [
        ticket.number,
        wording.ASSIGNMENT_STATES[one.state],
        wording.PARTS[one.part],
        wording.LIGHTS[deadlines.light(one)],
        wording.TARGETS[owed.name] if owed else "",
        to_the_second(owed.at) if owed else "",
        to_the_second(one.dispatched_at),
        to_the_second(one.due_at),
        wording.KINDS[ticket.kind] if ticket.kind else "",
        named(ticket.topic) if ticket.topic else "",
        ticket.district.name if ticket.district else "",
        search.shown_to(by, ticket.summary),
        search.shown_to(by, ticket.demand),
        search.shown_to(by, ticket.address),
    ]
    return [downloads.harmless(str(cell or "")) for cell in cells]


def _mark(by: StaffMember) -> str:
    return _(
        "%(name)s（%(login)s）%(at)s 导出，含个人信息，不得转发",
        name=by.name,
        login=by.login,
        at=to_the_second(now()),
    )


def _csv(table: list[list[str]]) -> bytes:
    written = StringIO()
    csv.writer(written).writerows(table)
    # Excel takes a file without this mark for one of another encoding.
    return written.getvalue().encode("utf-8-sig")


def _xlsx(table: list[list[str]]) -> bytes:
    written = BytesIO()
    with Workbook(written, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for at, row in enumerate(table):
            for column, cell in enumerate(row):
                sheet.write_string(at, column, cell)
        sheet.set_row(0, None, book.add_format({"bold": True}))
        for column, width in enumerate(WIDTHS):
            sheet.set_column(column, column, width)
        sheet.freeze_panes(1, 1)
    return written.getvalue()
