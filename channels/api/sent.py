"""What is sent to the interface: each shape said once, to check by and to document from."""

from datetime import UTC, date, datetime
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    RootModel,
    model_validator,
)

from models import (
    AssignmentState,
    ContactWay,
    Solved,
)
from web.asked import LARGEST_ID
from web.languages import _

EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
MOST_ITEMS = 200

Text = Annotated[str, Field(min_length=1, max_length=4000)]
Note = Annotated[str, Field(max_length=4000)]
Code = Annotated[str, Field(min_length=1, max_length=32)]


def _within_reach(moment: datetime) -> datetime:
    if not EARLIEST <= moment <= LATEST:
        raise ValueError(_("时间应在 2000 年至 2200 年之间"))
    return moment.astimezone(UTC)


Moment = Annotated[AwareDatetime, AfterValidator(_within_reach)]


class Given(BaseModel):
    """Something that is sent to us: nothing unknown in it, and spaces around words are no words."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


# What is asked for in an address.


class AssignmentsWanted(Given):
    updated_since: Moment | None = Field(
        None, description="Only what changed since then; take `as_of` of the pull before."
    )
    state: AssignmentState | None = None
    ticket: Annotated[str, Field(max_length=24)] | None = Field(
        None, description="Only of the ticket with this number."
    )
    after: int = Field(0, ge=0, le=LARGEST_ID, description="`next` of the page before.")
    limit: int = Field(50, ge=1, le=MOST_ITEMS)


class EventsWanted(Given):
    after: int | None = Field(
        None,
        ge=0,
        le=LARGEST_ID,
        description="`next` of the page before; without it the stream begins now.",
    )
    limit: int = Field(100, ge=1, le=MOST_ITEMS)


class AttachmentWanted(Given):
    name: Annotated[str, Field(min_length=1, max_length=120)] = Field(
        description="How the file is called."
    )


# What is sent.


class Contact(Given):
    """The citizen was spoken to, or it was tried."""

    way: ContactWay = ContactWay.PHONE
    reached: bool = True
    words: Note = ""


class Answered(Given):
    """The unit's reply: what it found, what it did, and what the citizen may read."""

    public: Text = Field(description="What the citizen will read or hear.")
    facts_true: bool = Field(description="Whether what was reported is so.")
    solved: Solved
    why_not: Note = Field("", description="Needed unless `solved` is `yes`.")
    internal: Note = Field("", description="For the hotline only.")
    contacted_at: Moment | None = Field(
        None,
        description="When the citizen was spoken to, not before dispatch.  What was not recorded"
        " when it was done is recorded with the reply, and counts from then.",
    )
    contact_way: ContactWay | None = None
    no_contact: Note = Field("", description="Why not; needed without `contacted_at`.")
    beyond_duty: bool = False

    @model_validator(mode="after")
    def is_whole(self) -> Self:
        if self.solved is not Solved.YES and not self.why_not:
            raise ValueError(_("没有完全解决时，请在 why_not 中说明原因"))
        if self.contacted_at is None and not self.no_contact:
            raise ValueError(_("请填写 contacted_at，或在 no_contact 中说明为何没有联系"))
        return self


class ReturnAsked(Given):
    """The ticket is not this unit's."""

    kind: Literal["return"]
    code: Annotated[str, Field(min_length=1, max_length=16)] = Field(
        description="The kind of reason, as the hotline lists them."
    )
    reason: Text
    basis: Text = Field(description="The written rule that says so.")
    suggested_unit: Code | None = Field(None, description="Whose it is, by the unit's code.")


class ExtensionAsked(Given):
    """More time: working days, or hours where the limit to reply is in natural minutes."""

    kind: Literal["extension"]
    days: int | None = Field(None, ge=1, le=10, description="Working days.")
    hours: int | None = Field(None, ge=1, le=24, description="Hours, day and night.")
    reason: Text

    @model_validator(mode="after")
    def is_one(self) -> Self:
        if (self.days is None) == (self.hours is None):
            raise ValueError(_("请填写 days 或 hours 之一"))
        return self


class HelpAsked(Given):
    """Another unit should assist."""

    kind: Literal["co_handling"]
    reason: Text
    unit: Code = Field(description="Who should help: a member unit, no sub-unit of one.")


class SuspensionAsked(Given):
    kind: Literal["suspension"]
    reason: Text
    until: date = Field(description="When it is looked at again; after today.")


class DifficultyAsked(Given):
    """It takes much longer than others of its kind; approved, a plan is owed."""

    kind: Literal["difficult"]
    reason: Text


class OtherAsked(Given):
    kind: Literal["exclusion", "score_appeal", "meeting"]
    reason: Text
    code: Annotated[str, Field(max_length=16)] = ""
    basis: Note = ""
    units: list[Code] = Field([], max_length=20, description="Who should be heard.")


AnyAsked = ReturnAsked | ExtensionAsked | HelpAsked | SuspensionAsked | DifficultyAsked | OtherAsked


class Asked(RootModel[Annotated[AnyAsked, Discriminator("kind")]]):
    """Something that the hotline decides."""


class Planned(Given):
    """What the unit will do about a difficult ticket by when; said anew it is the plan that
    holds."""

    plan: Annotated[str, Field(min_length=1, max_length=1000)]
    review_on: date = Field(
        description="When it is looked at again, after today; unit and leads are told then."
    )

    @model_validator(mode="after")
    def is_within_reach(self) -> Self:
        if self.review_on > LATEST.date():
            raise ValueError(_("时间应在 2000 年至 2200 年之间"))
        return self


class Delegation(Given):
    """Part of it goes to a sub-unit, which must be done before the unit itself is due."""

    unit: Code
    due_at: Moment
    advice: Note = ""
