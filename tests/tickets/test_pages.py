"""Agents save and submit, everybody finds what he may read, and failures are visible."""

import html
import re
from collections.abc import Callable

import pytest
from flask import Flask
from rq import Queue, SimpleWorker
from sqlalchemy import select

from emulator.timeline import Timeline
from infra import bell, db
from infra.clock import now
from infra.db import commit, session
from infra.jobs import QUEUES
from models import (
    Assignment,
    AuditEntry,
    Call,
    Disposition,
    MissedContact,
    Person,
    Role,
    Seat,
    StaffMember,
    TextMessage,
    TextState,
    Ticket,
    Unit,
)
from recordings.jobs import fetch
from telephony.errors import CarrierError
from tests.places import a_unit, an_agent
from tests.tickets.conftest import Texts, a_complaint, a_person, ended
from tests.visitors import Browser, browser_of, somebody
from tickets import completion, course, dispatch, fields, history, lifecycle, reading, recalling
from tickets.fields import Typed
from tickets.messages import send


@pytest.fixture
def desk(app: Flask, wang: StaffMember, place: None) -> Browser:
    return browser_of(app, wang)


def _form() -> dict[str, object]:
    return a_complaint().model_dump(exclude_unset=True)


def test_a_draft_is_saved_as_it_is_typed(a_call: Call, desk: Browser) -> None:
    url = f"/calls/{a_call.id}/ticket"
    assert desk.get(url).get_json()["state"] == "draft"
    saved = desk.post_json(url, {"summary": "路灯坏了", "topic": "street_light"}).get_json()
    assert saved["fields"]["topic"] == "street_light"
    assert saved["origins"]["summary"] == {"by": "agent"}
    again = desk.post_json(url, {"kind": "complaint"}).get_json()
    assert again["fields"]["summary"] == "路灯坏了"
    assert "address" in again["required"]


def test_submitting_says_what_is_missing_and_then_gives_a_number(
    a_call: Call, desk: Browser
) -> None:
    url = f"/calls/{a_call.id}/ticket/submit"
    refused = desk.post_json(url, {"kind": "complaint"})
    assert refused.status_code == 422
    assert refused.get_json()["missing"]["address"] == "请填写详细地址"
    given = desk.post_json(url, _form()).get_json()
    assert given["number"].endswith("-000001")
    assert desk.post_json(url, _form()).get_json()["number"] == given["number"]
    assert desk.post_json(f"/calls/{a_call.id}/ticket", {"summary": "改"}).status_code == 409


def test_the_query_code_is_told_once_when_the_ticket_gets_it(a_call: Call, desk: Browser) -> None:
    url = f"/calls/{a_call.id}/ticket"
    given = desk.post_json(f"{url}/submit", _form()).get_json()
    assert len(given["query_code"]) == 6
    assert desk.post_json(f"{url}/submit", _form()).get_json()["query_code"] is None
    assert desk.get(url).get_json()["query_code"] is None
    later = desk.post_json(f"{url}/submit", _form() | {"summary": "改"})
    assert later.status_code == 409
    assert later.get_json()["error"] == f"工单 {given['number']} 已提交，不能再改草稿"


def test_the_query_code_goes_to_the_citizen_once_more_when_he_has_not_got_it(
    a_call: Call, desk: Browser, texts: Texts, time: Timeline
) -> None:
    url = f"/calls/{a_call.id}/ticket"
    assert desk.post_json(f"{url}/texts", {}).status_code == 409
    code = desk.post_json(f"{url}/submit", _form()).get_json()["query_code"]
    time.forward(60)
    for _ in range(2):  # an impatient second click is the same wish
        assert desk.post_json(f"{url}/texts", {}).get_json()["texted"]
    written = session.scalars(select(TextMessage.body)).all()
    assert len(written) == 2
    assert all(code in body for body in written)


def test_a_landline_is_sent_nothing_and_the_agent_reads_the_code_out(
    agent: Seat, desk: Browser, texts: Texts
) -> None:
    call = ended(a_person("079186665588"), agent=agent)
    url = f"/calls/{call.id}/ticket"
    given = desk.post_json(f"{url}/submit", _form()).get_json()
    assert (given["texted"], given["landline"]) == (False, True) and given["query_code"]
    assert session.scalar(select(TextMessage)) is None
    assert desk.post_json(f"{url}/texts", {}).status_code == 409


def test_an_emergency_opens_with_its_form_filled(a_call: Call, desk: Browser) -> None:
    a_call.speech, a_call.emergency = "阳明路12号着火了，快来人", "着火"
    drawn = desk.get(f"/calls/{a_call.id}/ticket").get_json()
    filled = drawn["fields"]
    assert (filled["urgency"], filled["kind"]) == ("urgent", "help")
    assert (filled["summary"], filled["address"]) == (a_call.speech, "阳明路12号")
    assert drawn["origins"]["urgency"]["sentence"] == a_call.speech


def test_what_the_agent_emptied_is_not_filled_again_by_the_menu(
    a_call: Call, desk: Browser
) -> None:
    a_call.speech = "阳明路12号的路灯坏了"
    url = f"/calls/{a_call.id}/ticket"
    assert desk.get(url).get_json()["fields"]["address"] == "阳明路12号"
    desk.post_json(url, {"address": None, "urgency": "expedite"})
    again = desk.get(url).get_json()["fields"]
    assert (again["address"], again["urgency"]) == (None, "expedite")


def test_a_minor_is_marked_by_the_form_and_known_at_his_next_call(
    citizen: Person, a_call: Call, desk: Browser
) -> None:
    url = f"/calls/{a_call.id}/ticket"
    desk.post_json(url, {"minor": True, "citizen_name": "王小明"})
    # What nobody has submitted is no name to greet him by; that he is a child is known at once.
    assert (citizen.minor, citizen.name) == (True, None)
    following = ended(citizen)
    following.agent_id = a_call.agent_id
    assert desk.get(f"/calls/{following.id}/ticket").get_json()["fields"]["minor"] is True
    desk.post_json(f"/calls/{following.id}/ticket", {"minor": False})
    session.expire_all()
    assert citizen.minor is False


def test_a_minor_who_tells_his_age_is_one_until_the_agent_knows_better(
    citizen: Person, a_call: Call, desk: Browser
) -> None:
    said = reading.read(["我姓王，我今年15岁"])
    lifecycle.fill(lifecycle.draft(a_call), said)
    assert citizen.minor is True
    desk.post_json(f"/calls/{a_call.id}/ticket", {"minor": False})
    lifecycle.fill(lifecycle.draft(a_call), said)
    session.expire_all()
    assert citizen.minor is False


@pytest.mark.parametrize(
    ("known", "told", "then"),
    [(None, "王小明", "王小明"), ("王小明", "王", "王小明"), ("王", "王小明", "王小明")],
)
def test_a_surname_does_not_replace_a_whole_name(
    citizen: Person, a_call: Call, known: str | None, told: str, then: str
) -> None:
    citizen.name = known
    ticket = lifecycle.draft(a_call)
    lifecycle.type_in(ticket, fields.Typed(citizen_name=told))
    assert citizen.name == known
    fields.remember_name(ticket)
    assert citizen.name == then


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"kind": "nonsense"}, "诉求类型"),
        ({"topic": "nowhere"}, "事项类别"),
        ({"number": "1"}, "number"),
    ],
)
def test_what_is_wrong_is_named(
    a_call: Call, desk: Browser, body: dict[str, str], words: str
) -> None:
    answer = desk.post_json(f"/calls/{a_call.id}/ticket", body)
    assert answer.status_code == 422
    assert words in answer.get_json()["error"]


def test_a_request_without_token_is_refused(a_call: Call, desk: Browser) -> None:
    url = f"/calls/{a_call.id}/ticket"
    assert desk.client.post(url, json={"summary": "路灯坏了"}).status_code == 400
    assert session.scalars(select(Ticket)).all() == []


def test_nobody_writes_another_agents_ticket(app: Flask, a_call: Call, desk: Browser) -> None:
    other = browser_of(app, an_agent("zhao").staff)
    assert other.post_json(f"/calls/{a_call.id}/ticket", {}).status_code == 403
    assert desk.get("/calls/999/ticket").status_code == 404


def test_what_is_open_already_is_hinted(citizen: Person, a_call: Call, desk: Browser) -> None:
    desk.post_json(f"/calls/{a_call.id}/ticket/submit", _form())
    second = ended(citizen)
    second.agent_id = a_call.agent_id
    (hint,) = desk.get(f"/calls/{second.id}/ticket").get_json()["open_tickets"]
    assert hint["summary"] == "楼下路灯坏了三天"


@pytest.fixture
def submitted(a_call: Call, wang: StaffMember, place: None) -> Ticket:
    return lifecycle.submit(lifecycle.draft(a_call), by=wang, typed=a_complaint())


def test_the_ticket_page_tells_its_story_and_the_look_is_audited(
    app: Flask, submitted: Ticket
) -> None:
    lead = browser_of(app, somebody("li", Role.LEAD))
    page = lead.get(f"/tickets/{submitted.number}").get_data(as_text=True)
    for words in ("楼下路灯坏了三天", "阳明路12号", "路灯", "东湖区", "提交工单", "138****5678"):
        assert words in page
    assert f"/calls/{submitted.call_id}" in page
    assert "13812345678" not in page
    assert submitted.query_code not in page
    assert session.scalars(select(AuditEntry.action)).all() == ["ticket.viewed"]


def test_english_pages_name_the_topic_in_english(app: Flask, submitted: Ticket) -> None:
    submitted.topic.name_en = "street lights"
    reader = somebody("li", Role.LEAD)
    reader.language = "en"
    lead = browser_of(app, reader)
    for path in ("/tickets", f"/tickets/{submitted.number}"):
        page = lead.get(path).text
        assert "Street lights" in page and "<dd>路灯" not in page and "<td>路灯" not in page
    assert ">Street lights</option>" in lead.get("/tickets").text


def test_the_ticket_page_names_the_citizen_and_marks_a_minor(
    app: Flask, submitted: Ticket, officer: Browser
) -> None:
    lead = browser_of(app, somebody("li", Role.LEAD))
    assert "未成年人</span>" not in lead.get(f"/tickets/{submitted.number}").text
    submitted.citizen_name, submitted.minor = "王小明", True
    page = lead.get(f"/tickets/{submitted.number}").text
    assert "王小明" in page and 'data-state="warn">未成年人</span>' in page
    told_a_unit = officer.get(f"/tickets/{submitted.number}").text
    assert "王小明" not in told_a_unit and "未成年人" not in told_a_unit
    submitted.confidential = True
    assert "王小明" not in lead.get(f"/tickets/{submitted.number}").text


def test_what_happened_stands_in_the_order_of_its_time(
    app: Flask, submitted: Ticket, time: Timeline
) -> None:
    time.forward(60)
    (text,) = session.scalars(select(TextMessage)).all()
    text.sent_at = now()
    time.forward(60)
    history.note(submitted, "marked_typical")
    rows = [
        (row.event.name if row.event else "text")
        for row in course.of(submitted, somebody("li", Role.LEAD))
    ]
    assert rows == ["submitted", "text", "marked_typical"]


def test_a_confidential_ticket_is_closed_to_other_agents(app: Flask, submitted: Ticket) -> None:
    submitted.confidential = True
    other = browser_of(app, an_agent("zhao").staff)
    lead = browser_of(app, somebody("li", Role.LEAD))
    assert other.get(f"/tickets/{submitted.number}").status_code == 403
    assert submitted.number not in other.get("/tickets").get_data(as_text=True)
    page = lead.get(f"/tickets/{submitted.number}").get_data(as_text=True)
    assert "138****5678" not in page.split("经过")[0]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", True),
        ("state=submitted&kind=complaint&topic=street_light&district=donghu", True),
        ("state=draft", False),
        ("kind=praise", False),
        ("unit=urban", False),
        ("words=路灯", True),
        ("words=公积金", False),
        ("mine=1", False),
        ("state=nonsense&page=1", True),
    ],
)
def test_tickets_are_found_by_what_is_known(
    app: Flask, submitted: Ticket, query: str, found: bool
) -> None:
    page = browser_of(app, somebody("li", Role.LEAD)).get(f"/tickets?{query}")
    assert (submitted.number in page.get_data(as_text=True)) is found


def test_a_missed_caller_is_rung_back_and_off_the_list(
    app: Flask, citizen: Person, desk: Browser
) -> None:
    completion.remember_missed(ended(citizen, Disposition.ABANDONED, speech="公积金怎么提取"))
    assert "公积金怎么提取" in desk.get("/missed").get_data(as_text=True)
    missed = session.scalars(select(MissedContact)).one()
    desk.post(f"/missed/{missed.id}/handled")
    assert missed.handled_by_id == desk.staff.id
    assert "公积金怎么提取" not in desk.get("/missed").get_data(as_text=True)


def test_missed_emergencies_come_first_then_who_waits_longest(
    citizen: Person, desk: Browser, time: Timeline
) -> None:
    for words, danger in [("一", None), ("二", None), ("三", "着火"), ("四", "晕倒"), ("五", None)]:
        call = ended(citizen, Disposition.ABANDONED, speech=f"第{words}位", emergency=danger)
        completion.remember_missed(call)
        time.forward(60)
    page = desk.get("/missed").text
    assert re.findall("第(.)位", page) == ["三", "四", "一", "二", "五"]
    assert page.count("紧急 · ") == 2 and "紧急 · 着火" in page


def test_who_gave_up_in_english_is_rung_back_by_somebody_who_speaks_it(
    citizen: Person, desk: Browser
) -> None:
    for language, words in (("zh", "路灯坏了"), ("en", "no water")):
        call = ended(citizen, Disposition.ABANDONED, speech=words, language=language)
        completion.remember_missed(call)
    rows = desk.get("/missed").text.split("<tr ")[1:]
    assert {("no water" in row, "英语" in row) for row in rows} == {(True, True), (False, False)}


def test_how_many_wait_to_be_rung_back_stands_above_every_page_of_who_rings(
    app: Flask, citizen: Person, desk: Browser
) -> None:
    entry = re.compile(r'<a href="/missed"[^>]*>未接(?: <b class="count"[^>]*>([^<]*)</b>)?</a>')
    unit = browser_of(app, somebody("unit", Role.UNIT, unit=a_unit()))
    lead = browser_of(app, somebody("li", Role.LEAD))
    assert entry.search(desk.get("/tickets").text)[1] is None
    for _ in range(3):
        completion.remember_missed(ended(citizen, Disposition.ABANDONED))
    session.scalars(select(MissedContact)).first().handled_at = now()
    assert entry.search(desk.get("/tickets").text)[1] == "2"
    for _ in range(98):
        completion.remember_missed(ended(citizen, Disposition.ABANDONED))
    assert entry.search(lead.get("/calls").text)[1] == "99+"
    assert "/missed" not in unit.get("/tickets").text


def test_a_failed_text_is_seen_and_sent_again(
    app: Flask, submitted: Ticket, texts: Texts, work: Callable[[], None]
) -> None:
    texts.error = CarrierError("号码停机", permanent=True)
    db.commit()
    message = session.scalars(select(TextMessage)).one()
    send(message.id)
    lead = browser_of(app, somebody("li", Role.LEAD))
    assert "号码停机" in lead.get("/texts/failed").get_data(as_text=True)
    assert "号码停机" in lead.get(f"/tickets/{submitted.number}").get_data(as_text=True)
    texts.error = None
    lead.post(f"/texts/{message.id}/again")
    work()
    assert message.state is TextState.SENT


def test_each_queue_of_jobs_has_a_name(app: Flask, time: object) -> None:
    page = browser_of(app, somebody("gu", Role.ADMIN)).get("/admin/jobs").text
    assert "通话中填单队列：0 个等待" in page
    assert [name for name in QUEUES if f"{name}队列" in page] == []


def test_failed_jobs_are_seen_with_their_reason_and_done_again(app: Flask, time: object) -> None:
    lane = Queue("recordings", connection=bell.connection())
    lane.enqueue_call(fetch, ("not a number",))
    SimpleWorker([lane], connection=bell.connection()).work(burst=True)
    admin = browser_of(app, somebody("root", Role.ADMIN))
    page = admin.get("/admin/jobs").get_data(as_text=True)
    assert "recordings.jobs.fetch" in page
    assert "not a number" in page
    (job_id,) = lane.failed_job_registry.get_job_ids()
    assert admin.post(f"/admin/jobs/recordings/{job_id}/again").status_code == 302
    assert lane.failed_job_registry.get_job_ids() == []
    assert lane.count == 1
    assert admin.post("/admin/jobs/recordings/unknown/again").status_code == 302
    assert admin.post("/admin/jobs/elsewhere/x/again").status_code == 404
    assert browser_of(app, somebody("li", Role.LEAD)).get("/admin/jobs").status_code == 403


def test_a_draft_is_confirmed_later(app: Flask, a_call: Call, desk: Browser) -> None:
    ticket = lifecycle.draft(a_call)
    url = f"/drafts/{ticket.id}"
    assert url in desk.get("/tickets?state=draft").get_data(as_text=True)
    form = {name: str(value) for name, value in _form().items()} | {"needs_reply": "on"}
    assert desk.post(url, **form | {"address": ""}).status_code == 302
    page = desk.post(url, submit="1", **form | {"address": ""}).get_data(as_text=True)
    assert "请填写详细地址" in page
    assert "楼下路灯坏了三天" in page  # what was typed is kept
    answer = desk.post(url, submit="1", **form)
    assert answer.headers["Location"] == f"/tickets/{ticket.number}"
    assert desk.get(url).headers["Location"] == f"/tickets/{ticket.number}"


def test_what_is_only_sent_along_with_the_page_is_not_typed(a_call: Call, desk: Browser) -> None:
    ticket = lifecycle.draft(a_call)
    lifecycle.fill(ticket, reading.read(["我们楼下的路灯坏了三天没人修"]))
    kept = fields.as_json(ticket)
    form = {name: str(value) for name, value in kept.items() if value and name != "confidential"}
    desk.post(f"/drafts/{ticket.id}", **form | {"demand": "尽快修好"})
    session.expire_all()
    assert ticket.origins["summary"]["by"] == ticket.origins["kind"]["by"] == "software"
    assert ticket.origins["demand"] == {"by": "agent"}


def test_a_report_confirmed_on_the_page_is_confidential(a_call: Call, desk: Browser) -> None:
    ticket = lifecycle.draft(a_call)
    form = {name: str(value) for name, value in _form().items()} | {"kind": "report"}
    desk.post(f"/drafts/{ticket.id}", submit="1", **form)
    assert ticket.confidential


def test_a_draft_is_linked_only_for_who_may_open_it(
    app: Flask, a_call: Call, desk: Browser
) -> None:
    url = f"/drafts/{lifecycle.draft(a_call).id}"
    for staff, linked in (
        (an_agent("zhao").staff, False),
        (somebody("song", Role.QA), False),
        (somebody("li", Role.LEAD), True),
    ):
        page = browser_of(app, staff).get("/tickets?state=draft").get_data(as_text=True)
        assert (url in page) is linked, staff.login


@pytest.mark.parametrize(("role", "linked"), [(Role.LEAD, True), (Role.QA, False)])
def test_failed_texts_are_found_from_every_page(app: Flask, role: Role, linked: bool) -> None:
    page = browser_of(app, somebody("li", role)).get("/tickets").get_data(as_text=True)
    assert ("/texts/failed" in page) is linked


@pytest.fixture
def officer(app: Flask, submitted: Ticket) -> Browser:
    """Works for the unit that the ticket went to."""
    unit = session.scalars(select(Unit)).one()
    dispatch.dispatch(submitted, unit, by=None)
    staff = somebody("unit1", Role.UNIT)
    staff.unit = unit
    return browser_of(app, staff)


def test_a_unit_reads_its_tickets_and_never_who_called(officer: Browser, submitted: Ticket) -> None:
    assert officer.get("/").headers["Location"] == "/inbox"
    for path in ("/tickets", f"/tickets/{submitted.number}"):
        page = officer.get(path).get_data(as_text=True)
        assert "楼下路灯坏了三天" in page
        for hidden in ("138****5678", "5678", "/missed", "replay", "/calls/"):
            assert hidden not in page


def test_a_unit_sees_neither_others_tickets_nor_drafts(
    app: Flask, officer: Browser, submitted: Ticket, citizen: Person
) -> None:
    draft = lifecycle.draft(ended(citizen))
    draft.unit, draft.summary = submitted.unit, "还没有提交"
    assert "还没有提交" not in officer.get("/tickets").get_data(as_text=True)
    other = Unit(code="water", name="水务局", kind=submitted.unit.kind)
    session.add(other)
    given = session.scalars(select(Assignment)).one()
    recalling.recall(given, by=submitted.submitted_by, because="wrong_unit")
    dispatch.dispatch(submitted, other, by=None)
    assert submitted.number not in officer.get("/tickets").get_data(as_text=True)
    assert officer.get(f"/tickets/{submitted.number}").status_code == 404
    assert officer.get("/tickets/none").status_code == 404
    for path in (f"/drafts/{draft.id}", f"/calls/{draft.call_id}/ticket", "/missed"):
        assert officer.get(path).status_code == 403


def test_an_agent_finds_no_draft_of_others(app: Flask, a_call: Call, desk: Browser) -> None:
    lifecycle.draft(a_call).summary = "我要举报我们老板"  # confidential only once it is submitted
    other = browser_of(app, an_agent("zhao").staff)
    for path in ("/tickets", "/tickets?state=draft", "/tickets?words=举报"):
        assert "我们老板" not in other.get(path).get_data(as_text=True), path
        assert "我们老板" in desk.get(path).get_data(as_text=True), path


def test_a_draft_that_holds_nothing_is_listed_among_drafts_only(
    app: Flask, citizen: Person, desk: Browser, time: Timeline
) -> None:
    wang = session.get_one(Seat, desk.staff.id)
    lifecycle.draft(ended(citizen, agent=wang))
    lifecycle.draft(ended(citizen, agent=wang)).demand = "尽快修好"
    lifecycle.draft(ended(citizen, agent=wang, emergency="着火"))
    lead = browser_of(app, somebody("li", Role.LEAD))
    for reader in (desk, lead):
        assert reader.get("/tickets?state=draft").text.count("填写草稿") == 3
        listed = reader.get("/tickets").text
        assert listed.count("填写草稿") == 2
        assert listed.count("紧急 · 着火") == 1


def test_nobody_confirms_another_agents_draft(app: Flask, a_call: Call, desk: Browser) -> None:
    ticket = lifecycle.draft(a_call)
    other = browser_of(app, an_agent("zhao").staff)
    assert other.get(f"/drafts/{ticket.id}").status_code == 403
    assert desk.get("/drafts/999").status_code == 404


def test_a_unit_learns_no_number_from_what_was_written_down(
    officer: Browser, submitted: Ticket
) -> None:
    submitted.summary = "我叫王小明，电话13812345678，3栋2单元501室漏水"
    submitted.demand, submitted.address = "回电13812345678", "阳明路12号501室"
    commit()
    for path in (f"/tickets/{submitted.number}", "/tickets"):
        page = officer.get(path).text
        assert "13812345678" not in page and "王小明" not in page and "漏水" in page
    assert "501室" in officer.get(f"/tickets/{submitted.number}").text
    assert submitted.number not in officer.get("/tickets?words=1381234").text
    assert submitted.number in officer.get(f"/tickets?words={submitted.number}").text
    assert submitted.number in officer.get("/tickets?words=漏水").text


def test_a_page_that_is_older_than_the_draft_wipes_nothing(
    app: Flask, desk: Browser, a_call: Call
) -> None:
    ticket = lifecycle.draft(a_call)
    url = f"/drafts/{ticket.id}"
    lead = browser_of(app, somebody("li", Role.LEAD))
    shown = html.unescape(re.search(r'name="shown" value="([^"]+)"', lead.get(url).text)[1])
    lifecycle.type_in(ticket, Typed(summary="路灯坏了", address="阳明路12号"))
    commit()
    untouched = {"summary": "", "address": "", "needs_reply": "on", "shown": shown}
    lead.post(url, **untouched, demand="尽快修好")
    session.expire_all()
    assert (ticket.summary, ticket.address, ticket.demand) == ("路灯坏了", "阳明路12号", "尽快修好")
    refused = lead.post(url, **untouched | {"summary": "井盖丢了"})
    assert refused.status_code == 409 and "刚被别人改过" in refused.text
    session.expire_all()
    assert ticket.summary == "路灯坏了"
