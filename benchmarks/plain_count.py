"""Indicators counted a second way: every row read once, and plain loops over them.

Slow, and written from the formulas alone; what the product counts by its selects must agree."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, scoped_session

from infra.clock import now
from models import (
    Asking,
    Assignment,
    DialAttempt,
    FollowUp,
    LegalClock,
    Request,
    Round,
    Supervision,
    Ticket,
    Urge,
)

Parts = dict[int | None, tuple[float, int]]
# Unit, moment, whether it happened, whether it counts.
Fact = tuple[int | None, datetime | None, bool, bool]


def plain(session: Session | scoped_session[Session]) -> dict[str, Callable[..., Parts]]:
    """By the code of the indicator: a function of a period's begin and end."""
    rows = _Rows(session)
    return {
        code: lambda start, end, facts=facts: _counted(facts(), start, end)
        for code, facts in rows.indicators().items()
    }


def _counted(facts: Iterable[Fact], start: datetime, end: datetime) -> Parts:
    parts: Parts = {}
    for unit, at, hit, counts in facts:
        if at is not None and counts and start <= at < end:
            hits, number = parts.get(unit, (0.0, 0))
            parts[unit] = (hits + hit, number + 1)
    return parts


class _Rows:
    def __init__(self, session: Any) -> None:
        def every(model: type[Any]) -> list[Any]:
            return list(session.scalars(select(model)))

        self.tickets = {one.id: one for one in every(Ticket)}
        self.first_level = [
            one for one in every(Assignment) if one.level == 1 and one.part != "info"
        ]
        self.by_id = {one.id: one for one in self.first_level}
        requests = every(Request)
        self.returns = [one for one in requests if one.kind == "return"]
        self.extended = {
            one.assignment_id
            for one in requests
            if one.kind == "extension" and one.state == "approved"
        }
        rounds = {one.id: one.round_id for one in every(Assignment)}
        self.excluded, self.appealed = (
            {
                (rounds.get(one.assignment_id), one.ticket_id)
                for one in requests
                if one.kind == kind and one.state == "approved"
            }
            for kind in ("exclusion", "score_appeal")
        )
        self.rounds = {one.id: one for one in every(Round)}
        self.supervised = {one.ticket_id for one in every(Supervision) if one.unit_id is not None}
        self.urged = {one.ticket_id for one in every(Urge)}
        self.mediated = {one.ticket_id for one in every(LegalClock) if one.step == "accept"}
        self.follow_ups = every(FollowUp)
        self.asked = {one.follow_up_id for one in every(Asking)}
        self.rung = {one.dial_id for one in every(DialAttempt) if one.result != "not_placed"}
        self.of_matter: dict[tuple[int | None, int | None], list[Ticket]] = defaultdict(list)
        for ticket in self.tickets.values():
            if ticket.person_id is not None and ticket.topic_id is not None:
                self.of_matter[ticket.person_id, ticket.topic_id].append(ticket)
        self.of_place: dict[tuple[str, int | None], list[Ticket]] = defaultdict(list)
        for ticket in self.tickets.values():
            if ticket.place_mark is not None:
                self.of_place[ticket.place_mark, ticket.topic_id].append(ticket)

    def indicators(self) -> dict[str, Callable[[], Iterable[Fact]]]:
        return {
            "sign": self.sign,
            "respond": self.respond,
            "on_time": lambda: self.due(self.done_in_time),
            "late": lambda: self.due(lambda one: not self.done_in_time(one)),
            "extended": lambda: self.due(lambda one: one.id in self.extended),
            "returned": lambda: self.given(lambda one: bool(self.asks(one))),
            "returned_rightly": lambda: self.given(
                lambda one: any(ask.state == "approved" for ask in self.asks(one))
            ),
            "returned_wrongly": self.refused_returns,
            "dispatched_rightly": lambda: self.given(
                lambda one: one.state != "returned" and one.recalled_because != "wrong_unit",
                of_hotline=True,
            ),
            "dispatched_in_time": self.dispatched_in_time,
            "supervised": lambda: self.sent(lambda one: one.id in self.supervised),
            "urged": lambda: self.sent(lambda one: one.id in self.urged),
            "repeated": self.repeated,
            "at_once": self.at_once,
            "solved": lambda: self.followed(
                lambda one: one.solved == "yes", lambda one: one.solved is not None
            ),
            "satisfied": lambda: self.followed(
                lambda one: (one.final_rating or 0) >= 3,
                lambda one: (
                    one.ticket_id not in self.mediated
                    and (one.round_id, one.ticket_id) not in self.appealed
                ),
            ),
            "handled_again": self.handled_again,
            "followed_up": lambda: self.attempted(lambda tried, _one: tried, all_of_them=True),
            "reached": lambda: self.attempted(
                lambda _tried, one: one.result == "reached", all_of_them=False
            ),
        }

    def sign(self) -> Iterable[Fact]:
        for one in self.first_level:
            due, signed = one.sign_due_at, one.signed_at
            gone = signed is None and one.ended_at is not None and due and one.ended_at <= due
            passed = due is not None and due <= now()
            in_time = signed is not None and due is not None and signed <= due
            yield one.unit_id, due, in_time, passed and not gone

    def respond(self) -> Iterable[Fact]:
        for one in self.first_level:
            due, spoken = one.respond_due_at, one.contacted_at
            counts = one.part == "lead" and due is not None and due <= now() and _stayed(one)
            yield one.unit_id, due, bool(spoken and due and spoken <= due), counts

    def due(self, hit: Callable[[Assignment], bool]) -> Iterable[Fact]:
        for one in self.first_level:
            if one.due_at is None or one.due_at > now():
                continue
            done = one.replied_at
            waits = one.state == "replied" and done is not None and done <= one.due_at
            yield one.unit_id, one.due_at, hit(one), _stayed(one) and not waits

    def done_in_time(self, one: Assignment) -> bool:
        done, due = one.replied_at, one.due_at
        return one.state == "accepted" and bool(done and due and done <= due)

    def given(
        self, hit: Callable[[Assignment], bool], *, of_hotline: bool = False
    ) -> Iterable[Fact]:
        for one in self.first_level:
            yield None if of_hotline else one.unit_id, one.dispatched_at, hit(one), True

    def asks(self, one: Assignment) -> list[Request]:
        if not hasattr(self, "_asks"):
            self._asks: dict[int | None, list[Request]] = defaultdict(list)
            for ask in self.returns:
                self._asks[ask.assignment_id].append(ask)
        return self._asks[one.id]

    def refused_returns(self) -> Iterable[Fact]:
        for ask in self.returns:
            one = self.by_id.get(ask.assignment_id or 0)
            counts = ask.state in ("approved", "rejected")
            yield one.unit_id if one else None, ask.decided_at, ask.state == "rejected", counts

    def dispatched_in_time(self) -> Iterable[Fact]:
        first: dict[int, datetime] = {}
        for one in self.first_level:
            first[one.ticket_id] = min(
                one.dispatched_at, first.get(one.ticket_id, one.dispatched_at)
            )
        for ticket_id, at in first.items():
            ticket = self.tickets[ticket_id]
            soon = ticket.submitted_at and at - ticket.submitted_at <= timedelta(minutes=10)
            yield None, at, bool(soon), ticket.dispatched_at is not None

    def sent(self, hit: Callable[[Ticket], bool]) -> Iterable[Fact]:
        for one in self.tickets.values():
            yield one.unit_id, one.dispatched_at, hit(one), True

    def repeated(self) -> Iterable[Fact]:
        for one in self.tickets.values():
            before = any(
                other.id != one.id
                and timedelta() < one.submitted_at - other.submitted_at <= timedelta(days=30)
                for other in [*self.same_matter(one), *self.same_place(one)]
            )
            hit = before or one.merged_into_id is not None
            yield one.unit_id, one.submitted_at, hit, one.state != "void"

    def at_once(self) -> Iterable[Fact]:
        again = {one.ticket_id for one in self.rounds.values() if one.number > 1}
        for one in self.tickets.values():
            if one.state not in ("answered", "closed", "archived"):
                continue
            ended = one.closed_at or one.submitted_at
            week = timedelta(days=7)
            after = any(
                other.id != one.id and timedelta() < other.submitted_at - ended <= week
                for other in self.same_matter(one)
            )
            yield one.unit_id, ended, one.id not in again and not after, ended + week <= now()

    def same_place(self, one: Ticket) -> list[Ticket]:
        if one.place_mark is None or one.topic_id is None:
            return []
        return self.of_place[one.place_mark, one.topic_id]

    def same_matter(self, one: Ticket) -> list[Ticket]:
        if one.person_id is None or one.topic_id is None:
            return []
        return self.of_matter[one.person_id, one.topic_id]

    def followed(
        self,
        hit: Callable[[FollowUp], bool],
        answered: Callable[[FollowUp], bool] = lambda _one: True,
    ) -> Iterable[Fact]:
        leads = self.leads()
        for one in self.follow_ups:
            counts = one.result == "reached" and (one.round_id, one.ticket_id) not in self.excluded
            counts = counts and answered(one)
            yield leads.get(one.round_id), one.done_at, counts and hit(one), counts

    def handled_again(self) -> Iterable[Fact]:
        """Of each ticket the last time that its citizen was reached."""
        last = {
            one.ticket_id: one
            for one in sorted(self.follow_ups, key=lambda one: one.id)
            if one.result == "reached" and (one.round_id, one.ticket_id) not in self.excluded
        }
        again = {one.ticket_id for one in self.rounds.values() if one.number > 1}
        leads = self.leads()
        for one in last.values():
            yield leads.get(one.round_id), one.done_at, one.ticket_id in again, True

    def leads(self) -> dict[int, int]:
        return {
            one.round_id: one.unit_id
            for one in self.first_level
            if one.part == "lead" and one.state == "accepted"
        }

    def attempted(
        self, hit: Callable[[bool, FollowUp], bool], *, all_of_them: bool
    ) -> Iterable[Fact]:
        """Attempted: a person or the robot asked, or tried to; reached: he has said something."""
        leads = self.leads()
        for one in self.follow_ups:
            reached = one.result == "reached"
            attempted = reached or one.id in self.asked or one.dial_id in self.rung
            counts = one.result not in ("exempt", "withdrawn") and (all_of_them or attempted)
            yield leads.get(one.round_id), one.done_at, hit(attempted, one), counts


def _stayed(one: Assignment) -> bool:
    return one.state not in ("returned", "recalled")
