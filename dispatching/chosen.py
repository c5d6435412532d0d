"""Which units a dispatcher chose in his form, and which part of the queue he looks at."""

from datetime import datetime

from flask import abort, request
from sqlalchemy import select

from infra.db import session
from models import Unit
from web import asked, forms
from web.languages import _


def lead() -> Unit:
    """The proposal that was ticked, or the other one that was looked up.  Raises Wrong."""
    code = request.form.get("lead", "")
    if code in ("", "other"):
        code = request.form.get("other", "")
    if not code:
        raise forms.Wrong(_("请选择主办单位"))
    return unit(code)


def unit(code: str) -> Unit:
    """Raises Wrong."""
    found = session.scalar(select(Unit).where(Unit.code == code[:32].replace("\0", "")))
    if found is None:
        raise forms.Wrong(_("没有这个单位"))
    return found


def units(name: str) -> list[Unit]:
    """Those of a list of many, each once."""
    return [unit(code) for code in dict.fromkeys(request.form.getlist(name)) if code]


def after() -> tuple[datetime, int] | None:
    """Where the page before ended; 404 for what no page said."""
    moment, _cut, last = asked.text("after").partition("_")
    if not moment:
        return None
    try:
        at = datetime.fromisoformat(moment)
        return at, int(last[:10])
    except ValueError:
        abort(404, _("没有这一页"))
