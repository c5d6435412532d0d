"""How the interface's doors are made: declared once, checked, answered and documented from that.

Our own few lines over pydantic, because the libraries for it bring a way of writing routes and a
reader of their own; see ADR 8."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, abort, current_app, request
from pydantic import BaseModel, ValidationError

from channels.api import errors, repeats
from models import IllegalMove, Scope
from staff.access import with_key
from tickets.locking import NotThere
from web.languages import _
from web.problems import problem

bp = Blueprint("api", __name__, url_prefix="/api/v1")

JSON = "application/json"
IN_PATH = re.compile(r"<int:(\w+)>")

View = Callable[..., BaseModel | Response]


@dataclass(frozen=True)
class Operation:
    """One door: what it takes, what it gives, and who may come in."""

    method: str
    path: str
    name: str
    says: str
    scope: Scope
    answers: type[BaseModel] | None
    status: int
    query: type[BaseModel] | None
    body: type[BaseModel] | None
    # Media types where content itself is sent or given.
    takes: tuple[str, ...] = ()
    gives: tuple[str, ...] = ()

    @property
    def writes(self) -> bool:
        return self.method != "GET"

    @property
    def repeatable(self) -> bool:
        """Whether an Idempotency-Key is heard; a file is known again by its content."""
        return self.writes and not self.takes

    @property
    def places(self) -> list[str]:
        return IN_PATH.findall(self.path)


OPERATIONS: list[Operation] = []


def operation(
    line: str, scope: Scope, answers: type[BaseModel] | None, *, status: int = 200, **known: Any
) -> Callable[[View], View]:
    """``line`` is "POST /assignments/<int:assignment_id>/signature"; the docstring is told."""
    method, _space, path = line.partition(" ")

    def decorate(view: View) -> View:
        declared = Operation(
            method=method,
            path=path,
            name=view.__name__,
            says=" ".join((view.__doc__ or "").split()),
            scope=scope,
            answers=answers,
            status=status,
            query=known.get("query"),
            body=known.get("body"),
            takes=known.get("takes", ()),
            gives=known.get("gives", ()),
        )
        OPERATIONS.append(declared)

        def serve(**place: int) -> Response:
            return _serve(declared, view, place)

        door = with_key(scope)(serve)
        door.largest_body = known.get("largest_body")  # type: ignore[attr-defined]
        bp.add_url_rule(path, view.__name__, door, methods=[method])
        return view

    return decorate


def _serve(declared: Operation, view: View, place: dict[str, int]) -> Response:
    try:
        given = {**place, **_given(declared)}
    except ValidationError as error:
        return _invalid(error)

    def act() -> Response:
        answer = view(**given)
        return answer if isinstance(answer, Response) else _told(answer, declared.status)

    try:
        return repeats.once(act) if declared.repeatable else act()
    except NotThere:
        abort(404, _("没有这一项，或不属于本单位"))
    except IllegalMove:
        # What was half done is rolled back with the answer.
        return problem(409, _("当前状态不允许这一步；请重新读取后再试"))


def _given(declared: Operation) -> dict[str, BaseModel]:
    """Query and body; raises ValidationError."""
    given: dict[str, BaseModel] = {}
    if declared.query is not None:
        given["query"] = declared.query.model_validate(request.args.to_dict())
    if declared.body is not None:
        if request.mimetype != JSON:
            abort(415, _("请以 application/json 提交"))
        given["body"] = declared.body.model_validate_json(request.get_data(), strict=True)
    return given


def _told(answer: BaseModel, status: int) -> Response:
    made: Response = current_app.response_class(
        answer.model_dump_json() + "\n", status, mimetype=JSON
    )
    return made


def _invalid(error: ValidationError) -> Response:
    if errors.is_no_json(error):
        return problem(400, _("提交的内容不是有效的 JSON"))
    return problem(422, _("提交的内容不符合要求，详见 errors"), errors=errors.told(error))
