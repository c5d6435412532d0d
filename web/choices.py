"""Long lists to choose from, in groups and in the order of their pinyin: units by their kind,
topics by their line. With each goes how it is typed, so that ``choice.js`` finds it."""

import importlib
from collections.abc import Collection, Iterable
from functools import cache
from typing import Any, TypeVar

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
    app.add_template_filter(spelled)
    app.add_template_filter(units_in_groups)
    app.add_template_filter(topics_in_groups)


def prepare() -> None:
    """Before gunicorn forks, so that no page waits for it and all processes share it."""
    _dictionary()


@cache
def spelled(name: str) -> str:
    """As one types it: all letters, then the first of each syllable (changjianglu cjl)."""
    syllables = _dictionary().lazy_pinyin(name.lower())
    letters = "".join(syllables).replace(" ", "")
    return f"{letters} {''.join(one[0] for one in syllables)}"


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
    return sorted(some, key=_spelling)


def _spelling(one: Topic | Unit) -> str:
    return spelled(one.name)


@cache
def _dictionary() -> Any:
    """Its phrases know chang from zhang; only processes that draw pages load it."""
    return importlib.import_module("pypinyin")
