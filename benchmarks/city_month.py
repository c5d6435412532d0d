"""A month of a city's tickets through all states, by simulated clerks on virtual time.

The verbs, the database and the sweeps are the real ones; only the people are made up: who signs
late, sends back, asks for more days, answers badly or never, and what the citizen says afterwards.
In the end every ticket must have ended legally, every history hold, every indicator be what a
plain count of the rows gives, and nothing have been sent twice."""

import heapq
import random
import time
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import count

from sqlalchemy import select, text

from analytics import measuring
from analytics.indicators import INDICATORS
from app import create_app
from benchmarks import replayed, running, written_bare
from benchmarks.figures import Report
from benchmarks.plain_count import plain
from config import Settings
from followups import outcome, planning
from followups import people as asking
from infra import clock
from infra.db import session, transaction
from infra.privacy import fingerprint
from models import (
    Assignment,
    ContactWay,
    District,
    FollowUp,
    FollowUpState,
    Kind,
    Person,
    RequestState,
    Role,
    Solved,
    StaffMember,
    Ticket,
    TicketState,
    Topic,
    Unit,
)
from models.lifecycle import FINAL
from tickets import (
    arbitration,
    closing,
    deadlines,
    dispatch,
    fields,
    handling,
    history,
    lifecycle,
    locking,
    proposals,
    requests,
    supervising,
    timekeeping,
)
from tickets.handling import Answer
from web.refusals import Refused

TICKETS = 10_000
BEGINS = datetime(2026, 3, 1, tzinfo=UTC)
ARRIVE_WITHIN = timedelta(days=30)
SWEEPS_EVERY = timedelta(hours=1)
# Long after the last must have ended.
AT_MOST = timedelta(days=150)
SEED = 12345
RATIO = 4

Act = Callable[[], None]
minute, hour, day = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def run(report: Report, asked: Namespace) -> None:
    with running.database() as env:
        app = create_app(Settings.read(env))
        with app.app_context(), virtual() as now:
            month = Month(now, asked.tickets)
            began = time.perf_counter()
            month.play()
            seconds = time.perf_counter() - began
            report.say("illegal_ends", _illegal_ends(), "tickets", at_most=0)
            report.say("chain_breaks", sum(1 for _ in history.verify_all()), "chains", at_most=0)
            report.say("kpi_mismatches", _mismatches(), "figures", at_most=0)
            report.say("sent_twice", _sent_twice(), "messages", at_most=0)
            _say_speed(report, asked.tickets, seconds)


class Virtual:
    """The time of the city, set by what happens next."""

    def __init__(self) -> None:
        self.now = BEGINS


@contextmanager
def virtual() -> Iterator[Virtual]:
    held = Virtual()
    clock.use(lambda: held.now)
    try:
        yield held
    finally:
        clock.use(None)


class Month:
    """What is to happen, in order of time; each act is a transaction of its own."""

    def __init__(self, held: Virtual, number: int) -> None:
        self.held, self.dice, self.order = held, random.Random(SEED), count()
        self.ahead: list[tuple[datetime, int, Act]] = []
        with transaction():
            self.staff = {
                role: session.scalars(
                    select(StaffMember).where(StaffMember.roles.contains([role]))
                ).first()
                for role in (Role.AGENT, Role.DISPATCHER, Role.LEAD, Role.QA)
            }
            self.topics = list(session.scalars(select(Topic.code).order_by(Topic.id)))
            self.districts = list(session.scalars(select(District.code).order_by(District.id)))
            self.units = list(session.scalars(select(Unit.id).where(Unit.parent_id.is_(None))))
            session.execute(text("TRUNCATE ticket CASCADE"))
            # As a door knows who is signed in: nobody reads them again for each act.
            session.expunge_all()
        for n in range(number):
            self._at(BEGINS + ARRIVE_WITHIN * self.dice.random(), partial(self.arrives, n))
        self._at(BEGINS, self.sweep)

    def play(self) -> None:
        while self.ahead:
            at, _order, act = heapq.heappop(self.ahead)
            self.held.now = at
            try:
                act()
            except Refused:
                # What is not allowed any more: somebody was faster, as in life.
                session.rollback()

    # What people do.

    def arrives(self, n: int) -> None:
        with transaction():
            person = self._person(n)
            ticket = Ticket(person_id=person.id, created_at=clock.now())
            session.add(ticket)
            session.flush()
            kind = self.dice.choices(list(Kind), [20, 35, 30, 2, 8, 5])[0]
            lifecycle.submit(ticket, by=self._who(Role.AGENT), typed=self._typed(kind))
            number = ticket.number or ""
        self._in(minute * self.dice.randint(1, 20), lambda: self.dispatched(number))

    def dispatched(self, number: str) -> None:
        with transaction():
            ticket = locking.ticket(number)
            if ticket.state is not TicketState.PENDING_DISPATCH:
                return
            proposed = [one.lead for one in proposals.propose(ticket)]
            lead = proposed[0] if proposed else session.get_one(Unit, self._any(self.units))
            first = dispatch.dispatch(ticket, lead, by=self._who(Role.DISPATCHER))
            assignment_id = first.id
        self._in(self._soon(2 * hour, 2 * day), lambda: self.signed(assignment_id))
        if self.dice.random() < 0.08:
            self._in(self._soon(day, 5 * day), lambda: self.urged(number))

    def signed(self, assignment_id: int) -> None:
        with transaction():
            one = locking.assignment(assignment_id)
            request_id = self._asked_to_return(one) if self.dice.random() < 0.12 else None
            if request_id is None:
                handling.sign(one, by=None)
        if request_id is None:
            self._in(self._soon(4 * hour, 2 * day), lambda: self.handled(assignment_id))
        else:
            self._in(self._soon(hour, day), lambda: self.decided(request_id, assignment_id))

    def _asked_to_return(self, one: Assignment) -> int | None:
        """None when the unit may not return it any more, and so has to handle it."""
        try:
            return requests.ask_return(
                one,
                by=None,
                code="duty",
                reason="不属于本单位职责",
                basis="三定方案",
                suggested=None,
            ).id
        except handling.NotYet:
            return None

    def decided(self, request_id: int, assignment_id: int) -> None:
        with transaction():
            asked = locking.request(request_id)
            if asked.state is not RequestState.APPLIED:
                return
            by = self._who(Role.LEAD)
            if asked.arbitration and asked.assignment is not None:
                arbitration.arbitrate(
                    asked, asked.assignment.unit, by=by, decision="属于贵单位职责"
                )
                self._in(self._soon(hour, day), lambda: self.handled(assignment_id))
            elif self.dice.random() < 0.6:
                requests.approve(asked, by=by, lead=True)
                number = asked.ticket.number or ""
                self._in(self._soon(10 * minute, hour), lambda: self.dispatched(number))
            else:
                requests.refuse(asked, by=by, decision="属于贵单位职责", lead=True)
                self._in(self._soon(hour, day), lambda: self.handled(assignment_id))

    def handled(self, assignment_id: int) -> None:
        with transaction():
            one = locking.assignment(assignment_id)
            handling.sign(one, by=None)
            if self.dice.random() < 0.9:
                handling.contact(one, by=None, way=ContactWay.PHONE)
            extends = self.dice.random() < 0.08 and one.due_at is not None
        if extends:
            self._in(hour, lambda: self.extended(assignment_id))
        # Some are late, and a few say nothing until they are pressed for weeks.
        late = self.dice.choices([3 * day, 9 * day, 30 * day], [88, 10, 2])[0]
        self._in(self._soon(2 * hour, late), lambda: self.replied(assignment_id))

    def extended(self, assignment_id: int) -> None:
        with transaction():
            one = locking.assignment(assignment_id)
            natural = deadlines.runs_at_night(one)
            asked = requests.ask_extension(
                one,
                None if natural else self.dice.randint(1, 5),
                hours=self.dice.randint(1, 12) if natural else None,
                by=None,
                reason="等待配件",
            )
            requests.approve(asked, by=self._who(Role.LEAD), lead=True)

    def replied(self, assignment_id: int) -> None:
        with transaction():
            one = locking.assignment(assignment_id)
            if not one.in_hand:
                return
            solved = self.dice.choices(list(Solved), [80, 12, 8])[0]
            given = handling.reply(
                one,
                Answer(
                    public="已派人到现场处理，感谢您的反映。",
                    facts_true=True,
                    solved=solved,
                    why_not="" if solved is Solved.YES else "需要多部门配合",
                    no_contact="" if one.contacted_at else "电话未接通",
                    contacted_at=one.contacted_at,
                ),
                by=None,
            )
            reply_id = given.id
        self._in(self._soon(hour, day), lambda: self.checked(reply_id, assignment_id))

    def checked(self, reply_id: int, assignment_id: int) -> None:
        with transaction():
            given, by = locking.reply(reply_id), self._who(Role.QA)
            if self.dice.random() < 0.1:
                closing.refuse_reply(given, by=by, remarks="未说明处理结果")
                self._in(self._soon(2 * hour, 2 * day), lambda: self.replied(assignment_id))
            else:
                closing.accept_reply(given, by=by)

    def urged(self, number: str) -> None:
        with transaction():
            ticket = locking.ticket(number)
            if ticket.state not in FINAL:
                supervising.urge(ticket, call=None, by=self._who(Role.AGENT))

    # What the clock does, and whoever asks afterwards.

    def sweep(self) -> None:
        timekeeping.each_minute()
        planning.run()
        self._ask_citizens()
        with transaction():
            going_on = session.scalar(select(Ticket.id).where(Ticket.state.not_in(FINAL)).limit(1))
        more = self.ahead or going_on is not None
        if more and clock.now() < BEGINS + AT_MOST:
            self._in(SWEEPS_EVERY, self.sweep)

    def _ask_citizens(self) -> None:
        """Those whom no robot rings here are asked by people, one transaction each."""
        with transaction():
            waiting = session.scalars(
                select(FollowUp.id).where(
                    FollowUp.state.in_([FollowUpState.ROBOT, FollowUpState.PERSON])
                )
            ).all()
        for follow_up_id in waiting:
            chance = self.dice.random()
            if chance < 0.5:
                continue  # nobody has come to it yet
            with transaction():
                self._ask(follow_up_id, chance)

    def _ask(self, follow_up_id: int, chance: float) -> None:
        one, by = asking.locked(follow_up_id), self._who(Role.QA)
        if one.state is FollowUpState.ROBOT:
            # No telephone rings on virtual time: the robot's part is left to its own tests.
            outcome.to_person(one, "asked_for_person")
        if chance < 0.6:
            asking.not_reached(one, by=by)
        elif chance < 0.62:
            asking.refuse(one, by=by)
        elif one.why == "handled_often":
            asking.settle_for_good(one, by=self._who(Role.LEAD))
        else:
            good = self.dice.random() < 0.85
            asking.record(
                one,
                asking.Answers(
                    contacted=self.dice.random() < 0.9,
                    solved=Solved.YES if good else self.dice.choice([Solved.PARTLY, Solved.NO]),
                    satisfied=self.dice.randint(3, 5) if good else self.dice.randint(1, 2),
                ),
                by=by,
            )
            if one.ticket.state is TicketState.REHANDLING:
                self._begin_again(one.ticket_id)

    def _begin_again(self, ticket_id: int) -> None:
        """Who rated badly is handled anew: the unit signs once more."""
        again = session.scalars(
            select(Assignment.id)
            .where(Assignment.ticket_id == ticket_id, Assignment.state == "pending_sign")
            .limit(1)
        ).first()
        if again is not None:
            self._in(self._soon(hour, day), lambda: self.signed(again))

    # Chance, and shorthand.

    def _at(self, at: datetime, act: Act) -> None:
        heapq.heappush(self.ahead, (at, next(self.order), act))

    def _in(self, after: timedelta, act: Act) -> None:
        self._at(clock.now() + after, act)

    def _soon(self, least: timedelta, most: timedelta) -> timedelta:
        """Most are quick, some are not."""
        return least + (most - least) * self.dice.random() ** 3

    def _any(self, among: list[int]) -> int:
        return among[int(len(among) * self.dice.random() ** 2)]

    def _who(self, role: Role) -> StaffMember:
        known = self.staff[role]
        assert known is not None, role
        return session.merge(known, load=False)

    def _person(self, n: int) -> Person:
        """One in five has been heard of before."""
        number = f"138{self.dice.randrange(n * 4 // 5 + 1):08d}"
        mark = fingerprint(number)
        known = session.scalar(select(Person).where(Person.number_fingerprint == mark))
        if known is None:
            known = Person(
                number=number,
                number_fingerprint=mark,
                number_masked=number[:3] + "****" + number[-4:],
                first_seen=clock.now(),
            )
            session.add(known)
            session.flush()
        return known

    def _typed(self, kind: Kind) -> fields.Typed:
        return fields.Typed.model_validate(
            {
                "kind": kind,
                "topic": self.dice.choice(self.topics),
                "district": self.dice.choice(self.districts),
                "address": "阳明路12号",
                "summary": "楼下路灯坏了三天",
                "demand": "尽快修好",
                "urgency": self.dice.choices(["normal", "expedite", "urgent"], [90, 8, 2])[0],
            }
        )


def _mismatches() -> int:
    """Figures, of all units and the months that the tickets reach into, that a plain count does
    not confirm."""
    wrong = 0
    with transaction():
        counted = plain(session)
        for first in (BEGINS.date(), *_months_after(5)):
            period = measuring.Period.month(first)
            for code, naive in counted.items():
                found = {
                    unit: (figure.numerator, figure.denominator)
                    for unit, figure in measuring.by_unit(INDICATORS[code], period).items()
                    if figure.denominator
                }
                expected = naive(period.start, period.end)
                keys = {*found, *expected}
                wrong += sum(found.get(unit) != expected.get(unit) for unit in keys)
    return wrong


def _months_after(number: int) -> Iterator[date]:
    first = BEGINS.date()
    for _ in range(number):
        first = measuring.following_month(first)
        yield first


def _illegal_ends() -> int:
    with transaction():
        return replayed.illegal_ends()


def _sent_twice() -> int:
    with transaction():
        return replayed.told_twice()


def _say_speed(report: Report, tickets: int, seconds: float) -> None:
    bare = written_bare.seconds()
    report.say("tickets_per_s", tickets / seconds, "tickets/s", reference=tickets / bare)
    report.say("seconds", seconds, "s", reference=bare, ratio_at_most=RATIO)
