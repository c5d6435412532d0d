"""A month's figures as a workbook, for those who report them upwards."""

from collections.abc import Iterable, Mapping
from datetime import date
from io import BytesIO

from sqlalchemy import select
from xlsxwriter import Workbook

from analytics import ranking, snapshots
from analytics.indicators import INDICATORS, REASONS, formula_of
from analytics.measuring import Figure, whole
from infra.db import session
from models import Unit, UnitGroup
from web.languages import _

PERCENT = "0.00%"
# Excel's own limit for the name of a sheet.
LONGEST_NAME = 31


def written(month: date, groups: Mapping[UnitGroup, str]) -> bytes:
    """The whole month as a file that Excel opens."""
    file = BytesIO()
    with Workbook(file, {"in_memory": True}) as book:
        _fill(book, month, groups)
    return file.getvalue()


def _fill(book: Workbook, month: date, groups: Mapping[UnitGroup, str]) -> None:
    units = {one.id: one.name for one in session.scalars(select(Unit))}
    counted = {code: snapshots.figures(one, month) for code, one in INDICATORS.items()}
    _city(book, month, counted)
    for code, parts in counted.items():
        named = [
            (units.get(unit, _("热线")) if unit else _("热线"), one) for unit, one in parts.items()
        ]
        _sheet(
            book,
            _(INDICATORS[code].name),
            [_("单位"), _("分子"), _("分母"), _("数值"), _("未计入")],
            ([name, *_cells(figure)] for name, figure in sorted(named, key=lambda one: one[0])),
        )
    for group, name in groups.items():
        _scores(book, _("%(group)s得分", group=_(name)), group, month)


def _city(book: Workbook, month: date, counted: Mapping[str, Mapping[int | None, Figure]]) -> None:
    rows = (
        [_(INDICATORS[code].name), *_cells(whole(parts)), formula_of(INDICATORS[code])]
        for code, parts in counted.items()
    )
    head = [_("指标"), _("分子"), _("分母"), _("数值"), _("未计入"), _("口径")]
    _sheet(book, f"{month:%Y-%m}", head, rows)


def _scores(book: Workbook, title: str, group: UnitGroup, month: date) -> None:
    items = ranking.items_of(group)
    head = [_("单位"), *[_(INDICATORS[one.indicator].name) for one in items]]
    _sheet(
        book,
        title,
        [*head, _("加减分"), _("得分"), _("说明")],
        (
            [
                one.unit.name,
                *[one.items[item.indicator] for item in items],
                one.changes,
                one.total if one.scored else None,
                "" if one.ranked else _("样本不足"),
            ]
            for one in ranking.scores(group, month)
        ),
    )


def _cells(figure: Figure) -> list[object]:
    left_out = _("、").join(f"{_(REASONS[why])} {count}" for why, count in figure.excluded.items())
    return [figure.numerator, figure.denominator, figure.value, left_out]


def _sheet(book: Workbook, title: str, head: list[str], rows: Iterable[list[object]]) -> None:
    sheet = book.add_worksheet(title[:LONGEST_NAME])
    percent = book.add_format({"num_format": PERCENT})
    sheet.write_row(0, 0, head, book.add_format({"bold": True}))
    sheet.freeze_panes(1, 1)
    for at, row in enumerate(rows, start=1):
        sheet.write_row(at, 0, row)
    for column, name in enumerate(head):
        share = percent if name == _("数值") else None
        sheet.set_column(column, column, 28 if column == 0 else 12, share)
