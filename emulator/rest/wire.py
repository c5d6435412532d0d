"""How the carrier writes things on the wire: errors, dates, pages."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from typing import Any, TypeVar
from urllib.parse import urlencode

from emulator.legs import Reports

T = TypeVar("T")
Json = dict[str, Any]

PAGE_SIZE = 50
LARGEST_PAGE = 1000
METHODS = {"GET", "POST"}
BAD_CALLBACK = 21609
# A day is sometimes written as its first moment.
MIDNIGHT = "T00:00:00Z"


class RestError(Exception):
    """Answered with the carrier's error body."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message

    def body(self) -> Json:
        return {
            "code": self.code,
            "message": self.message,
            "more_info": f"https://www.twilio.com/docs/errors/{self.code}",
            "status": self.status,
        }


def not_found(path: str) -> RestError:
    return RestError(404, 20404, f"The requested resource {path} was not found")


def invalid(message: str, code: int = 20001) -> RestError:
    return RestError(400, code, message)


@dataclass(frozen=True)
class Query:
    """The fields of a request: repeated ones are lists, all others single."""

    path: str
    fields: Mapping[str, Sequence[str]]

    def get(self, name: str, default: str = "") -> str:
        values = self.fields.get(name)
        return values[-1] if values else default

    def has(self, name: str) -> bool:
        return name in self.fields

    def all(self, name: str) -> list[str]:
        return list(self.fields.get(name, ()))

    def flag(self, name: str) -> bool | None:
        """None when it was not said."""
        if not self.has(name):
            return None
        value = self.get(name).lower()
        if value not in ("true", "false"):
            raise invalid(f"{name} must be true or false")
        return value == "true"

    def url(self, name: str, code: int = 21205) -> str:
        """An address that can be asked, or nothing."""
        text = self.get(name)
        if text and not text.startswith(("http://", "https://")):
            raise invalid(f"{name} is not a valid URL: {text}", code)
        return text

    def method(self, name: str = "Method", default: str = "POST") -> str:
        method = self.get(name, default)
        if method not in METHODS:
            raise invalid(f"{name} must be GET or POST")
        return method

    def reports(self, name: str) -> Reports | None:
        """Where a status callback goes, with its method and its events."""
        url, method = self.url(name, BAD_CALLBACK), self.method(f"{name}Method")
        return Reports.of(url, method, self.all(f"{name}Event"))

    def within(self, name: str, moment: datetime | None) -> bool:
        """Days and times are compared as ISO text, the way the carrier takes them."""
        if not any(self.has(name + mark) for mark in ("", "<", ">")):
            return True
        if moment is None:
            return False
        text = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
        if self.has(name) and not text.startswith(
            self.get(name).removesuffix(MIDNIGHT).rstrip("Z")
        ):
            return False
        if self.has(name + "<") and text >= self.get(name + "<"):
            return False
        return not (self.has(name + ">") and text < self.get(name + ">"))

    def number(self, name: str, default: int) -> int:
        text = self.get(name, str(default))
        if not text.isdecimal():
            raise invalid(f"{name} must be a number")
        return int(text)

    def required(self, name: str, code: int) -> str:
        if not self.get(name):
            raise invalid(f"Missing required parameter {name} in the post body", code)
        return self.get(name)


@dataclass(frozen=True)
class Answered:
    status: int
    body: str
    content_type: str = "application/json"
    media: bytes = b""


def answer(body: Json, status: int = 200) -> Answered:
    return Answered(status, json.dumps(body, ensure_ascii=False))


def date(moment: datetime | None) -> str | None:
    return None if moment is None else format_datetime(moment)


def page(query: Query, key: str, found: Iterable[T], show: Callable[[T], Json]) -> Answered:
    """One page of a list in the carrier's envelope."""
    size = min(max(1, query.number("PageSize", PAGE_SIZE)), LARGEST_PAGE)
    number = query.number("Page", 0)
    everything = list(found)
    shown = everything[number * size : (number + 1) * size]
    more = len(everything) > (number + 1) * size
    return answer(
        {
            key: [show(one) for one in shown],
            "page": number,
            "page_size": size,
            "start": number * size,
            "end": number * size + max(0, len(shown) - 1),
            "uri": _page_uri(query, number, size),
            "first_page_uri": _page_uri(query, 0, size),
            "next_page_uri": _page_uri(query, number + 1, size) if more else None,
            "previous_page_uri": _page_uri(query, number - 1, size) if number else None,
        }
    )


def _page_uri(query: Query, number: int, size: int) -> str:
    kept = [
        (name, value)
        for name, values in query.fields.items()
        if name not in ("Page", "PageSize", "PageToken")
        for value in values
    ]
    kept += [("PageSize", str(size)), ("Page", str(number))]
    if number:
        kept.append(("PageToken", f"PA{number}"))
    return f"{query.path}?{urlencode(kept)}"
