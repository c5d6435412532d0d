"""The hotline learns from the tickets that its agents confirmed, and only uses what does better."""

from collections.abc import Callable
from datetime import timedelta
from itertools import product

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from assist import experience, known, learning, lessons, lines, sweeps
from assist.classify import Example
from assist.jobs import learn
from infra.clock import now
from infra.db import commit, session
from models import (
    AuditEntry,
    Call,
    CallStatus,
    Disposition,
    Kind,
    Learned,
    Lesson,
    Party,
    Purpose,
    Reason,
    Role,
    StaffMember,
    Ticket,
    TicketState,
    Topic,
    Unit,
    UnitKind,
    Utterance,
)
from tests.places import a_line
from tests.visitors import browser_of, somebody
from tickets import proposals, reading

PLACES = ("老街口", "东门", "学校边上", "菜市场对面", "我们楼下", "桥头", "广场西侧", "医院后门")
WHEN = ("昨天晚上", "这几天", "从上周起", "刚才", "一到周末")
# What people say of it never names the topic: words alone find nothing.
SAYINGS = {
    "lamp": ("黑灯瞎火看不见路", "一片漆黑走路害怕", "没有亮光老人摔跤"),
    "noise": ("机器轰隆隆睡不着觉", "吵得孩子没法休息", "打桩声震得窗户响"),
    "wages": ("干了半年一分钱没给", "老板欠着我们的血汗钱", "活干完了不结账跑了"),
}
UNITS = {"lamp": "light_office", "noise": "noise_office", "wages": "work_office"}
LINES = {"lamp": "general", "noise": "general", "wages": "business"}


@pytest.fixture
def people_speak(app: Flask, time: object) -> StaffMember:
    """Topics whose words nobody says, and the agent who knows better."""
    by_code = {code: a_line(code) for code in sorted(set(LINES.values()))}
    for code in SAYINGS:
        unit = Unit(code=UNITS[code], name=UNITS[code], kind=UnitKind.BUREAU)
        topic = Topic(code=code, name=f"{code}事项", line=by_code[LINES[code]], words=[])
        session.add_all([unit, topic])
    session.flush()
    return somebody("wang", Role.AGENT)


def confirm(by: StaffMember, most: int, **other: object) -> int:
    """Tickets of as many citizens, each with what was said in the call."""
    topics = {one.code: one for one in session.scalars(select(Topic))}
    units = {one.code: one for one in session.scalars(select(Unit))}
    said = [
        (code, f"{when}{place}{saying}")
        for when, place, number in product(WHEN, PLACES, range(3))
        for code, sayings in SAYINGS.items()
        for saying in (sayings[number],)
    ][:most]
    before = session.scalar(select(func.count()).select_from(Ticket)) or 0
    for number, (code, words) in enumerate(said, start=before):
        call = Call(
            sid=f"CA-learn-{number}",
            number_masked="-",
            started_at=now(),
            ended_at=now(),
            status=CallStatus.ENDED,
            disposition=Disposition.ANSWERED,
        )
        session.add(call)
        session.flush()
        session.add_all(
            [
                Utterance(
                    call_id=call.id,
                    party=Party.CITIZEN,
                    transcription=f"GT-learn-{number}",
                    sequence=1,
                    at=now(),
                    text=words,
                ),
                Ticket(
                    call_id=call.id,
                    topic=topics[code],
                    unit=units[UNITS[code]],
                    kind=Kind.COMPLAINT,
                    summary="已登记",
                    number=f"T{number}",
                    query_code="1",
                    query_code_hash="1",
                    created_at=now(),
                    submitted_at=now(),
                    submitted_by_id=by.id,
                    state=TicketState.PENDING_DISPATCH,
                    **other,
                ),
            ]
        )
    session.flush()
    return len(said)


@pytest.fixture
def learned(people_speak: StaffMember, work: Callable[[], None]) -> None:
    confirm(people_speak, 300)
    sweeps.run()
    work()


DARK = "我家门口黑灯瞎火的，老人走路害怕"


def test_what_agents_confirmed_fills_the_form(learned: None) -> None:
    found = reading.read(["你好", DARK, "麻烦快点"])
    assert (found["topic"].value, found["unit"].value) == ("lamp", "light_office")
    assert found["topic"].sentence == DARK
    assert found["topic"].confidence >= 0.5
    assert lines.guess("老板欠着我们的血汗钱不结账").code == "business"


def test_a_dispatcher_is_shown_who_had_tickets_like_it(learned: None) -> None:
    """Beside the rules, and not only what is sure: it is he who chooses."""
    proposed = proposals.propose(Ticket(summary=f"居民反映：{DARK}", kind=Kind.COMPLAINT))
    assert proposed[0].lead.code == "light_office"
    assert "以往同类工单" in proposed[0].why
    assert proposals.propose(Ticket(kind=Kind.COMPLAINT)) == []


def test_what_it_is_not_sure_of_stays_empty(learned: None) -> None:
    assert "topic" not in reading.read(["我想问一下明天的天气怎么样"])
    assert "topic" not in reading.read([])


def test_before_that_the_citys_own_words_decide(people_speak: StaffMember) -> None:
    assert "topic" not in reading.read([DARK])
    assert reading.read(["这是lamp事项"])["topic"].value == "lamp"
    assert lines.guess("我要办营业执照").code == "business"


def test_a_lesson_keeps_its_figures(learned: None) -> None:
    lesson = session.scalars(select(Lesson)).one()
    assert (lesson.reason, lesson.error) == (Reason.NIGHT, None)
    topic = session.scalars(select(Learned).where(Learned.purpose == Purpose.TOPIC)).one()
    figures = topic.figures
    assert topic.in_use and 0.5 <= topic.border <= 1
    assert figures["learned_from"] + figures["asked"] >= 300
    assert figures["sure_right"] >= 0.9 > figures["by_words"] == 0


def test_too_few_tickets_teach_nothing(people_speak: StaffMember, work: Callable[[], None]) -> None:
    confirm(people_speak, 30)
    sweeps.run()
    work()
    assert " / 200" in session.scalars(select(Lesson.error)).one()
    assert session.scalars(select(Learned)).all() == []


def test_what_does_not_beat_words_is_not_used(
    people_speak: StaffMember, work: Callable[[], None]
) -> None:
    """Each topic's words are what people say: nothing can be learned that is not known."""
    for topic in session.scalars(select(Topic)):
        topic.words = list(SAYINGS[topic.code])
    confirm(people_speak, 300)
    sweeps.run()
    work()
    topic = session.scalars(select(Learned).where(Learned.purpose == Purpose.TOPIC)).one()
    assert topic.figures["by_words_right"] == 1
    assert not topic.in_use
    assert known.of(Purpose.TOPIC) is None


def test_confidential_tickets_and_drafts_are_nobodys_example(people_speak: StaffMember) -> None:
    confirm(people_speak, 12, confidential=True)
    session.add(Ticket(created_at=now(), summary="一张没有提交的草稿"))
    assert experience.confirmed() == 0
    assert [one for one in experience.of(Purpose.TOPIC) if one.group] == []


def test_numbers_of_citizens_are_not_learned(people_speak: StaffMember) -> None:
    confirm(people_speak, 1)
    session.execute(update(Utterance).values(text="我的电话是13812345678，灯坏了"))
    (example,) = [one for one in experience.of(Purpose.TOPIC) if one.group]
    assert example.text == "我的电话是〔电话〕，灯坏了"


def test_a_damaged_one_leaves_it_to_words(learned: None) -> None:
    session.execute(update(Learned).values(kept=b"nonsense"))
    session.execute(update(Learned).where(Learned.purpose == Purpose.TOPIC).values(id=9999))
    commit()
    assert known.of(Purpose.TOPIC) is None
    assert reading.read(["这是lamp事项"])["topic"].value == "lamp"


def test_a_child_is_led_by_words_whatever_was_learned(learned: None) -> None:
    assert lines.guess("学校里有校园欺凌，老板欠着我们的血汗钱").code == "minors"


def test_english_is_led_by_words(learned: None) -> None:
    assert lines.guess("I ask about the business licence").code == "business"


def test_it_learns_each_night_and_when_much_is_new(
    people_speak: StaffMember, time: object, work: Callable[[], None]
) -> None:
    assert lessons.due() is None  # nothing to learn from
    confirm(people_speak, 10)
    assert lessons.due() is Reason.NIGHT
    sweeps.run()
    sweeps.run()
    work()
    assert lessons.due() is None
    time.forward(4000)
    assert lessons.due() is None  # nothing is new
    for _ in range(5):
        confirm(people_speak, 100)
    assert lessons.due() is Reason.GROWN
    time.forward(timedelta(days=1).total_seconds())
    assert lessons.due() is Reason.NIGHT
    assert session.scalar(select(func.count(Lesson.id))) == 1


def test_a_lesson_whose_worker_died_is_held_again_and_not_for_ever(
    people_speak: StaffMember, time: object
) -> None:
    """assist.jobs.learn"""
    lesson = lessons.ask(Reason.ASKED)
    for _ in range(lessons.ENOUGH_ATTEMPTS):
        assert lessons.waiting() is lesson
        assert lessons.begin(lesson.id)
        assert lessons.waiting() is None
        time.forward(lessons.AGAIN_AFTER.total_seconds())
    assert not lessons.begin(lesson.id)
    assert lesson.error and lessons.waiting() is None


def test_a_lead_asks_for_a_lesson_and_reads_its_figures(
    app: Flask, people_speak: StaffMember, work: Callable[[], None]
) -> None:
    confirm(people_speak, 300)
    lead = browser_of(app, somebody("lead", Role.LEAD))
    assert "还没有学习过" in lead.get("/knowledge/learning").text
    lead.post("/knowledge/learning")
    assert (
        "已有一次学习在进行"
        in lead.client.get(lead.post("/knowledge/learning").headers["Location"]).text
    )
    work()
    page = lead.get("/knowledge/learning").text
    assert "使用中" in page and "手动 · lead" in page
    assert session.scalars(select(AuditEntry.action)).all().count("lesson.asked") == 1
    assert browser_of(app, people_speak).get("/knowledge/learning").status_code == 403


def test_holding_a_lesson_twice_is_holding_it_once(learned: None) -> None:
    lesson = session.scalars(select(Lesson.id)).one()
    learn(lesson)
    assert session.scalar(select(func.count(Learned.id))) == len(Purpose)


@pytest.mark.parametrize(
    ("confidence", "right", "border"),
    [
        ([0.9] * 20 + [0.6] * 5, [True] * 20 + [False] * 5, 0.9),
        ([0.9] * 19, [True] * 19, None),  # too few to tell
        ([0.9] * 30, [False] * 30, None),
        ([0.4] * 30, [True] * 30, None),  # less likely than all others together
        ([0.9] * 15 + [0.8] * 15, [True] * 30, 0.8),
    ],
)
def test_the_border_lets_through_what_is_sure(
    confidence: list[float], right: list[bool], border: float | None
) -> None:
    assert learning.border_of(confidence, right, 0.9) == border


def test_nobody_is_asked_about_what_was_taught() -> None:
    """The same citizen's second call, and the same words of another, are no trial."""
    examples = [
        Example(f"{place}{saying}", code, f"person:{number}")
        for number, (place, (code, sayings)) in enumerate(product(PLACES, SAYINGS.items()))
        for saying in sayings
    ]
    apart = {one.group for one in examples if learning.kept_apart(one.group)}
    assert 0 < len(apart) < 24
    trial = learning.learn(examples).trial
    assert trial.learned_from == sum(one.group not in apart for one in examples)
    copied = [*examples, *(Example(one.text, one.label, "person:x") for one in examples)]
    assert learning.kept_apart("person:x") is False
    with pytest.raises(learning.NothingToLearn):
        learning.learn(copied)
