"""A language model writes a draft's summary and proposes what the rules left empty.

Nothing of it is believed: each proposal must be a row of the city's own or stand literally in the
sentence that it names, and the summary may tell no number that nobody said.  What fails the checks
is dropped, and the draft stays as the rules made it.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import exists, select
from sqlalchemy.dialects.postgresql import insert

from assist.llm import Answer
from assist.redaction import PLACEHOLDER, Redaction
from infra.clock import now
from infra.db import session
from models import (
    KIND_LABELS,
    Call,
    District,
    Kind,
    ModelUse,
    Party,
    Ticket,
    TicketState,
    Topic,
    Unit,
    UseOutcome,
)
from tickets import completion, fields, history, lifecycle, telling

PROMPT = (Path(__file__).parent / "draft_prompt.txt").read_text(encoding="utf-8")
PROMPT_VERSION = f"draft-{hashlib.sha256(PROMPT.encode()).hexdigest()[:12]}"
SPEAKERS = {str(Party.CITIZEN): "市民", str(Party.AGENT): "话务员"}
# It is proposed, not sure: an agent confirms every draft.
CONFIDENCE = 0.5
ANOTHER_IS_AT_IT = timedelta(minutes=2)
SETTLED = frozenset(UseOutcome) - {UseOutcome.ASKED, UseOutcome.AWAY}
ENOUGH_ATTEMPTS = 4
NUMBER = re.compile(r"\d+")


class Proposed(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, str_strip_whitespace=True)

    field: Literal["kind", "topic", "district", "address", "unit"]
    value: str = Field(min_length=1, max_length=200)
    sentence: int


class Written(BaseModel):
    """What the model is asked to answer."""

    model_config = ConfigDict(extra="forbid", strict=True, str_strip_whitespace=True)

    summary: str = Field(min_length=6, max_length=300)
    summary_from: int
    fields: list[Proposed] = Field(max_length=10)


@dataclass(frozen=True)
class Quoted:
    """A proposal with the sentence it came from."""

    value: str
    sentence: str
    confidence: float = CONFIDENCE


@dataclass(frozen=True)
class Task:
    """What the model is asked about one call, and how its answer is read."""

    use_id: int
    call_id: int
    said: completion.Segments
    instructions: str
    question: str
    redaction: Redaction


def begin(call_id: int, model: str) -> Task | None:
    """Note that the model is asked; None when it was already, or when it must not be."""
    call = session.get(Call, call_id)
    if call is None or not completion.begun(call):
        return None
    ticket = lifecycle.of_call(call_id, lock=True)
    said = completion.segments(call_id)
    use = _use(ticket, model, len(said)) if ticket.is_draft else None
    if use is None:
        return None
    reason = _withheld(ticket, said)
    if reason is not None:
        _end(use, UseOutcome.WITHHELD, reason=reason)
        return None
    redaction = Redaction()
    lines = [
        f"{number} {SPEAKERS.get(party, party)}：{redaction.of(text)}"
        for number, (party, text) in enumerate(said, start=1)
    ]
    return Task(use.id, call_id, said, f"{PROMPT}\n{_city()}", "\n".join(lines), redaction)


def take(task: Task, answer: Answer) -> None:
    """Take over what stands the checks."""
    use = session.get_one(ModelUse, task.use_id, with_for_update=True)
    ticket = lifecycle.of_call(task.call_id, lock=True)
    use.tokens = answer.tokens
    if not ticket.is_draft:
        _end(use, UseOutcome.MOOT)
        return
    try:
        written = Written.model_validate_json(answer.text)
    except ValidationError as error:
        wrong = sorted({".".join(map(str, one["loc"])) or one["type"] for one in error.errors()})
        _end(use, UseOutcome.NONSENSE, wrong=wrong[:10])
        return
    good, dropped = _checked(task, written)
    # What rules and experience have found is explained better than this.
    open_ = {field: one for field, one in good.items() if _open(ticket, field)}
    filled = lifecycle.fill(ticket, open_)
    if filled:
        history.note(ticket, "completed_by_model", model=use.model, fields=filled)
        completion.tell_desk(session.get_one(Call, task.call_id))
    outcome = UseOutcome.TAKEN if good else UseOutcome.NONSENSE
    _end(use, outcome, fields=filled, dropped=dropped)


def wrote(call_id: int, said: completion.Segments) -> bool:
    """Whether the draft holds what the model wrote of these very words."""
    of_these = (Ticket.call_id == call_id) & (ModelUse.heard == len(said))
    written = select(ModelUse.id).join(Ticket, Ticket.id == ModelUse.ticket_id)
    taken = written.where(of_these, ModelUse.outcome == UseOutcome.TAKEN)
    return session.scalar(taken.limit(1)) is not None


def fail(task: Task, outcome: UseOutcome, error: Exception) -> None:
    """There was no answer; the draft stays as it is."""
    use = session.get_one(ModelUse, task.use_id, with_for_update=True)
    _end(use, outcome, error=str(error))


def unwritten(pause: timedelta, limit: int) -> list[int]:
    """Calls whose completed draft the model was never asked about, or did not answer."""
    at = now()
    settled = exists().where(
        ModelUse.ticket_id == Ticket.id,
        ModelUse.at >= Ticket.completed_at,
        (ModelUse.outcome.in_(SETTLED))
        | (ModelUse.attempts >= ENOUGH_ATTEMPTS)
        | (ModelUse.at > at - pause),
    )
    return list(
        session.scalars(
            select(Ticket.call_id)
            .where(
                Ticket.state == TicketState.DRAFT,
                Ticket.call_id.is_not(None),
                Ticket.completed_at <= at - pause,
                ~settled,
            )
            .order_by(Ticket.id)
            .limit(limit)
        )
    )


def _use(ticket: Ticket, model: str, heard: int) -> ModelUse | None:
    """The row of this asking; None when these words were asked about, or another worker is."""
    at = now()
    key = {"ticket_id": ticket.id, "prompt": PROMPT_VERSION, "heard": heard}
    session.execute(insert(ModelUse).values(**key, model=model, at=at).on_conflict_do_nothing())
    use = session.scalars(select(ModelUse).filter_by(**key).with_for_update()).one()
    busy = use.outcome is UseOutcome.ASKED and use.attempts and use.at > at - ANOTHER_IS_AT_IT
    if use.outcome in SETTLED or busy:
        return None
    use.outcome, use.model, use.at, use.ended_at = UseOutcome.ASKED, model, at, None
    use.attempts += 1
    return use


def _withheld(ticket: Ticket, said: completion.Segments) -> str | None:
    """Why nothing of this call may leave the house; None when it may."""
    if not any(party == Party.CITIZEN for party, _ in said):
        return "no words"
    if ticket.confidential or ticket.kind is Kind.REPORT:
        return "confidential"
    return "a minor" if telling.concerns_a_minor(ticket) else None


def _city() -> str:
    """The codes that may be proposed, with their names."""
    return "\n".join(
        f"{name}：" + "，".join(f"{code} {shown}" for code, shown in sorted(known.items()))
        for name, known in (
            ("诉求类型", {str(kind): label for kind, label in KIND_LABELS.items()}),
            ("事项类别", _codes(Topic)),
            ("区县", _codes(District)),
            ("承办单位", _codes(Unit)),
        )
    )


def _codes(model: type[Topic] | type[District] | type[Unit]) -> dict[str, str]:
    query = select(model.code, model.name)
    if model is Unit:
        query = query.where(Unit.active)
    return dict(session.execute(query).all())


def _checked(task: Task, written: Written) -> tuple[dict[str, Quoted], list[str]]:
    """What stands the checks, by field; and the fields that do not."""
    own = {
        number: text
        for number, (party, text) in enumerate(task.said, start=1)
        if party == Party.CITIZEN
    }
    good: dict[str, Quoted] = {}
    dropped = []
    for field, value, number in _claims(written):
        told = task.redaction.undone(value)
        if field not in good and number in own and _stands(field, told, own[number], task.said):
            good[field] = Quoted(told, own[number])
        else:
            dropped.append(field)
    return good, dropped


def _claims(written: Written) -> Iterator[tuple[str, str, int]]:
    yield "summary", written.summary, written.summary_from
    for one in written.fields:
        yield one.field, one.value, one.sentence


def _stands(field: str, value: str, sentence: str, said: completion.Segments) -> bool:
    if field == "summary":
        numbers = {number for _, text in said for number in NUMBER.findall(text)}
        return not PLACEHOLDER.search(value) and numbers.issuperset(NUMBER.findall(value))
    if field == "address":
        return len(value) > 1 and value in sentence
    if field == "kind":
        return value in set(Kind)
    return value in _codes(fields.CODED[field])


def _open(ticket: Ticket, field: str) -> bool:
    return field == "summary" or fields.read(ticket, field) in (None, "")


def _end(use: ModelUse, outcome: UseOutcome, **detail: object) -> None:
    use.outcome, use.ended_at, use.detail = outcome, now(), dict(detail)
