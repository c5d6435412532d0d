"""The fields of a ticket: what may be typed, and what each kind of ticket must have."""

from dataclasses import dataclass
from typing import Any, cast

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select

from infra.db import session
from models import District, Kind, Ticket, Topic, Unit, Urgency
from web.languages import _, _l

LABELS = {
    "kind": _l("诉求类型"),
    "topic": _l("事项类别"),
    "district": _l("所属区县"),
    "address": _l("详细地址"),
    "summary": _l("诉求内容"),
    "demand": _l("市民期望"),
    "unit": _l("承办单位"),
    "urgency": _l("紧急程度"),
    "confidential": _l("保密"),
    "needs_reply": _l("需要回复"),
    "citizen_name": _l("市民姓名"),
    "minor": _l("未成年人"),
}

_MATTER = ("kind", "topic", "district", "address", "summary", "demand")
REQUIRED: dict[Kind | None, tuple[str, ...]] = {
    None: ("kind", "summary"),
    Kind.CONSULT: ("kind", "topic", "summary"),
    Kind.HELP: _MATTER,
    Kind.COMPLAINT: _MATTER,
    Kind.REPORT: _MATTER,
    Kind.SUGGEST: ("kind", "topic", "summary"),
    Kind.PRAISE: ("kind", "summary"),
}

# Fields that are rows of the city, named by their codes outside.
CODED: dict[str, type[Topic] | type[District] | type[Unit]] = {
    "topic": Topic,
    "district": District,
    "unit": Unit,
}

# What is said of the citizen himself, and the next call should know.
PROTECTS = "minor"


class Typed(BaseModel):
    """What an agent typed; a field that is absent is not touched, null empties it."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    kind: Kind | None = None
    topic: str | None = None
    district: str | None = None
    address: str | None = Field(None, max_length=200)
    summary: str | None = Field(None, max_length=2000)
    demand: str | None = Field(None, max_length=500)
    unit: str | None = None
    urgency: Urgency = Urgency.NORMAL
    confidential: bool = False
    needs_reply: bool = True
    citizen_name: str | None = Field(None, max_length=40)
    minor: bool = False


@dataclass
class FieldsMissing(Exception):
    """A ticket cannot be submitted yet; ``missing`` says what to do, field by field."""

    missing: dict[str, str]
    permanent = True

    def __str__(self) -> str:
        return _("；").join(self.missing.values())


class UnknownCode(Exception):
    """A topic, district or unit of that code does not exist."""

    permanent = True


def read(ticket: Ticket, field: str) -> Any:
    """A field as the outside knows it: codes instead of ids."""
    value = getattr(ticket, field)
    return value.code if value is not None and field in CODED else value


def write(ticket: Ticket, field: str, value: Any) -> None:
    """Set a field from outside; raises UnknownCode."""
    if field not in CODED:
        setattr(ticket, field, value if value != "" else None)
        if field == PROTECTS and value is not None and ticket.person is not None:
            # A child is spared from now on, whatever becomes of the draft.
            ticket.person.minor = value
        return
    row = _row(field, value) if value else None
    setattr(ticket, f"{field}_id", row.id if row else None)
    setattr(ticket, field, row)


def remember_name(ticket: Ticket) -> None:
    """The citizen is known by it from now on; a surname alone does not replace a whole name."""
    person, name = ticket.person, ticket.citizen_name
    if person is not None and name and not (person.name or "").startswith(name):
        person.name = name


def _row(field: str, code: str) -> Topic | District | Unit:
    model = CODED[field]
    found = session.scalars(select(model).where(model.code == code)).first()
    row = cast(Topic | District | Unit | None, found)
    if row is None:
        raise UnknownCode(
            _("%(field)s没有编码“%(code)s”，请重新选择", field=LABELS[field], code=code)
        )
    return row


def changed(ticket: Ticket, typed: Typed) -> dict[str, Any]:
    """What was typed other than the ticket has it."""
    given = {field: getattr(typed, field) for field in typed.model_fields_set}
    return {field: value for field, value in given.items() if read(ticket, field) != value}


def insist_complete(ticket: Ticket) -> None:
    """Raise FieldsMissing unless the ticket has what its kind requires."""
    insist_filled(ticket, REQUIRED[ticket.kind])


def insist_filled(ticket: Ticket, required: tuple[str, ...]) -> None:
    missing = {
        field: _("请填写%(field)s", field=LABELS[field])
        for field in required
        if read(ticket, field) in (None, "")
    }
    if missing:
        raise FieldsMissing(missing)


def as_json(ticket: Ticket) -> dict[str, Any]:
    return {field: read(ticket, field) for field in LABELS}
