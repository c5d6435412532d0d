"""What the check of a request found, in words and in the language that was asked for."""

from typing import Any

from pydantic import ValidationError

from infra.wording import N_
from models import RequestKind
from web.languages import _

MOST = 20
WORDS = {
    "missing": N_("缺少这一项"),
    "extra_forbidden": N_("没有这一项，请检查拼写"),
    "string_type": N_("应为文字"),
    "string_too_short": N_("至少 %(min_length)s 个字"),
    "string_too_long": N_("最多 %(max_length)s 个字"),
    "bool_type": N_("应为 true 或 false"),
    "int_type": N_("应为整数"),
    "int_parsing": N_("应为整数"),
    "int_parsing_size": N_("数字太大"),
    "greater_than_equal": N_("不能小于 %(ge)s"),
    "less_than_equal": N_("不能大于 %(le)s"),
    "enum": N_("应为 %(expected)s"),
    "literal_error": N_("应为 %(expected)s"),
    "union_tag_invalid": N_("应为 %(expected_tags)s"),
    "union_tag_not_found": N_("请以 kind 说明申请的种类"),
    "timezone_aware": N_("时间应带时区，如 2026-03-02T09:00:00+08:00"),
    "list_type": N_("应为列表"),
    "too_long": N_("最多 %(max_length)s 项"),
    "model_type": N_("应为一个对象"),
    "model_attributes_type": N_("应为一个对象"),
    "dict_type": N_("应为一个对象"),
}
# Of several shapes the kind says which is meant.
SHAPES = set(RequestKind)
DATES = ("datetime_", "date_")


def told(error: ValidationError) -> list[dict[str, str]]:
    """Where, as a JSON pointer or the parameter's name, and why."""
    found = error.errors(include_url=False, include_input=False)
    return [{"where": _where(one), "why": _why(one)} for one in found[:MOST]]


def is_no_json(error: ValidationError) -> bool:
    return any(one["type"] == "json_invalid" for one in error.errors(include_url=False))


def _where(one: Any) -> str:
    """Without the name of the shape, which is ours and stands nowhere in the request."""
    place = [str(part) for part in one["loc"]]
    if one["type"].startswith("union_tag"):
        place.append("kind")
    elif place and place[0] in SHAPES:
        place.pop(0)
    return "/" + "/".join(place)


def _why(one: Any) -> str:
    kind, known = one["type"], one.get("ctx", {})
    if kind == "value_error":
        # Said by a check of ours, in the right language already.
        return str(known["error"])
    if kind in WORDS:
        return _(WORDS[kind], **known)
    if kind.startswith(DATES):
        return _("应为 ISO 8601 的时间，如 2026-03-02T09:00:00+08:00")
    return _("不符合要求")
