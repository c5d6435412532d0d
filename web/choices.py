"""Long lists to choose from, in groups and in the order of their pinyin: units by their kind,
topics by their line.  ``choice.js`` finds in them what is typed."""

from collections.abc import Collection, Iterable
from typing import TypeVar

from flask import Flask

from infra.wording import N_
from models import Line, Topic, Unit, UnitGroup
from web.languages import _, named

T = TypeVar("T", Topic, Unit)

GROUPS = {
    UnitGroup.COUNTY: N_("县区"),
    UnitGroup.DEPARTMENT: N_("市直部门"),
    UnitGroup.UTILITY: N_("公用企业"),
}
# Of no group, such as the province's line.
OTHERS = N_("其他平台")


def init_app(app: Flask) -> None:
    app.add_template_filter(units_in_groups)
    app.add_template_filter(topics_in_groups)


def units_in_groups(units: Collection[Unit]) -> list[tuple[str, list[Unit]]]:
    kinds: list[tuple[UnitGroup | None, str]] = [*GROUPS.items(), (None, OTHERS)]
    found = [(_(name), in_order(one for one in units if one.group is kind)) for kind, name in kinds]
    return [(name, some) for name, some in found if some]


def topics_in_groups(topics: Iterable[Topic]) -> list[tuple[str, list[Topic]]]:
    """The lines as callers hear them, then what has none."""
    groups: dict[Line | None, list[Topic]] = {}
    for one in topics:
        groups.setdefault(one.line, []).append(one)
    lines = sorted(groups, key=lambda line: (line is None, line.rank if line else 0))
    return [(named(line) if line else _("其他"), in_order(groups[line])) for line in lines]


def in_order(some: Iterable[T]) -> list[T]:
    return sorted(some, key=_by_pinyin)


def _by_pinyin(one: Topic | Unit) -> bytes:
    """The common characters stand in this encoding in the order of their pinyin."""
    return one.name.encode("gb18030")
