"""A month's figures as a workbook, for those who report them upwards."""

from collections.abc import Iterable, Mapping
from datetime import date

from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.worksheet.worksheet import Worksheet
from sqlalchemy import select

from analytics import ranking, snapshots
from analytics.indicators import INDICATORS, REASONS
from analytics.measuring import Figure, whole
from infra.db import session
from models import Unit, UnitGroup
from web.languages import _

PERCENT = "0.00%"
# Excel's own limit for the name of a sheet.
LONGEST_NAME = 31


def workbook(month: date, groups: Mapping[UnitGroup, str]) -> Workbook:
    book = Workbook()
    first = book.active
    assert isinstance(first, Worksheet)
    units = {one.id: one.name for one in session.scalars(select(Unit))}
    counted = {code: snapshots.figures(one, month) for code, one in INDICATORS.items()}
    _city(first, month, counted)
    for code, parts in counted.items():
        named = [
            (units.get(unit, _("热线")) if unit else _("热线"), one) for unit, one in parts.items()
        ]
        _sheet(
            book.create_sheet(_(INDICATORS[code].name)[:LONGEST_NAME]),
            [_("单位"), _("分子"), _("分母"), _("数值"), _("未计入")],
            ([name, *_cells(figure)] for name, figure in sorted(named, key=lambda one: one[0])),
        )
    for group, name in groups.items():
        _scores(book.create_sheet(_("%(group)s得分", group=_(name))[:LONGEST_NAME]), group, month)
    return book


def _city(
    sheet: Worksheet, month: date, counted: Mapping[str, Mapping[int | None, Figure]]
) -> None:
    sheet.title = f"{month:%Y-%m}"
    rows = (
        [_(INDICATORS[code].name), *_cells(whole(parts)), _(INDICATORS[code].formula)]
        for code, parts in counted.items()
    )
    head = [_("指标"), _("分子"), _("分母"), _("数值"), _("未计入"), _("口径")]
    _sheet(sheet, head, rows)


def _scores(sheet: Worksheet, group: UnitGroup, month: date) -> None:
    items = ranking.items_of(group)
    head = [_("单位"), *[_(INDICATORS[one.indicator].name) for one in items]]
    _sheet(
        sheet,
        [*head, _("加减分"), _("得分"), _("说明")],
        (
            [
                one.unit.name,
                *[one.items[item.indicator] for item in items],
                one.changes,
                one.total,
                "" if one.ranked else _("样本不足"),
            ]
            for one in ranking.scores(group, month)
        ),
    )


def _cells(figure: Figure) -> list[object]:
    left_out = _("、").join(f"{_(REASONS[why])} {count}" for why, count in figure.excluded.items())
    return [figure.numerator, figure.denominator, figure.value, left_out]


def _sheet(sheet: Worksheet, head: list[str], rows: Iterable[list[object]]) -> None:
    sheet.append(head)
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    sheet.freeze_panes = "B2"
    for row in rows:
        sheet.append(row)
    for column, title in zip(sheet.columns, head, strict=True):
        letter = column[0].column_letter
        sheet.column_dimensions[letter].width = 12 if title != head[0] else 28
        if title == _("数值"):
            for cell in column[1:]:
                cell.number_format = PERCENT
