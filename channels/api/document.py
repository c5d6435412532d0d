"""The OpenAPI document, made from the doors themselves: it says nothing else than they do."""

from functools import cache
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from channels.api import answers
from channels.api.door import IN_PATH, JSON, OPERATIONS, Operation
from channels.api.repeats import HEADER
from models import Scope
from web.asked import LARGEST_ID
from web.problems import MEDIA_TYPE

REFERENCE = "#/components/schemas/{model}"
SECURITY = "key"
ABOUT = """
A member unit's own system reads its tickets, signs them, replies and asks, as its clerks do on
their pages. Errors are problem details (RFC 9457) in Chinese, or in English by `Accept-Language`.
Times are ISO 8601 with an offset. How to begin: docs/api.md of the source.
"""


@cache
def made(public_url: str) -> dict[str, Any]:
    paths: dict[str, dict[str, Any]] = {}
    for one in OPERATIONS:
        path = IN_PATH.sub(r"{\1}", one.path)
        paths.setdefault(path, {})[one.method.lower()] = _operation(one)
    return {
        "openapi": "3.1.0",
        "info": {"title": "12345 hotline: interface for units", "version": "1",
                 "description": " ".join(ABOUT.split())},
        "servers": [{"url": f"{public_url}/api/v1"}],
        "paths": paths,
        "components": {
            "schemas": _schemas(),
            "responses": {"Problem": {
                "description": "Not done; `detail` says why and what to do.",
                "content": {MEDIA_TYPE: {"schema": _reference(answers.Problem)}},
            }},
            "securitySchemes": {SECURITY: {
                "type": "http", "scheme": "bearer",
                "description": "The unit's key. Scopes: " + ", ".join(Scope) + ".",
            }},
        },
    }  # fmt: skip


def _schemas() -> dict[str, Any]:
    taken = {one.body for one in OPERATIONS if one.body}
    given = {one.answers for one in OPERATIONS if one.answers} | {answers.Problem}
    modes = [(model, "validation") for model in taken] + [(one, "serialization") for one in given]
    modes.sort(key=lambda one: one[0].__name__)
    _map, whole = models_json_schema(modes, ref_template=REFERENCE)  # type: ignore[arg-type]
    found: dict[str, Any] = whole["$defs"]
    return found


def _operation(one: Operation) -> dict[str, Any]:
    told: dict[str, Any] = {
        "operationId": one.name,
        "summary": one.says,
        "security": [{SECURITY: [one.scope]}],
        "parameters": [*_places(one), *_query(one), *_headers(one)],
        "responses": {str(one.status): _answer(one), **_problems(one)},
    }
    if one.body is not None:
        content: dict[str, Any] = {JSON: {"schema": _reference(one.body)}}
        told["requestBody"] = {"required": True, "content": content}
    elif one.takes:
        told["requestBody"] = {"required": True, "content": {kind: {} for kind in one.takes}}
    return told


def _places(one: Operation) -> list[dict[str, Any]]:
    number = {"type": "integer", "minimum": 1, "maximum": LARGEST_ID}
    return [{"name": name, "in": "path", "required": True, "schema": number} for name in one.places]


def _query(one: Operation) -> list[dict[str, Any]]:
    if one.query is None:
        return []
    # A query's parameters stand where they are used, whole.
    whole = one.query.model_json_schema()
    defined = whole.get("$defs", {})
    return [
        {
            "name": name,
            "in": "query",
            "required": name in whole.get("required", []),
            "description": shape.pop("description", ""),
            "schema": _inlined(shape, defined),
        }
        for name, shape in whole["properties"].items()
    ]


def _inlined(shape: Any, defined: dict[str, Any]) -> Any:
    """Without null, which an address cannot say, and without references."""
    if "anyOf" in shape:
        (only,) = [one for one in shape["anyOf"] if one.get("type") != "null"]
        return _inlined(only, defined)
    if "$ref" in shape:
        return _inlined(defined[shape["$ref"].rpartition("/")[2]], defined)
    return {name: value for name, value in shape.items() if name not in ("title", "default")}


def _headers(one: Operation) -> list[dict[str, Any]]:
    if not one.repeatable:
        return []
    return [
        {
            "name": HEADER,
            "in": "header",
            "required": False,
            "description": "The same key within 24 hours is the same request, done once.",
            "schema": {"type": "string", "minLength": 1, "maxLength": 255,
                       "pattern": "^[!-~]+$"},
        }
    ]  # fmt: skip


def _answer(one: Operation) -> dict[str, Any]:
    if one.answers is None:
        return {"description": "The content.", "content": {kind: {} for kind in one.gives}}
    return {
        "description": "Done.",
        "content": {JSON: {"schema": _reference(one.answers)}},
    }


def _problems(one: Operation) -> dict[str, Any]:
    statuses = {400, 401, 403, 404, 405, 429, 503}
    if one.writes or one.places or one.query:
        statuses |= {409, 422}
    if one.body is not None or one.takes:
        statuses |= {413, 415}
    return {str(status): {"$ref": "#/components/responses/Problem"} for status in sorted(statuses)}


def _reference(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": REFERENCE.format(model=model.__name__)}
