"""The gate for what comes in: what the database cannot hold is refused before any door sees it.

The carrier's webhooks pass: a caller must hear words, and their own door sees to that."""

import re
from collections.abc import Iterator
from typing import Any

from flask import Flask, abort, current_app, request
from sqlalchemy.exc import DataError
from werkzeug.routing import IntegerConverter, Map

from web.asked import LARGEST_ID
from web.languages import _

# PostgreSQL: a text is longer than its column, a number larger than its.
TOO_LONG, TOO_LARGE = "22001", "22003"

# PostgreSQL has no NUL, and half a character (a lone surrogate) is none.  Looked for by one search:
# letter by letter, a long form costs more than the page that answers it.
UNKEPT = re.compile("[\0\ud800-\udfff]")


class Id(IntegerConverter):
    """An id in an address; one that no row can have is an address that does not exist."""

    def __init__(self, map: Map) -> None:
        super().__init__(map, max=LARGEST_ID)


def init_app(app: Flask) -> None:
    app.url_map.converters["int"] = Id
    app.before_request(_refuse_what_cannot_be_kept)


def explained(error: DataError) -> str:
    """What the database did not take, for whoever has typed it."""
    state = getattr(error.orig, "sqlstate", None)
    if state == TOO_LONG:
        return _("有内容太长，请缩短后再提交")
    if state == TOO_LARGE:
        return _("有编号或数字超出范围，请检查后再试")
    return _("有内容无法保存，请检查后再提交")


def _refuse_what_cannot_be_kept() -> None:
    view = current_app.view_functions.get(request.endpoint or "")
    if (largest := getattr(view, "largest_body", None)) is not None:
        request.max_content_length = largest
    if getattr(view, "access", "") == "signed":
        return
    try:
        kept = all(_can_be_kept(one) for one in _texts())
    except RecursionError:
        abort(400, _("内容嵌套太深"))
    if not kept:
        abort(400, _("内容含有无法保存的字符，请删除后再提交"))


def _texts() -> Iterator[str]:
    yield request.path
    for values in (request.args, request.form):
        for name, value in values.items(multi=True):
            yield from (name, value)
    if request.is_json:
        yield from _within(request.get_json(silent=True))


def _within(body: Any) -> Iterator[str]:
    if isinstance(body, str):
        yield body
    elif isinstance(body, dict):
        for name, value in body.items():
            yield name
            yield from _within(value)
    elif isinstance(body, list):
        for value in body:
            yield from _within(value)


def _can_be_kept(text: str) -> bool:
    return UNKEPT.search(text) is None
