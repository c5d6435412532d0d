"""A clerk calls a citizen through the line: both talk, and neither learns a number."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from infra.clock import now
from infra.db import commit, roll_back, session
from infra.privacy import fingerprint, mask
from models import (
    AuditEntry,
    Call,
    CallStatus,
    Contact,
    Dial,
    DialAttempt,
    DialState,
    Direction,
    Disposition,
    DutyPhone,
    Recording,
    RecordingState,
    Relay,
    Reply,
    TicketState,
)
from queues import relaying
from recordings.store import store
from tests.handled import Town
from tests.recordings.sounds import wav
from tickets import handling, history, requests

DUTY = "13900001111"


class Line(Town):
    """The town with a carrier, and a duty phone at urban management."""

    def __init__(self, app, city) -> None:
        super().__init__(app)
        self.city = city
        self.phone = DutyPhone(
            unit=self.units["urban"],
            number=DUTY,
            number_fingerprint=fingerprint(DUTY),
            number_masked=mask(DUTY),
            wants=["tickets"],
            added_at=now(),
        )
        session.add(self.phone)
        commit()
        self.duty = city.citizen(f"+86{DUTY}")

    def citizen_of(self, one):
        return self.city.citizen(f"+86{one.ticket.person.number}")

    def calls(self, one, who: str = "urban"):
        return self.browser(who).post(f"/inbox/{one.id}/calls", phone=str(self.phone.id))

    def until(self, condition, within: float = 60) -> None:
        def fresh() -> bool:
            session.expire_all()
            found = condition()
            commit()
            return found

        commit()
        self.city.until(fresh, within)


@pytest.fixture
def line(app, city) -> Line:
    return Line(app, city)


def the(model):
    """The newest; the ticket's own call is older."""
    return session.scalars(select(model).order_by(model.id.desc())).first()


def through_the_line() -> list[Call]:
    return list(session.scalars(select(Call).where(Call.direction == Direction.OUT)))


def test_both_talk_and_the_recording_is_the_tickets(line):
    one = line.signed()
    number = one.ticket.person.number
    citizen = line.citizen_of(one)
    assert line.calls(one).status_code == 302
    line.until(lambda: line.duty.hears("请按1接通"))
    assert citizen.rung == [] and line.duty.leg.caller != citizen.number
    line.duty.presses("1")
    line.until(lambda: the(Call).status is CallStatus.TALKING)
    assert citizen.hears("承办单位") and citizen.hears("录音")
    hotline = line.app.config["SETTINGS"].hotline_number
    assert {citizen.rung[0].caller, line.duty.rung[0].caller} == {hotline}
    began = the(Call).answered_at
    line.city.pass_time(30)
    citizen.hangs_up()
    line.until(
        lambda: the(Call).over and the(Recording) is not None and the(Recording).call_id is not None
    )
    assert the(Call).disposition is Disposition.ANSWERED and the(Contact).call_id == the(Call).id
    assert one.contacted_at == the(Contact).at == began
    assert the(Dial).state is DialState.DONE and len(line.duty.rung) == len(citizen.rung) == 1
    assert the(Recording).channels == {"agent": 1, "citizen": 2}
    sound = the(Recording)
    sound.state, sound.storage_key, sound.checksum = RecordingState.FETCHING, "a", "b"
    sound.move_to(RecordingState.STORED)
    pages = [
        line.browser("urban").get(f"/inbox/{one.id}").text,
        line.browser("song").get(f"/tickets/{one.ticket.number}").text,
    ]
    assert "<audio" in pages[0] and "/calls/" not in pages[0].partition("<main")[2].replace(
        f"/inbox/{one.id}/calls", ""
    )
    assert f"/calls/{the(Call).id}" in pages[1]
    assert not any(number in page or DUTY in page for page in pages)
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "relayed")).one()
    assert number not in str(entry.detail) and DUTY not in str(entry.detail)
    assert history.verify(one.ticket) is None


def talked(line, one, sound) -> Contact:
    """The clerk has spoken to the citizen, and what they said is kept."""
    citizen = line.citizen_of(one)
    line.calls(one)
    line.until(lambda: line.duty.hears("请按1接通"))
    line.duty.presses("1")
    line.until(lambda: the(Call).status is CallStatus.TALKING)
    # The notice is heard first, then each other.
    line.city.pass_time(30)
    citizen.hangs_up()
    line.until(
        lambda: the(Call).over and the(Recording) is not None and the(Recording).call_id is not None
    )
    kept(the(Recording), sound)
    return the(Contact)


def kept(recording, sound) -> None:
    store().put(f"{recording.id}.wav", sound)
    recording.state, recording.duration_s = RecordingState.STORED, 10
    recording.storage_key, recording.checksum = f"{recording.id}.wav", "y"
    commit()


@pytest.fixture
def sound(tmp_path):
    found = tmp_path / "sound.wav"
    found.write_bytes(wav(10, [(1, 3)], [(4, 5)]))
    return found


def heard() -> int:
    session.expire_all()
    looks = select(AuditEntry).where(AuditEntry.action == "recording.heard")
    return len(session.scalars(looks).all())


def test_a_clerk_hears_his_own_talk_and_the_listening_is_written_down(line, sound):
    one = line.signed()
    contact = talked(line, one, sound)
    clerk, address = line.browser("urban"), f"/inbox/contacts/{contact.id}/audio"
    page = clerk.get(f"/inbox/{one.id}").text
    assert page.count("<audio") == 1 and address in page
    for pieces in ({}, {"Range": "bytes=0-99"}):
        answer = clerk.get(address, headers=pieces)
        assert (answer.status_code < 300, answer.mimetype) == (True, "audio/wav")
    assert heard() == 1


def test_nobody_else_hears_it_and_the_clerk_hears_nothing_else(line, sound):
    one = line.signed()
    contact = talked(line, one, sound)
    address = f"/inbox/contacts/{contact.id}/audio"
    for stranger in ("power", "station", "song", "zhao", "wang"):
        assert line.browser(stranger).get(address).status_code in (403, 404), stranger
    assert line.app.test_client().get(address).status_code in (302, 401)
    # What the citizen had said to the hotline is another call, even where a contact names it.
    inbound = session.get_one(Call, one.ticket.call_id)
    at = {"started_at": now(), "next_at": now()}
    theirs = Recording(sid="RE-in", call_id=inbound.id, leg=inbound.sid, url="x", **at)
    session.add(theirs)
    session.flush()
    kept(theirs, sound)
    clerk = line.browser("urban")
    for recording in (theirs, the(Recording), session.get_one(Call, contact.call_id)):
        assert clerk.get(f"/recordings/{recording.id}/audio").status_code == 403
        assert clerk.get(f"/calls/{recording.id}").status_code == 403
    contact.call_id = inbound.id
    commit()
    assert clerk.get(address).status_code == 404
    assert clerk.get("/inbox/contacts/999/audio").status_code == 404
    assert heard() == 0


def test_who_gave_the_ticket_back_hears_no_more_of_it(line, sound):
    one = line.signed()
    contact = talked(line, one, sound)
    returned(one, line)
    assert line.browser("urban").get(f"/inbox/contacts/{contact.id}/audio").status_code == 404
    assert heard() == 0


def returned(one, line) -> None:
    asked = requests.ask_return(
        one, by=line.people["urban"], code="duty", reason="不归我局", basis="三定", suggested=None
    )
    requests.approve(asked, by=line.people["zhao"])
    commit()


@pytest.mark.parametrize(
    "other",
    [{"direction": Direction.OUT}, {"relayed": True}],
    ids=["an agent's own call", "a citizen's"],
)
def test_only_a_call_through_the_line_has_no_agent(app, time, other):
    """The schema says so, whatever a verb may forget."""
    said = {"sid": "CA-x", "number_masked": "-", "started_at": now()}
    session.add(Call(status=CallStatus.TALKING, **said, **other))
    with pytest.raises(IntegrityError):
        session.flush()
    roll_back()


def test_a_citizen_who_does_not_answer_was_tried_once(line):
    one = line.signed()
    citizen = line.citizen_of(one)
    citizen.answers = False
    line.calls(one)
    line.until(lambda: line.duty.hears("请按1接通"))
    line.duty.presses("1")
    line.until(lambda: line.duty.hears("市民没有接听"))
    line.until(lambda: the(Call).over)
    assert (the(Contact).reached, one.contacted_at) == (False, None)
    assert the(Call).disposition is Disposition.NOT_REACHED
    assert "市民没有接听" in line.browser("urban").get(f"/inbox/{one.id}").text
    assert session.scalar(select(Reply)) is None and one.ticket.state is TicketState.PROCESSING


@pytest.mark.parametrize("answers", [True, False], ids=["says nothing", "is not there"])
def test_without_the_clerks_own_word_no_citizen_is_rung(line, answers):
    one = line.signed()
    citizen = line.citizen_of(one)
    line.duty.answers = answers
    line.calls(one)
    assert "正在呼叫值班手机" in line.browser("urban").get(f"/inbox/{one.id}").text
    line.until(lambda: the(Dial).state is DialState.EXHAUSTED, within=120)
    assert (
        citizen.rung == [] and session.scalar(select(Call).where(Call.direction == "out")) is None
    )
    assert session.scalar(select(Contact)) is None
    assert "值班手机没有接通" in line.browser("urban").get(f"/inbox/{one.id}").text
    # He may try again at once.
    assert line.calls(one).status_code == 302
    line.until(lambda: len(line.duty.rung) == 2)


def test_pressed_twice_it_rings_once(line):
    one = line.signed()
    line.citizen_of(one)
    assert line.calls(one).status_code == 302
    refused = line.calls(one)
    assert refused.status_code == 409 and "正在呼叫" in refused.text
    line.until(lambda: line.duty.connected)
    assert line.calls(one).status_code == 409
    line.city.pass_time(30)
    assert len(line.duty.rung) == 1 and session.query(Relay).count() == 1


def test_a_clerk_who_hangs_up_while_it_rings_lets_it_be(line):
    one = line.signed()
    citizen = line.citizen_of(one)
    citizen.answers = False
    line.calls(one)
    line.until(lambda: line.duty.hears("请按1接通"))
    line.duty.presses("1")
    line.until(lambda: len(citizen.rung) == 1)
    line.duty.hangs_up()
    line.until(lambda: the(Call).over)
    line.until(lambda: not citizen.rung[0].live)
    line.city.pass_time(130)
    # He had no time to answer: nobody tried to reach him.
    assert session.scalar(select(Contact)) is None and one.contacted_at is None


def test_a_clerk_who_hangs_up_on_the_notice_has_spoken_to_nobody(line):
    one = line.signed()
    citizen = line.citizen_of(one)
    line.calls(one)
    line.until(lambda: line.duty.hears("请按1接通"))
    line.duty.presses("1")
    line.until(lambda: len(citizen.rung) == 1 and the(Call).answered_at is not None)
    line.duty.hangs_up()
    line.until(lambda: the(Call).over)
    line.city.pass_time(130)
    assert session.scalar(select(Contact)) is None and one.contacted_at is None
    assert the(Call).disposition is Disposition.NOT_REACHED


def begins_to_ring(line, one):
    citizen = line.citizen_of(one)
    line.duty.heard.clear()
    line.calls(one)
    line.until(lambda: line.duty.hears("请按1接通"))
    line.duty.presses("1")
    line.until(lambda: len(citizen.rung) == 1)
    return citizen


def faults(line, door: str, **chances: float) -> None:
    """At one of the doors of this relay."""
    only = f"/voice/relay/{session.query(DialAttempt.id).scalar()}/{door}"
    line.city.exchange.faults.set({"only": only, "late_seconds": 30, **chances})


def test_a_talk_that_is_told_of_after_the_clerks_leg_was_a_contact(line):
    """Of the reports only the last comes, when the call is written down as not reached."""
    one = line.signed()
    line.city.exchange.faults.set({"drop": 1})
    begins_to_ring(line, one)
    faults(line, "over", late=1, document_late=1, drop=0)
    line.city.pass_time(20)
    line.duty.hangs_up()
    line.until(lambda: the(Call).over)
    assert the(Call).disposition is Disposition.NOT_REACHED
    line.until(lambda: session.scalar(select(Contact)) is not None)
    assert the(Call).disposition is Disposition.ANSWERED
    assert the(Contact).reached and one.contacted_at is not None
    line.city.pass_time(200)
    assert session.query(Contact).count() == 1


def test_a_notice_hung_up_on_is_no_contact_whatever_is_told_first(line):
    one = line.signed()
    begins_to_ring(line, one)
    line.until(lambda: the(Call).answered_at is not None)
    faults(line, "over", late=1, document_late=1)
    line.duty.hangs_up()
    line.until(lambda: the(Call).over)
    assert the(Call).disposition is Disposition.ANSWERED
    line.until(lambda: the(Call).disposition is Disposition.NOT_REACHED)
    line.city.pass_time(200)
    assert session.scalar(select(Contact)) is None and one.contacted_at is None


def test_talks_whose_last_report_is_lost_are_contacts_however_long_the_clock_stood_still(
    line, monkeypatch
):
    broken, one = line.signed(), line.signed()
    for each in (broken, one):
        line.city.exchange.faults.set({"only": "/", "drop": 0, "document_drop": 0})
        citizen = begins_to_ring(line, each)
        line.until(lambda: the(Call).status is CallStatus.TALKING)
        line.city.exchange.faults.set({"only": "/voice/relay/", "document_drop": 1})
        line.city.pass_time(10)
        citizen.hangs_up()
        line.until(lambda: the(Call).over)
    assert session.scalar(select(Contact)) is None
    line.city.ticking = False
    line.city.pass_time(3 * 3600)
    line.city.ticking = True
    monkeypatch.setattr(relaying.handling, "contact", but_of(broken.id, handling.contact))
    line.until(lambda: session.scalar(select(Contact)) is not None, 90)
    assert (one.contacted_at is not None, broken.contacted_at) == (True, None)


def but_of(broken: int, contact):
    def write(assignment, **said):
        if assignment.id == broken:
            raise ValueError("cannot be written")
        return contact(assignment, **said)

    return write


@pytest.mark.parametrize(
    ("known", "words"),
    [
        ({"kind": "report"}, "保密工单"),
        ({"confidential": True}, "保密工单"),
        ({"minor": True}, "未成年人"),
        ({"needs_reply": False}, "不需要联系"),
        ({"person": None}, "没有显示号码"),
    ],
)
def test_who_may_not_be_called_is_not(line, known, words):
    one = line.signed()
    for name, value in known.items():
        setattr(one.ticket, name, value)
    commit()
    assert words in line.browser("urban").get(f"/inbox/{one.id}").text
    refused = line.calls(one)
    assert refused.status_code == 409 and words in refused.text
    assert session.scalar(select(Dial)) is None


@pytest.mark.parametrize(("urgency", "allowed"), [("normal", False), ("urgent", True)])
def test_at_night_only_what_is_urgent_rings_a_citizen(line, time, urgency, allowed):
    one = line.signed(urgency=urgency)
    commit()
    line.city.ticking = False
    while not 22 <= (now() + timedelta(hours=8)).hour < 23:
        time.forward(1800)
    assert (line.calls(one).status_code == 302) is allowed


def test_only_of_ones_own_ticket_and_with_ones_own_phone(line):
    one, other = line.signed(), line.signed("power")
    assert line.calls(one, "power").status_code == 404
    refused = line.calls(other, "power")
    assert refused.status_code == 409 and "本单位的值班手机" in refused.text
    given = line.given()
    assert line.calls(given).status_code == 409
    assert "没有值班手机" in line.browser("power").get(f"/inbox/{other.id}").text


def test_who_is_on_the_line_with_the_hotline_is_left_alone(line):
    one = line.signed()
    session.add(
        Call(sid="CA1", person=one.ticket.person, number_masked="138****", started_at=now())
    )
    commit()
    refused = line.calls(one)
    assert refused.status_code == 409 and "正在与热线通话" in refused.text
