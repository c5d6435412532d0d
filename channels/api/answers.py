"""What the interface answers: each shape said once, to write by and to document from."""

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from models import (
    AssignmentState,
    AttachmentState,
    Kind,
    LegalStep,
    Part,
    ReplyVerdict,
    RequestKind,
    RequestState,
    Solved,
    TicketState,
    Urgency,
)

Light = Literal["green", "blue", "yellow", "red"]
Target = Literal["sign", "mobilise", "respond", "on_site", "reply"]


class Told(BaseModel):
    """Something that we answer."""

    model_config = ConfigDict(extra="forbid")


class Named(Told):
    code: str
    name: str


class Holder(Told):
    """Whose key this is, and what it opens."""

    unit: Named
    sub_units: list[Named]
    scopes: list[str]
    expires_at: datetime


class Assignment(Told):
    """One unit's part of one ticket."""

    id: int
    ticket: str = Field(description="The ticket's number.")
    part: Part
    level: int
    state: AssignmentState
    ticket_state: TicketState
    light: Light = Field(description="Of what is still owed the worst.")
    next_target: Target | None = Field(description="What is owed next; null when nothing is.")
    next_due_at: datetime | None
    kind: Kind | None
    urgency: Urgency
    topic: Named | None
    district: Named | None
    confidential: bool
    forced: bool = Field(description="A return was refused: it cannot be returned again.")
    dispatched_at: datetime
    sign_due_at: datetime | None
    respond_due_at: datetime | None
    mobilise_due_at: datetime | None
    on_site_due_at: datetime | None
    due_at: datetime | None
    signed_at: datetime | None
    contacted_at: datetime | None
    mobilised_at: datetime | None
    on_site_done_at: datetime | None
    replied_at: datetime | None
    accepted_at: datetime | None
    ended_at: datetime | None
    changed_at: datetime | None


class Assignments(Told):
    items: list[Assignment]
    next: int | None = Field(description="`after` of the next page; null on the last.")
    as_of: datetime = Field(
        description="`updated_since` of the next pull. It overlaps a little: what comes twice"
        " is known by its id."
    )


class Reply(Told):
    id: int
    at: datetime
    facts_true: bool
    solved: Solved
    why_not: str
    public: str
    internal: str
    contacted_at: datetime | None
    no_contact: str
    verdict: ReplyVerdict | None
    remarks: str = Field(description="Why the hotline refused it.")


class Request(Told):
    id: int
    kind: RequestKind
    state: RequestState
    applied_at: datetime
    reason: str
    decided_at: datetime | None
    decision: str


class Delegated(Told):
    """What a sub-unit made of its part."""

    assignment: int
    unit: Named
    state: AssignmentState
    due_at: datetime | None
    replies: list[Reply]


class Attachment(Told):
    id: int
    name: str
    media_type: str
    size: int
    sha256: str
    state: AttachmentState
    at: datetime


class Step(Told):
    """One step that the law of 12315 asks for, and its date, which no extension of the hotline's
    moves."""

    step: LegalStep
    begins_at: datetime
    due_at: datetime
    extended_at: datetime | None
    may_be_extended: bool
    done_at: datetime | None
    outcome: bool | None = Field(
        description="Accepted, mediated, filed, told; or not, and then `words` say why."
    )
    words: str


class Steps(Told):
    steps: list[Step] = Field(description="In the order in which they began.")


class Merged(Told):
    """A ticket of another citizen about the same matter: your answer is his as well."""

    number: str
    address: str
    summary: str
    demand: str


class Difficulty(Told):
    """The unit's part was approved as difficult: more time, and a plan that is owed."""

    approved_at: datetime
    plan_due_at: datetime = Field(description="By when the plan is owed.")
    planned_at: datetime | None = Field(description="When a plan was first filed.")
    plan: str
    review_on: date | None = Field(description="When it is looked at again.")


class AssignmentInFull(Assignment):
    """With the matter itself; whoever reads it is in the hotline's log."""

    citizen: str | None = Field(
        description="The family name, masked; null where not even that may be known. Numbers are"
        " never told: call through the hotline."
    )
    summary: str
    demand: str
    address: str
    advice: str = Field(description="The dispatcher's.")
    round: int = Field(description="1 is the first handling; each rehandling adds one.")
    rehandled_because: str = Field(
        description="What the citizen said is wrong, without who he is; empty in the first round."
    )
    merged: list[Merged] = Field(description="What was merged into it, each with its own place.")
    replies: list[Reply]
    requests: list[Request]
    difficulty: Difficulty | None = Field(description="Null where it is none.")
    delegated: list[Delegated]
    attachments: list[Attachment]
    legal: list[Step] = Field(description="Of 12315 complaints and reports; else empty.")


class Event(Told):
    """One thing that happened to a ticket while the unit had it."""

    id: int
    at: datetime
    name: str
    ticket: str
    unit: str | None = Field(description="The code of the unit that it concerns.")
    assignment: int | None
    request: int | None
    reply: int | None
    attachment: int | None


class Events(Told):
    items: list[Event]
    next: int = Field(description="`after` of the next page, also when nothing was found.")
    more: bool = Field(description="Whether to ask again at once.")


class Wrong(Told):
    where: str
    why: str


class Problem(Told):
    """Problem details, RFC 9457; `detail` says what to do."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[Wrong] = Field([], description="What of the request is wrong, and where.")
