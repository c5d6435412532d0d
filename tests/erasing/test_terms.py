"""What has been kept for as long as it may be goes by itself, each night, unless it is held."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from erasing import asking, carrying_out, certificate, terms
from erasing.blanking import ERASED
from infra.clock import now
from infra.db import commit, session
from models import (
    AuditEntry,
    Call,
    Erasure,
    ErasureState,
    Norm,
    NormChange,
    Party,
    Recording,
    RecordingState,
    Role,
    TextMessage,
    TranscriptState,
    Utterance,
)
from recordings.store import NotKept, store
from staff import audit, norms
from staff.norms import NORMS, NormInvalid
from tests.erasing.test_erasing import SAID, Killed, carrier, town  # noqa: F401
from tests.handled import Town
from tests.tickets.conftest import a_person, ended
from tests.visitors import browser_of, somebody
from tickets import history

YEAR = timedelta(days=365).total_seconds()


@pytest.fixture
def admin(town):  # noqa: F811
    return somebody("boss", Role.ADMIN)


def spoken(town: Town, folder, number: str) -> Call:  # noqa: F811
    call = ended(a_person(number), agent=town.agent)
    sound = folder / f"{number}.wav"
    sound.write_bytes(number.encode())
    store().put(f"{number}.wav", sound)
    session.add_all(
        [
            Recording(
                sid=f"RE{number}",
                call_id=call.id,
                leg=call.sid,
                url="u",
                started_at=call.started_at,
                state=RecordingState.STORED,
                storage_key=f"{number}.wav",
                checksum="c",
                next_at=now(),
                transcript_state=TranscriptState.DONE,
            ),
            Utterance(
                call_id=call.id,
                party=Party.CITIZEN,
                transcription=number,
                sequence=1,
                at=now(),
                text=SAID,
            ),
            TextMessage(
                key=number,
                person_id=call.person_id,
                number=number,
                number_masked="m",
                body=SAID,
                next_at=now(),
                created_at=now(),
            ),
        ]
    )
    commit()
    return call


def night(time) -> None:
    """The clock comes to the small hours of the next day, and does what it does."""
    time.forward(86_400)
    terms.sweep()
    carrying_out.go_on()
    session.expire_all()


def words() -> list[str]:
    return list(session.scalars(select(Utterance.text).order_by(Utterance.id)))


def test_what_is_old_goes_and_what_is_held_or_young_stays(town, admin, time, tmp_path):  # noqa: F811
    old, held = spoken(town, tmp_path, "13811110001"), spoken(town, tmp_path, "13811110002")
    asking.hold(held, by=admin, reason="诉讼")
    time.forward(2 * YEAR - 3 * 86_400)
    young = spoken(town, tmp_path, "13811110003")
    night(time)
    assert words() == [SAID] * 3
    for _day in range(3):
        night(time)
    assert words() == ["—", SAID, SAID]
    with pytest.raises(NotKept):
        store().local("13811110001.wav")
    for one in ("13811110002", "13811110003"):
        assert store().local(f"{one}.wav")
    assert (old.number_masked, old.person_id) == (ERASED, None)
    assert held.person_id and young.person_id
    states = session.scalars(select(Recording.state).order_by(Recording.id)).all()
    assert states == [RecordingState.ERASED, RecordingState.STORED, RecordingState.STORED]
    nights = session.scalars(select(Erasure).order_by(Erasure.id)).all()
    assert {one.state for one in nights} == {ErasureState.DONE}
    assert all(certificate.holds(one) for one in nights)
    assert nights[0].counts == {} and sum(one.counts.get("recording", 0) for one in nights) == 1
    texts = session.scalars(select(TextMessage.body).order_by(TextMessage.id)).all()
    # A call is held with its words; text messages belong to the person, or to the ticket.
    assert texts == [ERASED, ERASED, SAID]


def test_a_night_that_died_is_gone_on_with(town, time, tmp_path, monkeypatch):  # noqa: F811
    """erasing.terms.sweep: killed between two parts, and within one."""
    for number in range(3):
        spoken(town, tmp_path, f"1381111000{number}")
    monkeypatch.setattr(terms, "A_PART", 1)
    time.forward(2 * YEAR)

    def dies(*_given):
        raise Killed

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(terms, "_calls", dies)
        terms.sweep()
    assert words() == [SAID] * 3
    terms.sweep()
    carrying_out.go_on()
    session.expire_all()
    assert words() == ["—"] * 3
    made = session.scalars(select(Erasure)).one()
    assert made.state is ErasureState.DONE
    assert (made.counts["recording"], made.counts["utterance"]) == (3, 3)


def test_a_ticket_loses_its_persons_after_ten_years(town, admin, time):  # noqa: F811
    ticket = town.ticket()
    closing_at = now()
    ticket.state, ticket.closed_at = "closed", closing_at
    going_on = town.ticket()
    audit.record("signed_in", "staff", 1)
    commit()
    time.forward(10 * YEAR - 3 * 86_400)
    night(time)
    assert ticket.erased_at is None and ticket.person_id is not None
    for _day in range(4):
        night(time)
    assert (ticket.address, ticket.summary, ticket.person_id) == ("—", "—", None)
    assert going_on.address == "阳明路12号" and history.verify(ticket) is None
    # The log has a shorter term: what is left are the nights themselves.
    left = set(session.scalars(select(AuditEntry.action)))
    assert left == {"erasure.done"}


def test_a_term_is_set_by_an_administrator_and_kept_with_who_and_when(town, admin):  # noqa: F811
    page = browser_of(town.app, admin)
    assert "保存期限" in page.get("/norms").text
    assert page.post("/norms/keep_recordings", amount="10").status_code == 409
    assert page.post("/norms/keep_recordings", amount="90").status_code == 302
    assert norms.span("keep_recordings") == timedelta(days=90)
    assert norms.amount("keep_texts") == NORMS["keep_texts"].default
    page.post("/norms/keep_recordings", amount="120")
    page.post("/norms/keep_recordings", amount="120")
    told = session.execute(select(NormChange.was, NormChange.now, NormChange.by_id)).all()
    assert told == [(730, 90, admin.id), (90, 120, admin.id)]
    assert session.scalars(select(Norm.amount)).all() == [120]
    shown = page.get("/norms").text
    assert "boss" in shown and "730" in shown
    acts = session.scalars(select(AuditEntry.detail).where(AuditEntry.action == "norm.changed"))
    assert acts.all() == [{"was": 730, "now": 90}, {"was": 90, "now": 120}]
    lead = town.browser("li")
    assert "保存</button>" not in lead.get("/norms").text
    assert lead.post("/norms/keep_recordings", amount="90").status_code == 403
    with pytest.raises(NormInvalid):
        norms.change("keep_audit", 30, by=admin)
