"""Errors for machines: problem details (RFC 9457) with words that a person can act on."""

import math
from collections.abc import Sequence
from typing import Any

from flask import Response, current_app, json, request
from werkzeug.http import HTTP_STATUS_CODES

PATH = "/api/"
# The page that tells people about it.
DOCS = "/api/v1/docs"
MEDIA_TYPE = "application/problem+json"


def wanted() -> bool:
    """Whether the one who asks is a machine, by the address."""
    return request.path.startswith(PATH) and request.path != DOCS


def problem(
    status: int,
    detail: str,
    *,
    errors: Sequence[dict[str, str]] = (),
    retry_after: float | None = None,
    allow: str | None = None,
) -> Response:
    """``errors`` say where in the request something is wrong, by JSON pointer or parameter."""
    told: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTP_STATUS_CODES.get(status, "Error"),
        "status": status,
        "detail": detail,
    }
    if errors:
        told["errors"] = list(errors)
    answer: Response = current_app.response_class(
        json.dumps(told, ensure_ascii=False) + "\n", status, mimetype=MEDIA_TYPE
    )
    if status == 401:
        answer.headers["WWW-Authenticate"] = "Bearer"
    if retry_after is not None:
        answer.headers["Retry-After"] = str(max(1, math.ceil(retry_after)))
    if allow is not None:
        answer.headers["Allow"] = allow
    answer.headers["Cache-Control"] = "no-store"
    return answer
