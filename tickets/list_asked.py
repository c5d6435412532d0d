"""What the address of the list of tickets asks for."""

from typing import TypeVar

from flask import flash

from models import Kind, TicketState
from tickets import lit, pieces
from tickets.wanted import Wanted
from web import asked
from web.languages import _

E = TypeVar("E", Kind, TicketState)


def wanted() -> Wanted:
    return Wanted(
        state=_member(TicketState, asked.text("state")),
        kind=_member(Kind, asked.text("kind")),
        topic=asked.text("topic"),
        district=asked.text("district"),
        unit=asked.text("unit"),
        line=asked.text("line"),
        words=" ".join(asked.words("words")),
        number=_piece(asked.text("number")),
        first=asked.day("from"),
        last=asked.day("to"),
        mine=bool(asked.text("mine")),
        light=_light(asked.text("light")),
        before=asked.number("before"),
        after=asked.place("after"),
    )


def _piece(typed: str) -> pieces.Piece | None:
    found = pieces.read(typed) if typed else None
    if typed and found is None:
        flash(
            _(
                "不能按“%(typed)s”找工单号：请填完整的（20261124-000123）、开头（202611）或末尾几位（123）",
                typed=typed,
            )
        )
    return found


def _light(value: str) -> str:
    return value if value in lit.LIGHTS else ""


def _member(words: type[E], value: str) -> E | None:
    return words(value) if value in set(words) else None
