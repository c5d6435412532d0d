"""Indicators are what their formulas say: told by small stories, and recounted by plain Python."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from analytics import ranking, snapshots
from analytics.indicators import INDICATORS
from analytics.measuring import (
    WEIGHTS,
    Figure,
    Period,
    behind,
    by_unit,
    city_growth,
    combined,
    comparable,
    exclusions_of,
    growth,
    whole,
)
from benchmarks import plain_count
from infra.clock import now
from infra.db import commit, session
from infra.localtime import local, midnight
from models import (
    Assignment,
    AssignmentState,
    AttemptResult,
    AttemptState,
    Call,
    CallStatus,
    Dial,
    DialAttempt,
    DialPurpose,
    DialState,
    Disposition,
    FollowUp,
    FollowUpResult,
    FollowUpState,
    Kind,
    MissedContact,
    MonthFigure,
    Part,
    RecallReason,
    Request,
    RequestKind,
    RequestState,
    Role,
    Round,
    ScoreChange,
    ScoreItem,
    TicketState,
    Topic,
    Unit,
    UnitGroup,
    WorkDay,
)
from tests.analytics.conftest import HOUR, NUMBERS, a_ticket, an_assignment
from tests.handled import Town
from tests.tickets.conftest import a_person
from tests.visitors import somebody
from tickets import merging

S = AssignmentState


@pytest.fixture
def month(app, time) -> date:
    """A month that is over."""
    time.now = midnight(date(2026, 7, 1))
    return date(2026, 3, 1)


def figure(code: str, month: date) -> Figure:
    return whole(by_unit(INDICATORS[code], Period.month(month)))


def test_a_date_that_passed_unsigned_counts_against_the_unit(units, month):
    at = midnight(month)
    an_assignment(units[0], at, S.SIGNED, signed_at=at + HOUR)
    an_assignment(units[0], at, S.SIGNED, signed_at=at + HOUR + timedelta(seconds=1))
    an_assignment(units[0], at)
    an_assignment(units[0], at, S.RECALLED, ended_at=at + HOUR / 2)
    an_assignment(units[0], at, part=Part.INFO)
    an_assignment(units[0], midnight(date(2026, 4, 1)))
    found = by_unit(INDICATORS["sign"], Period.month(month))
    assert found == {units[0].id: Figure(1, 3, {"withdrawn_before_due": 1})}


def test_what_waits_for_its_check_counts_for_nobody_yet(units, month):
    at = midnight(month)
    an_assignment(units[0], at, S.REPLIED, replied_at=at + 8 * HOUR)
    an_assignment(units[0], at, S.REPLIED, replied_at=at + 11 * HOUR)
    an_assignment(units[0], at, S.ACCEPTED, replied_at=at + 8 * HOUR)
    assert figure("on_time", month) == Figure(1, 2, {"awaits_check": 1})
    assert figure("late", month) == Figure(1, 2, {"awaits_check": 1})


@pytest.mark.parametrize(
    ("days", "replied", "early"),
    [
        (0.4, 0.2, True),
        (0.4, 0.3, False),
        (4, 2.9, True),
        # The day on which it is due: nothing is left of it.
        (4, 4, False),
    ],
)
def test_early_is_a_working_day_before_or_half_the_hours(units, month, days, replied, early):
    session.add_all(
        [
            WorkDay(
                day=date(2026, 3, day),
                works=day not in (1, 7, 8),
                source="library",
                changed_at=now(),
            )
            for day in range(1, 12)
        ]
    )
    at = midnight(date(2026, 3, 2)) + timedelta(hours=1)
    an_assignment(
        units[0],
        at,
        S.ACCEPTED,
        due_at_original=at + timedelta(days=days),
        replied_at=at + timedelta(days=replied),
    )
    assert figure("early", month) == Figure(1 if early else 0, 1)


def test_a_rest_day_is_no_day_to_spare(units, month):
    """Due on a Sunday by a wrong calendar, answered on Friday evening."""
    session.add_all(
        [
            WorkDay(day=date(2026, 3, day), works=False, source="manual", changed_at=now())
            for day in (7, 8)
        ]
    )
    friday = midnight(date(2026, 3, 6)) + 10 * HOUR
    an_assignment(
        units[0],
        midnight(date(2026, 3, 2)),
        S.ACCEPTED,
        due_at_original=midnight(date(2026, 3, 8)) + 10 * HOUR,
        replied_at=friday,
    )
    assert figure("early", month).numerator == 0


def test_returns_count_by_what_was_decided(units, month):
    at = midnight(month)
    for state in (RequestState.APPROVED, RequestState.REJECTED, RequestState.CANCELLED):
        one = an_assignment(
            units[0], at, S.RETURNED if state is RequestState.APPROVED else S.SIGNED
        )
        session.add(
            Request(
                kind=RequestKind.RETURN,
                state=state,
                ticket_id=one.ticket_id,
                assignment_id=one.id,
                applied_at=at,
                decided_at=at + HOUR,
                reason="不归我局",
                basis="三定方案",
            )
        )
    an_assignment(units[0], at)
    session.flush()
    assert figure("returned", month) == Figure(3, 4)
    assert figure("returned_rightly", month) == Figure(1, 4)
    assert figure("returned_wrongly", month) == Figure(1, 2, {"cancelled": 1})
    assert by_unit(INDICATORS["dispatched_rightly"], Period.month(month)) == {None: Figure(3, 4)}


def test_only_what_went_to_the_wrong_unit_was_dispatched_wrongly(app, time):
    """Not what was merged, nor what was taken back because the matter had changed."""
    town = Town(app)
    zhao = town.people["zhao"]
    for because in ("wrong_unit", "changed", "citizen"):
        town.browser("zhao").post(
            f"/dispatch/assignments/{town.given().id}/recall", because=because
        )
    merging.merge(town.given().ticket, town.given().ticket, by=zhao)
    commit()
    this = local(now()).date().replace(day=1)
    assert figure("dispatched_rightly", this) == Figure(4, 5)
    kept = session.scalars(select(Assignment.recalled_because).order_by(Assignment.id))
    assert list(kept) == ["wrong_unit", "changed", "citizen", "merged", None]


def test_time_that_a_suspension_gave_back_is_no_extension(units, month):
    at = midnight(month)
    for state in (None, RequestState.REJECTED, RequestState.APPROVED):
        one = an_assignment(units[0], at, due_at=at + 20 * HOUR)
        if state is not None:
            a_request(one, RequestKind.EXTENSION, state)
    session.flush()
    assert figure("extended", month) == Figure(1, 3)


def test_asked_again_within_a_week_was_not_settled_at_once(units, month, place_topic):
    at, person = midnight(month), a_person("13812345678")
    about = {"person_id": person.id, "topic_id": place_topic}
    a_ticket(at, TicketState.CLOSED, **about)
    a_ticket(at + timedelta(days=6), TicketState.CLOSED, **about)
    a_ticket(at, TicketState.CLOSED, person_id=person.id)
    a_ticket(at, TicketState.ANSWERED, dispatched_at=None)
    assert figure("at_once", month) == Figure(3, 4)
    assert figure("repeated", month) == Figure(1, 4)
    assert figure("direct", month) == Figure(1, 4)


@pytest.fixture
def place_topic(app) -> int:
    topic = Topic(code="street_light", name="路灯")
    session.add(topic)
    session.flush()
    return topic.id


def test_growth_needs_a_base_to_grow_from(units, month):
    for n in range(12):
        a_ticket(midnight(month) + n * HOUR, unit_id=units[0].id)
    for n in range(10):
        a_ticket(midnight(date(2026, 2, 1)) + n * HOUR, unit_id=units[0].id)
        a_ticket(midnight(date(2026, 2, 1)), unit_id=units[1].id, kind=Kind.CONSULT)
    assert growth(month) == {units[0].id: Figure(2, 10)}
    for n in range(16):
        a_ticket(midnight(date(2025, 3, 1)) + n * HOUR, unit_id=units[0].id)
    assert growth(month) == {units[0].id: Figure(-4, 16)}


def test_the_citys_growth_counts_small_units_too(units, month):
    """Four demands of each are too few for a figure of its own, and enough in all."""
    for unit in units:
        for n in range(4):
            a_ticket(midnight(date(2026, 2, 1)) + n * HOUR, unit_id=unit.id)
        for n in range(6):
            a_ticket(midnight(month) + n * HOUR, unit_id=unit.id)
    every = len(units)
    assert city_growth(month) == Figure(2 * every, 4 * every)
    assert comparable(city_growth(month))
    assert not any(comparable(grown) for grown in growth(month).values())
    snapshots.count(month.isoformat())
    assert snapshots.city_grown(month) == Figure(2 * every, 4 * every)
    # Of last year there is a month of one of them: it is compared with that, and so is the city.
    a_ticket(midnight(date(2025, 3, 1)), unit_id=units[0].id)
    assert city_growth(month) == Figure(6 * every - 1, 1)
    assert not comparable(city_growth(month))


def test_the_behind_a_figure_begin_with_those_against_it(units, month):
    at = midnight(month)
    good = an_assignment(units[0], at, S.SIGNED, signed_at=at)
    bad = an_assignment(units[0], at)
    an_assignment(units[1], at)
    found = behind(INDICATORS["sign"], Period.month(month), units[0].id)
    assert [(one.subject, one.hit) for one in found] == [
        (bad.ticket.number, 0),
        (good.ticket.number, 1),
    ]


def test_the_lower_bound_of_wilson_is_the_published_one():
    assert ranking.wilson(Figure(95, 100)) == pytest.approx(0.8882, abs=5e-5)
    assert ranking.wilson(Figure(9, 10)) == pytest.approx(0.5958, abs=5e-5)
    assert ranking.wilson(Figure()) is None


def test_few_cases_do_not_win():
    parts = {1: Figure(95, 100), 2: Figure(9, 9), 3: Figure(50, 100), 4: Figure(12, 12)}
    assert ranking.in_order(parts, lower_is_better=False, fewest=10) == [1, 4, 3, 2]
    assert ranking.in_order(parts, lower_is_better=True, fewest=10) == [3, 1, 4, 2]


@pytest.mark.parametrize(
    ("value", "points"),
    [(0.8, 0), (0.5, 0), (0.9, 10), (1, 20), (0.95, 15)],
)
def test_a_cliff_of_a_score_sheet(value, points):
    item = ScoreItem(points=20, zero_at=0.8, full_at=1, floor=0)
    assert ranking.earned(item, value) == pytest.approx(points)


def test_less_is_better_and_a_floor():
    item = ScoreItem(points=10, zero_at=0.3, full_at=0.05, floor=0.5)
    assert ranking.earned(item, 0.05) == 10
    assert ranking.earned(item, 0.9) == 5


def test_scores_leave_out_what_did_not_happen_and_those_with_few_cases(units, month):
    at = midnight(month)
    for _n in range(10):
        an_assignment(units[0], at, S.ACCEPTED, signed_at=at, replied_at=at)
    an_assignment(units[1], at, S.ACCEPTED, signed_at=at, replied_at=at)
    for code, points in (("sign", 40), ("on_time", 40), ("returned_wrongly", 20)):
        session.add(
            ScoreItem(
                unit_group=UnitGroup.DEPARTMENT,
                indicator=code,
                points=points,
                zero_at=0,
                full_at=1,
                floor=0,
                changed_at=now(),
            )
        )
    lead = somebody("lead", Role.LEAD)
    session.add(
        ScoreChange(
            month=month,
            unit_id=units[0].id,
            points=-3,
            reason="虚假办结",
            at=now(),
            by_id=lead.id,
        )
    )
    first, second = ranking.scores(UnitGroup.DEPARTMENT, month)[:2]
    assert (first.unit, first.total, first.items["returned_wrongly"]) == (units[0], 97, None)
    assert second.unit == units[1] and not second.ranked
    # Whoever had nothing to do has no score, and not the worst.
    idle = ranking.scores(UnitGroup.DEPARTMENT, date(2020, 1, 1))[0]
    assert first.scored and second.scored and not idle.scored
    assert ranking.red_list([first, second]) == [first]
    assert ranking.black_list([first, second]) == []


def test_a_month_is_counted_until_its_appeals_are_over_and_then_stays(units, month, time):
    time.now = midnight(date(2026, 4, 15)) + 23 * HOUR
    an_assignment(units[0], midnight(month), S.SIGNED, signed_at=midnight(month))
    snapshots.count("2026-03-01")
    assert not snapshots.standing(month).frozen
    late = an_assignment(units[0], midnight(month))
    assert snapshots.figures(INDICATORS["sign"], month)[units[0].id] == Figure(1, 1)
    time.forward(3600)
    snapshots.count("2026-03-01")
    assert snapshots.standing(month).frozen
    assert snapshots.figures(INDICATORS["sign"], month)[units[0].id] == Figure(1, 2)
    late.signed_at = late.sign_due_at
    snapshots.count("2026-03-01")
    assert snapshots.figures(INDICATORS["sign"], month)[units[0].id] == Figure(1, 2)
    counted = {one.indicator: one.version for one in session.query(MonthFigure)}
    assert counted.pop(snapshots.GROWTH) and counted.pop(snapshots.CITY_GROWTH)
    assert counted == {code: INDICATORS[code].version for code in counted}


def test_a_missed_caller_is_rung_back_reaches_us_himself_or_is_lost(month):
    at = midnight(month)

    def call(person, minutes: float, answered: bool) -> Call:
        when = at + timedelta(minutes=minutes)
        one = Call(
            sid=f"CA{next(NUMBERS)}",
            person_id=person and person.id,
            number_masked="138",
            started_at=when,
            person_due_at=when,
            answered_at=when if answered else None,
            status=CallStatus.ENDED,
            ended_at=when,
            disposition=Disposition.ANSWERED if answered else Disposition.ABANDONED,
        )
        session.add(one)
        session.flush()
        return one

    def missed(person, minutes: float, handled: float | None = None) -> None:
        session.add(
            MissedContact(
                call_id=call(person, minutes, answered=False).id,
                person_id=person and person.id,
                kind="abandoned",
                number_masked="138",
                at=at + timedelta(minutes=minutes),
                handled_at=None if handled is None else at + timedelta(minutes=handled),
            )
        )
        session.flush()

    rung, himself, lost, again = (a_person(f"1381234567{n}") for n in range(4))
    missed(rung, 0, handled=30)
    missed(rung, 300, handled=331)
    missed(himself, 0)
    call(himself, 29, answered=True)
    missed(lost, 0)
    missed(again, 0)
    missed(again, 10)
    call(again, 31, answered=True)
    missed(None, 0)
    assert figure("rung_back", month) == Figure(2, 5, {"no_number": 1, "missed_again": 1})
    assert figure("abandoned", month).numerator == 0, "they hung up at once"


class Killed(BaseException):
    """What kill -9 does: nothing of ours runs any more."""


def test_a_count_that_is_killed_is_done_again_the_next_hour(
    app, units, month, time, work, monkeypatch
):
    """analytics.snapshots.count: old figures stay until new ones are there, and none twice."""
    time.now = midnight(date(2026, 3, 20))
    an_assignment(units[0], midnight(month))
    snapshots.count("2026-03-01")
    an_assignment(units[0], midnight(month))
    commit()

    def dies(*_given: object) -> None:
        raise Killed

    with monkeypatch.context() as dying, pytest.raises(Killed):
        dying.setattr(snapshots, "growth", dies)
        snapshots.count("2026-03-01")
    assert snapshots.figures(INDICATORS["sign"], month)[units[0].id] == Figure(0, 1)
    app.extensions["redis"].flushdb()
    snapshots.count_open()
    work()
    assert snapshots.figures(INDICATORS["sign"], month)[units[0].id] == Figure(0, 2)


# Recounted by a second way: plain Python over what was planted.

MINUTES = st.integers(0, 3000)


@dataclass(frozen=True)
class Planted:
    """One dispatched ticket; minutes from dispatch, None for what did not happen."""

    unit: int
    begins: int
    state: S
    signed: int | None
    contacted: int | None
    replied: int | None
    extended: int
    waited: int
    recalled: RecallReason | None
    returns: RequestState | None
    excluded: RequestState | None
    appealed: RequestState | None
    rated: int | None
    # Of whom the robot did not reach: how his telephone rang, None where nobody rang him.
    rung: AttemptResult | None


planted = st.builds(
    Planted,
    unit=st.integers(0, 2),
    begins=st.integers(-2000, 45 * 1440),
    state=st.sampled_from(list(S)),
    signed=st.none() | MINUTES,
    contacted=st.none() | MINUTES,
    replied=st.none() | MINUTES,
    extended=st.sampled_from([0, 0, 600]),
    waited=st.integers(0, 30),
    recalled=st.none() | st.sampled_from(list(RecallReason)),
    returns=st.none() | st.sampled_from(list(RequestState)),
    excluded=st.none() | st.sampled_from(list(RequestState)),
    appealed=st.none() | st.sampled_from(list(RequestState)),
    rated=st.none() | st.integers(1, 5),
    rung=st.none()
    | st.sampled_from([AttemptResult.NO_ANSWER, AttemptResult.MACHINE, AttemptResult.NOT_PLACED]),
)
LIMITS = {"sign": 60, "respond": 120, "due": 600}


def plant(one: Planted, units: list[Unit], month: date) -> None:
    at = midnight(month) + timedelta(minutes=one.begins)

    def later(minutes: int | None) -> datetime | None:
        return None if minutes is None else at + timedelta(minutes=minutes)

    unit = units[one.unit]
    ticket = a_ticket(
        at, unit_id=unit.id, submitted_at=at - timedelta(minutes=one.waited), created_at=at
    )
    assignment = an_assignment(
        unit,
        at,
        one.state,
        ticket=ticket,
        signed_at=later(one.signed),
        contacted_at=later(one.contacted),
        replied_at=later(one.replied),
        due_at=later(LIMITS["due"] + one.extended),
        recalled_because=one.recalled if one.state is S.RECALLED else None,
    )
    for kind, state in (
        (RequestKind.RETURN, one.returns),
        (RequestKind.EXCLUSION, one.excluded),
        (RequestKind.SCORE_APPEAL, one.appealed),
    ):
        if state is not None:
            a_request(assignment, kind, state)
    if one.extended:
        a_request(assignment, RequestKind.EXTENSION, RequestState.APPROVED)
    if one.rated is not None:
        a_rating(assignment, at, one.rated)
    elif one.rung is not None:
        in_vain(assignment, at, one.rung)


def a_request(assignment: Assignment, kind: RequestKind, state: RequestState) -> None:
    at = assignment.dispatched_at
    session.add(
        Request(
            kind=kind,
            state=state,
            ticket_id=assignment.ticket_id,
            assignment_id=assignment.id,
            applied_at=at,
            decided_at=None if state is RequestState.APPLIED else at,
            reason="诉求不合理" if kind is RequestKind.EXCLUSION else "不归我局",
            basis="三定方案",
        )
    )


def a_rating(assignment: Assignment, at: datetime, rating: int) -> None:
    session.add(
        FollowUp(
            ticket_id=assignment.ticket_id,
            round_id=assignment.round_id,
            state=FollowUpState.DONE,
            opened_at=at,
            done_at=at,
            result=FollowUpResult.REACHED,
            contacted=True,
            solved="yes" if rating > 2 else "no",
            first_rating=rating,
            final_rating=rating,
        )
    )


def in_vain(assignment: Assignment, at: datetime, result: AttemptResult) -> None:
    """The robot's follow-up of somebody who was not reached."""
    dial = a_dial(at, result)
    session.add(
        FollowUp(
            ticket_id=assignment.ticket_id,
            round_id=assignment.round_id,
            state=FollowUpState.DONE,
            dial=dial,
            opened_at=at,
            done_at=at,
            result=FollowUpResult.UNREACHABLE,
        )
    )


def a_dial(at: datetime, *results: AttemptResult) -> Dial:
    """Rung so often, each with its end."""
    dial = Dial(
        key=f"follow_up:{next(NUMBERS)}",
        purpose=DialPurpose.FOLLOW_UP,
        state=DialState.EXHAUSTED,
        number="13800000000",
        number_fingerprint="-",
        number_masked="138****0000",
        url="/voice/follow-up",
        next_at=at,
        created_at=at,
        ended_at=at,
    )
    session.add(dial)
    session.flush()
    for result in results:
        session.add(
            DialAttempt(
                dial_id=dial.id,
                number_fingerprint="-",
                state=AttemptState.ENDED,
                at=at,
                ended_at=at,
                result=result,
                look_at=at,
            )
        )
    return dial


CITIZENS = ("satisfied", "solved", "reached", "followed_up")


def recount(code: str, all_of_them: list[Planted]) -> dict[int | None, tuple[float, int]]:
    """Numerator and denominator by unit, one story after the other."""
    ended, aside = {S.RETURNED, S.RECALLED}, RequestState.APPROVED
    parts: dict[int | None, tuple[float, int]] = {}
    for one in all_of_them:
        due = LIMITS["due"] + one.extended
        awaits = one.state is S.REPLIED and one.replied is not None and one.replied <= due
        in_time = one.state is S.ACCEPTED and one.replied is not None and one.replied <= due
        asked = one.returns is not None
        wrong = one.state is S.RECALLED and one.recalled is RecallReason.WRONG_UNIT
        rang = one.rung not in (None, AttemptResult.NOT_PLACED)
        counted = {
            "sign": (LIMITS["sign"], one.signed is not None and one.signed <= 60, True),
            "respond": (
                LIMITS["respond"],
                one.contacted is not None and one.contacted <= 120,
                one.state not in ended,
            ),
            "on_time": (due, in_time, one.state not in ended and not awaits),
            "late": (due, not in_time, one.state not in ended and not awaits),
            "extended": (due, one.extended > 0, one.state not in ended and not awaits),
            "returned": (0, asked, True),
            "returned_rightly": (0, one.returns is RequestState.APPROVED, True),
            "returned_wrongly": (
                0,
                one.returns is RequestState.REJECTED,
                one.returns in (RequestState.REJECTED, RequestState.APPROVED),
            ),
            "dispatched_rightly": (0, one.state is not S.RETURNED and not wrong, True),
            "dispatched_in_time": (0, one.waited <= 10, True),
            "satisfied": (
                0,
                (one.rated or 0) >= 3,
                one.rated and aside not in (one.excluded, one.appealed),
            ),
            "solved": (0, (one.rated or 0) >= 3, one.rated and one.excluded is not aside),
            "reached": (0, one.rated is not None, one.rated is not None or rang),
            "followed_up": (0, one.rated is not None or rang, (one.rated or one.rung) is not None),
        }
        after, hit, counts = counted[code]
        moment = one.begins + after
        if counts and 0 <= moment < 31 * 1440:
            unit = None if code.startswith("dispatched") else one.unit
            if code in CITIZENS and one.state is not S.ACCEPTED:
                unit = None
            hits, number = parts.get(unit, (0, 0))
            parts[unit] = (hits + hit, number + 1)
    return parts


@given(st.lists(planted, max_size=12))
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_every_figure_is_what_a_plain_count_gives(units, month, stories):
    with session.begin_nested() as savepoint:
        for one in stories:
            plant(one, units, month)
        session.flush()
        naive = plain_count.plain(session)
        ids: dict[int | None, int | None] = {unit.id: n for n, unit in enumerate(units)}
        for code in (
            "sign",
            "respond",
            "on_time",
            "late",
            "extended",
            "returned",
            "returned_rightly",
            "returned_wrongly",
            "dispatched_rightly",
            "dispatched_in_time",
            *CITIZENS,
        ):
            found = by_unit(INDICATORS[code], Period.month(month))
            plain = {
                ids.get(unit): (part.numerator, part.denominator)
                for unit, part in found.items()
                if part.denominator
            }
            assert plain == recount(code, stories), code
            counted = naive[code](*(Period.month(month).start, Period.month(month).end))
            assert plain == {ids.get(unit): part for unit, part in counted.items()}, code
        savepoint.rollback()
        session.expire_all()


def asked(units, month, result: FollowUpResult, **known) -> FollowUp:
    at = midnight(month)
    one = an_assignment(units[0], at, S.ACCEPTED, signed_at=at, replied_at=at)
    one.round.closed_at = at
    found = FollowUp(
        ticket_id=one.ticket_id,
        round_id=one.round_id,
        state=FollowUpState.DONE,
        opened_at=at,
        done_at=at,
        result=result,
        **known,
    )
    session.add(found)
    session.flush()
    return found


def rated(first: int, final: int | None = None, solved: str = "yes") -> dict[str, object]:
    return {
        "contacted": True,
        "solved": solved,
        "first_rating": first,
        "final_rating": final or first,
    }


def test_who_was_not_reached_is_above_no_line_and_below_none(units, month):
    reached = FollowUpResult.REACHED
    asked(units, month, reached, **rated(5))
    asked(units, month, reached, **rated(1, 3, solved="partly"))
    asked(units, month, reached, **rated(2, solved="no"))
    at, busy = midnight(month), AttemptResult.BUSY
    asked(units, month, FollowUpResult.UNREACHABLE, dial=a_dial(at, busy, busy, busy))
    asked(units, month, FollowUpResult.UNREACHABLE, dial=a_dial(at, AttemptResult.NOT_PLACED))
    asked(units, month, FollowUpResult.REFUSED)
    asked(units, month, FollowUpResult.EXEMPT, to_check=True, checked_at=midnight(month))
    aside = {"unreachable": 2, "refused": 1, "exempt": 1}
    found = by_unit(INDICATORS["satisfied"], Period.month(month))
    assert found == {units[0].id: Figure(2, 3, aside)}
    assert figure("solved", month) == Figure(1, 3, aside)
    assert figure("handled_again", month) == Figure(0, 3, aside)
    # Whom the robot rang in vain was tried; whom it never rang, nor anybody asked, was not.
    assert figure("followed_up", month) == Figure(4, 6, {"exempt": 1})
    assert figure("reached", month) == Figure(3, 4)
    assert figure("confirmed", month) == Figure(0, 1)


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        ([("reached", 1), ("reached", 5)], Figure(1, 1)),
        ([("reached", 1), ("reached", 2), ("reached", 5)], Figure(1, 1)),
        ([("reached", 5)], Figure(0, 1)),
        # He was reached after the first handling only: his ticket was handled again all the same.
        ([("reached", 1), ("unreachable", None)], Figure(1, 1)),
        ([("unreachable", None)], Figure(0, 0, {"unreachable": 1})),
        ([("exempt", None), ("unreachable", None)], Figure(0, 0, {"unreachable": 1})),
    ],
)
def test_a_ticket_that_was_handled_again_counts_once(units, month, results, expected):
    at = midnight(month)
    asked(units, month, FollowUpResult.REACHED, **rated(5))  # another ticket
    ticket = a_ticket(at, unit_id=units[0].id)
    for number, (result, rating) in enumerate(results, 1):
        opened = Round(ticket_id=ticket.id, number=number, opened_at=at)
        session.add(opened)
        session.flush()
        one = an_assignment(units[0], at, S.ACCEPTED, ticket=ticket, replied_at=at)
        one.round.closed_at = at
        known = rated(rating) if rating else {}
        session.add(
            FollowUp(
                ticket_id=ticket.id,
                round_id=opened.id,
                state=FollowUpState.DONE,
                opened_at=at,
                done_at=at,
                result=result,
                **known,
            )
        )
        session.flush()
    assert figure("handled_again", month) == expected + Figure(0, 1)
    period = Period.month(month)
    naive = plain_count.plain(session)["handled_again"](period.start, period.end)
    hits, number = naive[units[0].id]
    assert (hits, number) == (expected.numerator, expected.denominator + 1)


def test_what_was_excluded_counts_for_no_unit_whenever_that_was_approved(units, month):
    """Rated badly first and excluded afterwards, or never asked at all: out above and below."""
    reached = FollowUpResult.REACHED
    asked(units, month, reached, **rated(5))
    for result, known in ((reached, rated(1, solved="no")), (FollowUpResult.EXEMPT, {})):
        one = asked(units, month, result, **known)
        lead = session.query(Assignment).filter_by(round_id=one.round_id).one()
        a_request(lead, RequestKind.EXCLUSION, RequestState.APPROVED)
    refused = asked(units, month, reached, **rated(1))
    lead = session.query(Assignment).filter_by(round_id=refused.round_id).one()
    a_request(lead, RequestKind.EXCLUSION, RequestState.REJECTED)
    session.flush()
    assert figure("satisfied", month) == Figure(1, 2, {"excluded": 2})
    assert figure("solved", month) == Figure(2, 2, {"excluded": 2})
    assert figure("reached", month) == Figure(3, 3)
    assert figure("followed_up", month) == Figure(3, 3, {"excluded": 1})
    listed = behind(INDICATORS["satisfied"], Period.month(month), units[0].id)
    assert list(exclusions_of(listed).values()) == ["诉求不合理"] * 2


def test_the_three_rates_as_one_need_all_three(app):
    whole_ones = {code: Figure(1, 2) for code in WEIGHTS}
    assert combined(whole_ones) == pytest.approx(0.5)
    assert combined({**whole_ones, "solved": Figure()}) is None


def test_a_unit_that_citizens_said_little_of_is_not_ranked(units, month):
    for _n in range(12):
        an_assignment(units[0], midnight(month), S.ACCEPTED, replied_at=midnight(month))
    asked(units, month, FollowUpResult.REACHED, **rated(5))
    for code in ("on_time", "satisfied"):
        session.add(
            ScoreItem(
                unit_group=UnitGroup.DEPARTMENT,
                indicator=code,
                points=50,
                zero_at=0,
                full_at=1,
                floor=0,
                changed_at=now(),
            )
        )
    session.flush()
    first = ranking.scores(UnitGroup.DEPARTMENT, month)[0]
    assert (first.unit, first.total, first.cases, first.ranked) == (units[0], 100, 1, False)
