"""Key 9 with number and code: where the ticket is, an urge, and what he has to add, by voice."""

import pytest
from sqlalchemy import select, update

from erasing import reach
from infra.clock import now
from infra.db import commit, session
from models import (
    Addition,
    Assignment,
    AuditEntry,
    CallStatus,
    Chase,
    Recording,
    RecordingState,
    Role,
    TranscriptState,
    Urge,
    WorkDay,
)
from recordings.store import store
from tests.followups.test_by_himself import hears_of, the_call
from tests.tickets.conftest import a_complaint, ended
from tests.visitors import browser_of, somebody
from tickets import calendar, dispatch, handling, history, lifecycle


@pytest.fixture
def ticket(hotline):
    """With its unit, and not answered yet."""
    call = ended(hotline.person, agent=hotline.agent)
    ticket = lifecycle.draft(call)
    lifecycle.submit(ticket, by=hotline.agent.staff, typed=a_complaint())
    one = dispatch.dispatch(ticket, hotline.unit, by=hotline.dispatcher)
    handling.sign(one, by=hotline.clerk)
    commit()
    return ticket


def test_he_hears_with_whom_it_is_and_since_when(hotline, ticket):
    citizen = hears_of(hotline, ticket)
    assert citizen.hears("目前在城管局，自")
    hotline.until(lambda: citizen.hears("催办请按3"))
    assert not citizen.hears("评价或修改评价请按1")


def test_he_urges_by_a_key_once_a_day_as_on_the_page(hotline, ticket):
    citizen = hears_of(hotline, ticket)
    hotline.until(lambda: citizen.hears("催办请按3"))
    citizen.presses("3")
    hotline.until(lambda: citizen.hears("已为您催办"))
    urge = session.scalars(select(Urge)).one()
    assert (urge.call_id, urge.by_id) == (the_call().id, None)
    asked = session.scalars(select(Chase)).one()
    assert (asked.call_id, asked.ticket_id, asked.words) == (the_call().id, ticket.id, None)
    citizen.hangs_up()
    again = hears_of(hotline, ticket)
    hotline.until(lambda: again.hears("补充情况请按4"))
    assert not again.hears("催办请按3")
    assert history.verify(ticket) is None


def test_what_he_says_is_added_once_and_other_things_are_offered_again(hotline, ticket):
    citizen = hears_of(hotline, ticket)
    hotline.until(lambda: citizen.hears("补充情况请按4"))
    citizen.presses("4")
    hotline.until(lambda: citizen.hears("请说出要补充的情况"))
    citizen.says("公积金中心门口那盏也坏了")
    hotline.until(lambda: citizen.hears("您补充的情况已经记录"))
    assert session.scalars(select(Addition.words)).all() == ["公积金中心门口那盏也坏了"]
    assert session.scalars(select(Chase.words)).all() == ["公积金中心门口那盏也坏了"]
    # He spoke of another topic, and is not led to its line.
    assert the_call().status is CallStatus.GREETED


def test_danger_is_heard_in_what_he_adds(hotline, ticket):
    citizen = hears_of(hotline, ticket)
    hotline.until(lambda: citizen.hears("补充情况请按4"))
    citizen.presses("4")
    hotline.until(lambda: citizen.hears("请说出要补充的情况"))
    citizen.says("楼下着火了")
    hotline.until(lambda: the_call().status is CallStatus.WAITING)
    assert the_call().emergency == "着火" and session.query(Addition).count() == 0


def test_he_hears_that_the_date_may_still_move(hotline, ticket):
    calendar.seed((now().year, now().year + 1))
    session.execute(update(WorkDay).values(provisional=True))
    commit()
    citizen = hears_of(hotline, ticket)
    assert citizen.hears("按暂定的工作日历，可能调整")


def recorded() -> list[Recording]:
    session.expire_all()
    return list(session.scalars(select(Recording).order_by(Recording.id)))


def test_what_he_adds_keeps_its_sound_for_the_hotlines_people(app, hotline, ticket, tmp_path):
    citizen = hears_of(hotline, ticket)
    hotline.until(lambda: citizen.hears("补充情况请按4"))
    citizen.presses("4")
    hotline.until(lambda: citizen.hears("请说出要补充的情况"))
    citizen.says("门口那盏也坏了")
    hotline.until(lambda: len(recorded()) == 1)
    # It has stopped with his words, and he is on the line yet.
    assert the_call().status is CallStatus.GREETED
    (sound,) = recorded()
    added = session.scalars(select(Addition)).one()
    assert (sound.take, sound.call_id) == (added.take, added.call_id) == (sound.take, the_call().id)
    assert sound.take and sound.transcript_state is TranscriptState.DONE
    sound.move_to(RecordingState.FETCHING)
    sound.move_to(RecordingState.STORED)
    sound.storage_key, sound.checksum, sound.duration_s = "a/sound.wav", "1" * 64, 3
    file = tmp_path / "sound.wav"
    file.write_bytes(b"RIFF")
    store().put("a/sound.wav", file)
    commit()
    path = f"/recordings/additions/{added.id}/audio"
    lead = browser_of(app, hotline.lead)
    assert path in lead.get(f"/tickets/{ticket.number}").text
    assert lead.get(path).data == b"RIFF"
    heard = select(AuditEntry).where(AuditEntry.action == "recording.heard")
    assert session.scalars(heard).one().by_id == hotline.lead.id
    given = session.scalars(select(Assignment.id)).one()
    clerk = browser_of(app, hotline.clerk)
    page = clerk.get(f"/inbox/{given}").text
    assert "门口那盏也坏了" in page and "audio" not in page
    assert clerk.get(path).status_code == 403
    assert given and added.call_id in reach.of_ticket(ticket.id).calls


def test_of_a_confidential_ticket_only_who_may_read_it_hears_what_was_added(app, hotline, ticket):
    added = Addition(ticket_id=ticket.id, kind="facts", at=now(), words="x")
    added.call_id, added.take = ticket.call_id, "a" * 16
    session.add(added)
    ticket.confidential = True
    other = somebody("other", Role.AGENT)
    commit()
    path = f"/recordings/additions/{added.id}/audio"
    assert browser_of(app, other).get(path).status_code == 403
    assert browser_of(app, hotline.lead).get(path).status_code == 404


def test_who_says_nothing_is_recorded_once_and_danger_ends_it(hotline, ticket):
    citizen = hears_of(hotline, ticket)
    hotline.until(lambda: citizen.hears("补充情况请按4"))
    citizen.presses("4")
    hotline.until(lambda: citizen.hears("请说出要补充的情况"))
    citizen.heard.clear()
    hotline.until(lambda: citizen.hears("请说出要补充的情况"), 30)
    assert recorded() == []
    citizen.says("楼下着火了")
    hotline.until(lambda: the_call().status is CallStatus.WAITING)
    hotline.until(lambda: len(recorded()) == 1)
    # The talk has a recording of its own, so none may run into it.
    assert the_call().status is CallStatus.WAITING and recorded()[0].take
