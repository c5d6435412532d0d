"""What a citizen said and who he is can be taken away, by two persons; the history stays whole."""

from types import SimpleNamespace

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from emulator.timeline import Timeline
from erasing import asking, carrying_out, certificate
from erasing.asking import NotErasable
from erasing.blanking import ERASED
from infra import db
from infra.clock import now
from infra.db import commit, session
from models import (
    Addition,
    AdditionKind,
    Attachment,
    AuditEntry,
    Call,
    Callback,
    CallbackWay,
    ErasedFile,
    Erasure,
    ErasureBasis,
    ErasureState,
    MissedContact,
    MissedKind,
    Party,
    Recording,
    RecordingState,
    Reply,
    Role,
    TextMessage,
    Ticket,
    TicketEvent,
    TranscriptState,
    Utterance,
)
from models.callback import CallbackState
from recordings import archive, arrivals
from recordings.store import NotKept, StoreError, store
from tests.handled import Town
from tests.places import a_line
from tests.tickets.conftest import a_person
from tests.units.test_files import PNG, sends
from tests.visitors import browser_of, somebody
from tickets import closing, handling, history, merging, review
from tickets.wording import happened

SAID = "我叫张三，住阳明路12号，电话13812345678"
SECRETS = (SAID, "阳明路", "张三", "13812345678", "138****5678")


class Killed(BaseException):
    """What kill -9 does: nothing of ours runs any more."""


class Carrier:
    """Keeps copies until it is told to forget them."""

    def __init__(self) -> None:
        self.forgotten: list[str] = []

    def forget_recording(self, recording: str) -> None:
        self.forgotten.append(recording)


@pytest.fixture
def carrier(app) -> Carrier:
    real, ours = app.extensions["carrier"], Carrier()
    app.extensions["carrier"] = ours
    yield ours
    app.extensions["carrier"] = real


@pytest.fixture
def town(app, time: Timeline, carrier) -> Town:
    return Town(app)


@pytest.fixture
def boss(town):
    return somebody("boss", Role.ADMIN)


@pytest.fixture
def told(town, tmp_path) -> SimpleNamespace:
    """A closed ticket with everything that a person leaves behind him; and somebody else's."""
    other = town.signed(citizen_name="李四", address="八一大道1号")
    one = town.signed(citizen_name="张三", summary=SAID)
    ticket, call = one.ticket, one.ticket.call
    sends(town.browser("urban"), one)
    handling.reply(one, _answer(), by=town.people["urban"])
    closing.accept_reply(session.scalars(select(Reply)).one(), by=town.people["song"])
    session.add(Addition(ticket_id=ticket.id, kind=AdditionKind.FACTS, at=now(), words=SAID))
    closing.close(ticket, by=town.people["li"], because="satisfied")
    _recorded(call, tmp_path)
    session.add(
        MissedContact(
            call_id=call.id,
            person_id=call.person_id,
            kind=MissedKind.ABANDONED,
            number_masked="138****5678",
            words=SAID,
            at=now(),
        )
    )
    session.add(
        Callback(
            way=CallbackWay.KEY,
            state=CallbackState.REACHED,
            number="13812345678",
            number_fingerprint="f",
            number_masked="138****5678",
            person_id=call.person_id,
            line_id=a_line("x").id,
            asked_at=now(),
            age_from=now(),
            due_at=now(),
            ended_at=now(),
        )
    )
    session.add(
        TextMessage(
            key="k",
            person_id=call.person_id,
            number="13812345678",
            number_masked="138****5678",
            body=SAID,
            next_at=now(),
            created_at=now(),
        )
    )
    call.speech = SAID
    person = call.person
    person.name, person.caution = "张三", SAID
    commit()
    return SimpleNamespace(ticket=ticket, call=call, person=person, other=other.ticket)


def _answer():
    return handling.Answer(
        public="已上门联系张三",
        facts_true=True,
        solved="yes",
        contacted_at=None,
        no_contact="张三不便",
        internal=SAID,
    )


def _recorded(call: Call, folder) -> Recording:
    sound = folder / "sound.wav"
    sound.write_bytes(b"RIFF" + SAID.encode())
    store().put("2026/11/24/RE1.wav", sound)
    recording = Recording(
        sid="RE1",
        call_id=call.id,
        leg=call.sid,
        url="https://carrier/RE1",
        started_at=now(),
        state=RecordingState.STORED,
        storage_key="2026/11/24/RE1.wav",
        checksum="c" * 64,
        size=9,
        next_at=now(),
        peaks={"citizen": [1]},
        transcript_state=TranscriptState.LIVE,
    )
    session.add(recording)
    session.add(
        Utterance(
            call_id=call.id, party=Party.CITIZEN, transcription="T", sequence=1, at=now(), text=SAID
        )
    )
    session.flush()
    return recording


def erased(town, boss, subject, time) -> Erasure:
    made = asking.ask(subject, by=town.people["li"], basis=ErasureBasis.WITHDRAWN, reason=SAID)
    asking.approve(made, by=boss)
    commit()
    carrying_out.go_on()
    session.expire_all()
    return made


def everything_stored() -> str:
    """Every row of every table, opened where it is sealed: as somebody who has the keys."""
    rows = []
    for mapper in Ticket.registry.mappers:
        for row in session.scalars(select(mapper.class_)):
            rows.append(str({c.key: getattr(row, c.key) for c in mapper.column_attrs}))
    return "\n".join(rows)


def an_hour_later(time) -> None:
    time.forward(7200)


def test_nothing_tells_of_a_person_who_was_erased(town, boss, told, time, carrier):
    an_hour_later(time)
    before, secrets = everything_stored(), (*SECRETS, told.person.number)
    assert told.ticket.place_mark is not None
    assert [one for one in secrets if one not in before] == []
    made = erased(town, boss, told.person, time)
    after = everything_stored()
    assert [one for one in secrets if one in after] == []
    # Somebody else's stays as it was.
    assert "八一大道1号" in after and "李四" in after
    assert told.ticket.place_mark is None
    assert made.state is ErasureState.DONE and certificate.holds(made)
    assert {made.counts[one] for one in ("recording", "utterance", "attachment")} == {1}
    assert [one for one in SECRETS if one in str(certificate.of(made))] == []
    # The figures go on counting it; the chain holds, and says what happened.
    assert told.ticket.number and told.ticket.person_id == told.person.id
    assert [history.verify(one) for one in (told.ticket, told.other)] == [None, None]
    newest = session.scalars(select(TicketEvent.name).order_by(TicketEvent.id.desc())).first()
    assert newest == "erased" and happened(newest) == "删除个人信息"


def test_the_files_are_gone_too_and_the_carriers_copy(town, boss, told, time, carrier):
    key = session.scalars(select(Attachment.storage_key)).one()
    an_hour_later(time)
    erased(town, boss, told.ticket, time)
    for one in ("2026/11/24/RE1.wav", key):
        with pytest.raises(NotKept):
            store().local(one)
    assert carrier.forgotten == ["RE1"]
    assert session.scalars(select(Attachment)).all() == []
    assert session.scalars(select(Recording.state)).all() == [RecordingState.ERASED]


def test_who_has_the_same_attachment_keeps_it(town, boss, told, time):
    shared = town.signed()
    sends(town.browser("urban"), shared)
    an_hour_later(time)
    made = erased(town, boss, told.ticket, time)
    kept = session.scalars(select(Attachment)).one()
    assert store().local(kept.storage_key).read_bytes() == PNG
    assert [one["kept_for_another"] for one in certificate.of(made)["files"]] == [False, True]


def test_who_calls_again_is_somebody_new(town, boss, told, time):
    an_hour_later(time)
    number = told.person.number
    erased(town, boss, told.person, time)
    again = a_person(number)
    assert again.id != told.person.id and told.person.number == ERASED


def test_two_persons_erase(town, boss, told, time):
    an_hour_later(time)
    li = town.people["li"]
    made = asking.ask(told.ticket, by=li, basis=ErasureBasis.PURPOSE, reason="x")
    for act in (asking.approve, asking.refuse):
        with pytest.raises(NotErasable, match="申请人"):
            act(made, by=li)
    with pytest.raises(NotErasable, match="已有同样"):
        asking.ask(told.ticket, by=boss, basis=ErasureBasis.PURPOSE, reason="x")
    asking.approve(made, by=boss)
    for act in (asking.approve, asking.refuse, asking.cancel):
        with pytest.raises(NotErasable, match="已有结论"):
            act(made, by=boss)
    # The schema says so, too.
    with pytest.raises(IntegrityError), session.begin_nested():
        session.execute(text("UPDATE erasure SET decided_by_id = asked_by_id"))


def test_what_is_held_is_neither_asked_for_nor_erased(town, boss, told, time):
    an_hour_later(time)
    li = town.people["li"]
    made = asking.ask(told.person, by=li, basis=ErasureBasis.PURPOSE, reason="x")
    asking.approve(made, by=boss)
    held = asking.hold(told.ticket, by=li, reason="行政诉讼")
    commit()
    carrying_out.go_on()
    assert made.state is ErasureState.APPROVED and told.person.name == "张三"
    for subject in (told.ticket, told.call):
        with pytest.raises(NotErasable, match="留置"):
            asking.ask(subject, by=li, basis=ErasureBasis.PURPOSE, reason="x")
    with pytest.raises(NotErasable, match="另一人"):
        asking.lift(held, by=li)
    asking.lift(held, by=boss)
    commit()
    carrying_out.go_on()
    session.expire_all()
    assert made.state is ErasureState.DONE and told.person.name == ERASED


def test_what_is_still_needed_is_not_erased(town, boss, told, time):
    with pytest.raises(NotErasable, match="一小时"):
        asking.ask(told.person, by=boss, basis=ErasureBasis.PURPOSE, reason="x")
    an_hour_later(time)
    with pytest.raises(NotErasable, match="没有办结"):
        asking.ask(told.other, by=boss, basis=ErasureBasis.PURPOSE, reason="x")


@pytest.mark.parametrize("at", ["rows", "file", "note", "seal"])
def test_killed_on_any_line_it_goes_on(town, boss, told, time, carrier, monkeypatch, at):
    """erasing.carrying_out.go_on: the clock comes back each minute."""
    an_hour_later(time)
    made = asking.ask(told.person, by=town.people["li"], basis=ErasureBasis.PURPOSE, reason="x")
    asking.approve(made, by=boss)
    commit()

    def dies(*_given, **_known):
        raise Killed

    module, name = {
        "rows": (carrying_out.history, "erase_payloads"),
        "file": (carrier, "forget_recording"),
        "note": (carrying_out, "_remove"),
        "seal": (carrying_out.certificate, "seal"),
    }[at]
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(module, name, dies)
        carrying_out.go_on()
    db.roll_back()
    assert made.state is ErasureState.APPROVED
    # Nothing, or all of it: a half of the rows is never erased.
    assert (told.person.name == "张三") is (at == "rows") is (told.call.speech == SAID)
    carrying_out.go_on()
    session.expire_all()
    assert made.state is ErasureState.DONE
    assert [one for one in SECRETS if one in everything_stored()] == []
    events = session.scalars(select(TicketEvent.name).where(TicketEvent.name == "erased")).all()
    assert len(events) == 1


def test_a_store_that_is_away_is_asked_again(town, boss, told, time, monkeypatch):
    an_hour_later(time)
    with monkeypatch.context() as patch:

        def away(*_given):
            raise StoreError

        patch.setattr(type(store()), "remove", away)
        made = erased(town, boss, told.ticket, time)
    assert made.state is ErasureState.APPROVED and made.erased_at is not None
    carrying_out.go_on()
    assert made.state is ErasureState.APPROVED
    time.forward(601)
    carrying_out.go_on()
    session.expire_all()
    assert made.state is ErasureState.DONE


def test_a_recording_that_comes_late_is_not_kept(town, boss, told, time):
    recording = session.scalars(select(Recording)).one()
    recording.state, recording.storage_key = RecordingState.ANNOUNCED, None
    an_hour_later(time)
    erased(town, boss, told.call, time)
    late = Recording(sid="RE2", leg=told.call.sid, url="u", started_at=now(), next_at=now())
    session.add(late)
    said = arrivals.Sentence(
        leg=told.call.sid,
        transcription="T",
        sequence=2,
        party=Party.CITIZEN,
        at=now(),
        text=SAID,
        heard=False,
        confidence=None,
    )
    assert arrivals.hear(said) is None
    commit()
    archive.keep(late.id)
    assert session.scalars(select(Recording.state)).all() == [RecordingState.ERASED] * 2
    # What a worker was just fetching is removed after him.
    assert session.scalars(select(ErasedFile.due_at)).all()[0] > now()


def test_reasons_stand_beside_the_history(town, told):
    zhao, li = town.people["zhao"], town.people["li"]
    master = town.ticket()
    child, prank = town.ticket(topic="street_light"), town.ticket()
    merging.merge(child, master, by=zhao, because=SAID)
    merging.separate(child, by=zhao, because=SAID)
    review.void(prank, by=li, because=SAID)
    details = str(session.scalars(select(TicketEvent.detail)).all())
    assert SAID not in details and "remark" in details


def test_the_page_asks_a_second_person_and_gives_the_certificate(town, boss, told, time):
    an_hour_later(time)
    lead, admin = town.browser("li"), browser_of(town.app, boss)
    answer = lead.post(
        "/erasures",
        scope="person",
        subject="+86 138 7999 2001",
        basis="withdrawn",
        reason="x",
    )
    assert answer.status_code == 409  # nobody of that number
    answer = lead.post(
        "/erasures",
        scope="ticket",
        subject=told.ticket.number,
        basis="withdrawn",
        reason="x",
    )
    address = answer.headers["Location"]
    assert "须由另一人批准" in lead.get(address).text
    assert lead.post(f"{address}/approval").status_code == 409
    assert "将删除 1 通通话、1 张工单" in admin.get(address).text
    assert admin.post(f"{address}/approval").status_code == 302
    carrying_out.go_on()
    shown = admin.get(address).text
    assert "个人信息删除证明" in shown and "核验一致" in shown and "张三" not in shown
    assert "已于" in lead.get(f"/tickets/{told.ticket.number}").text
    assert "录音已按规定删除" in lead.get(f"/calls/{told.call.id}").text
    acts = session.scalars(select(AuditEntry.action)).all()
    assert {"erasure.asked", "erasure.approved", "erasure.done", "erasure.viewed"} <= set(acts)
    assert town.browser("zhao").get("/erasures").status_code == 403
