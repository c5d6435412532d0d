"""The interface's documentation as a page: made from the same declarations as its OpenAPI document,
so that it says nothing else, and asks no other host for anything."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, current_app, render_template

from channels import meanings
from channels.api import document
from channels.api.door import IN_PATH, OPERATIONS, Operation
from infra.rates import BURST_S
from infra.wording import N_
from models import Scope
from web.access import public
from web.languages import _

bp = Blueprint("api_docs", __name__, template_folder="templates")

TITLES = {
    "unit": N_("密钥属于哪个单位、有哪些权限"),
    "assignments": N_("本单位的承办列表，逐页读取"),
    "assignment": N_("一条承办和工单内容；每次读取都有记录"),
    "sign": N_("签收；重复签收无妨"),
    "contact": N_("已与市民联系；第一次起算"),
    "mobilise": N_("已出动（5533）"),
    "done_on_site": N_("现场处置完毕（5533）；仍须反馈"),
    "reply": N_("反馈；热线审核后市民才能看到"),
    "ask": N_("申请退单、延期或其他须热线决定的事"),
    "plan": N_("填报疑难工单的办理方案和复核日；再次填报以新的为准"),
    "cancel": N_("撤回还没有决定的申请"),
    "delegate": N_("下派给下级单位，返回下级单位的承办"),
    "stream": N_("从游标起，本单位工单发生的事，按顺序，不遗漏"),
    "attach": N_("上传附件，请求体即文件；同样内容只存一份"),
    "download": N_("附件内容"),
    "decide": N_("完成 12315 法定步骤，由主办单位办理"),
    "lengthen": N_("延长 12315 法定步骤，到期前，限一次"),
    "linkages": N_("与对方平台的联动事项，逐页读取"),
    "offer": N_("请热线接收；同一编号是同一事项"),
    "accept": N_("接收热线转来的事项"),
    "refuse": N_("不接收，热线先行办理"),
    "report": N_("回复办理结果"),
    "exchanges": N_("与对方平台的交换件，逐页读取"),
    "take_in": N_("交换一件工单；返回回执，重复发送无妨"),
    "acknowledge": N_("完整收到并接收；重复无妨"),
    "refuse_package": N_("不接收，写明理由；热线另行派单"),
    "answer": N_("答复；热线审核后市民才能看到"),
    "day_list": N_("热线某一天的对账清单"),
    "reconcile": N_("提交某一天的清单，返回与热线的差异"),
}
TYPES = {
    "string": N_("文字"),
    "integer": N_("整数"),
    "number": N_("数"),
    "boolean": N_("是否"),
    "array": N_("列表"),
    "object": N_("对象"),
}
PROBLEMS = {
    400: N_("不是有效的 JSON"),
    401: N_("没有密钥，或密钥错误、已吊销、已过期"),
    403: N_("密钥没有这项权限"),
    404: N_("没有这一项，或不属于本单位"),
    409: N_("当前状态或规则不允许，detail 写明原因"),
    413: N_("内容太大"),
    415: N_("内容的格式不受支持"),
    422: N_("内容不符合要求，errors 逐项写明"),
    429: N_("过于频繁，按 Retry-After 的秒数再试"),
    503: N_("暂时无法服务，请稍后再试"),
}
MOMENT = "2026-03-02T09:00:00+08:00"
CHECKSUM = "^[0-9a-f]{64}$"
# What no field alone is needed for: that the citizen was spoken to, or why not.
ONE_OF_TWO: dict[str, dict[str, Any]] = {"Answered": {"contacted_at": MOMENT}}


@dataclass(frozen=True)
class Field:
    """One line of a table: a parameter, or a piece of a body."""

    name: str
    type: str
    needed: bool
    says: str


@dataclass(frozen=True)
class Table:
    """One shape of a body or an answer; ``name``: which, where there are several."""

    name: str
    fields: list[Field]


@dataclass(frozen=True)
class Told:
    """One door as the page shows it."""

    declared: Operation
    path: str
    title: str
    parameters: list[Field]
    body: list[Table]
    answer: list[Table]
    curl: str


@bp.get("/api/v1/docs")
@public
def page() -> str:
    made = document.made(current_app.config["SETTINGS"].public_url)
    told = [_told(one, made) for one in OPERATIONS]
    return render_template(
        "docs/page.html",
        groups={scope: [one for one in told if one.declared.scope == scope] for scope in Scope},
        server=made["servers"][0]["url"],
        shapes=_nested(made["components"]["schemas"]),
        problems=PROBLEMS,
        burst=BURST_S,
    )


def _told(one: Operation, made: dict[str, Any]) -> Told:
    path = IN_PATH.sub(r"{\1}", one.path)
    said = made["paths"][path][one.method.lower()]
    schemas = made["components"]["schemas"]
    body = schemas[one.body.__name__] if one.body else {}
    answer = schemas[one.answers.__name__] if one.answers else {}
    return Told(
        one,
        path,
        _(TITLES[one.name]) if one.name in TITLES else one.says,
        [
            Field(
                given["name"],
                _type(given["schema"], schemas),
                given["required"],
                _(meanings.of(f"{one.name}?", given["name"])),
            )
            for given in said["parameters"]
        ],
        list(_tables(body, schemas)),
        list(_tables(answer, schemas)),
        _curl(one, path, body, schemas, made["servers"][0]["url"]),
    )


def _tables(schema: dict[str, Any], schemas: dict[str, Any]) -> Iterator[Table]:
    """Of one shape, or of each that a body may have."""
    found = _shapes(schema, schemas)
    for shape in found:
        kind = shape.get("properties", {}).get("kind", {})
        told = kind.get("const") or " / ".join(kind.get("enum", [])) if len(found) > 1 else ""
        yield Table(told, _fields(shape, schemas))


def _fields(shape: dict[str, Any], schemas: dict[str, Any]) -> list[Field]:
    needed = shape.get("required", [])
    return [
        Field(
            name,
            _type(one, schemas),
            name in needed,
            _(meanings.of(shape["title"], name)),
        )
        for name, one in shape.get("properties", {}).items()
    ]


def _nested(schemas: dict[str, Any]) -> dict[str, Table]:
    """The shapes that stand inside of others, by their names."""
    doors = {model.__name__ for one in OPERATIONS for model in (one.body, one.answers) if model}
    inside = {name: shape for name, shape in schemas.items() if shape.get("properties")}
    inner = _referred_to(schemas)
    return {
        name: Table(name, _fields(shape, schemas))
        for name, shape in inside.items()
        if name in inner or name not in doors
    }


def _referred_to(schema: Any) -> set[str]:
    """The names of all shapes that are named anywhere in it."""
    if isinstance(schema, dict):
        own = {schema["$ref"].rpartition("/")[2]} if isinstance(schema.get("$ref"), str) else set()
        return own.union(*map(_referred_to, schema.values()))
    if isinstance(schema, list):
        return set().union(*map(_referred_to, schema))
    return set()


def _shapes(schema: dict[str, Any], schemas: dict[str, Any]) -> list[dict[str, Any]]:
    found = schema.get("oneOf") or schema.get("anyOf") or [schema]
    return [_resolved(one, schemas) for one in found]


def _resolved(schema: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in schema:
        return schema
    found: dict[str, Any] = schemas[schema["$ref"].rpartition("/")[2]]
    return found


def _type(schema: dict[str, Any], schemas: dict[str, Any]) -> str:
    shapes = [one for one in _shapes(schema, schemas) if one.get("type") != "null"]
    one = _resolved(shapes[0], schemas) if shapes else {}
    if "enum" in one or "const" in one:
        return " / ".join(map(str, one.get("enum") or [one["const"]]))
    if one.get("type") == "array":
        return _("%(kind)s 的列表", kind=_type(one.get("items", {}), schemas))
    if one.get("properties"):
        return str(one["title"])
    if one.get("format") == "date-time":
        return _("时间（ISO 8601，带时区）")
    name = TYPES.get(one.get("type", ""), "—")
    kind = _(name)
    if "maxLength" in one:
        return _("%(kind)s，最多 %(most)s 个字", kind=kind, most=one["maxLength"])
    return kind


def _curl(
    one: Operation, path: str, body: dict[str, Any], schemas: dict[str, Any], server: str
) -> str:
    address = IN_PATH.sub("1", one.path)
    words = ["curl -sS -f", '-H "Authorization: Bearer $KEY"']
    if one.method not in ("GET", "POST") or (one.method == "POST" and not body):
        words.append(f"-X {one.method}")
    if one.repeatable:
        words.append(f'-H "Idempotency-Key: {one.name}-1"')
    if one.takes:
        words += [f'-H "Content-Type: {one.takes[0]}"', "--data-binary @file"]
        address += "?name=file"
    elif body:
        written = json.dumps(example(body, schemas), ensure_ascii=False)
        words.append(f"--json '{written}'")
    return " ".join([*words, f'"{server}{address}"'])


def example(schema: dict[str, Any], schemas: dict[str, Any]) -> Any:
    """The shortest content of this shape: what is needed, and nothing else."""
    one = next(shape for shape in _shapes(schema, schemas) if shape.get("type") != "null")
    if "oneOf" in one or "anyOf" in one:
        return example(one, schemas)
    if "const" in one or "enum" in one:
        return one.get("const", one.get("enum", [""])[0])
    if one.get("type") == "object":
        named = {name: one["properties"][name] for name in one.get("required", [])}
        given = {name: example(shape, schemas) for name, shape in named.items()}
        return given | ONE_OF_TWO.get(one.get("title", ""), {})
    if one.get("type") == "array":
        return [example(one.get("items", {}), schemas)]
    return _simple(one)


def _simple(one: dict[str, Any]) -> Any:
    said = {"date-time": MOMENT, "date": MOMENT[:10]}.get(one.get("format", ""))
    if one.get("pattern") == CHECKSUM:
        said = "0" * 64
    if one.get("type") == "boolean":
        return True
    if one.get("type") in ("integer", "number"):
        return max(1, int(one.get("minimum", 1)))
    return said or "x" * max(1, one.get("minLength", 1))
