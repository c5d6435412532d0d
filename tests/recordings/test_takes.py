"""What a citizen adds by key 9 is recorded by itself: it is neither his talk nor his message."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from agent_desk import ringbacks
from infra.clock import now
from infra.db import session
from models import (
    Call,
    Callback,
    CallbackWay,
    CallEvent,
    Direction,
    MissedContact,
    MissedKind,
    Recording,
    Role,
)
from recordings import calls, sweeps
from tests.places import a_line
from tests.visitors import somebody
from tickets import search


def a_recording(call: Call, sid: str, take: str | None) -> Recording:
    made = Recording(
        sid=sid,
        call_id=call.id,
        leg=call.sid,
        url="-",
        take=take,
        started_at=now(),
        next_at=now() + timedelta(days=1),
    )
    session.add(made)
    session.flush()
    return made


@pytest.mark.parametrize("take", ["facts", None])
def test_the_talks_recording_is_asked_for_although_a_take_is_there(a_call, time, take):
    a_call.recording_due_at = now()
    a_recording(a_call, "RE-1", take)
    time.forward(60 + sweeps.REPORTED_WITHIN.total_seconds())
    sweeps.run()
    asked = select(CallEvent.name).where(CallEvent.name == sweeps.ASKED)
    assert session.scalars(asked).all() == ([sweeps.ASKED] if take else [])


def test_the_list_of_calls_shows_the_talks_recording(a_call):
    talk = a_recording(a_call, "RE-1", None)
    a_recording(a_call, "RE-2", "facts")
    found = calls.find(calls.Wanted(), somebody("li", Role.LEAD))
    assert found.recorded == {a_call.id: talk}


@pytest.mark.parametrize("take", ["facts", None])
def test_a_take_is_no_message(a_call, take):
    a_call.answered_at = None
    a_recording(a_call, "RE-1", take)
    missed = MissedContact(
        call_id=a_call.id, kind=MissedKind.ABANDONED, number_masked="-", at=now()
    )
    session.add(missed)
    session.flush()
    assert search.with_message([missed]) == (set() if take else {missed.id})


@pytest.mark.parametrize("take", ["facts", None])
def test_a_desk_plays_no_take_as_what_he_left(a_call, app, take):
    callback = Callback(
        way=CallbackWay.VOICEMAIL,
        number="13812345678",
        number_fingerprint="f",
        number_masked="138****5678",
        line=a_line("other"),
        asked_at=now(),
        age_from=now(),
        due_at=now(),
        tried=0,
    )
    session.add(callback)
    session.flush()
    a_call.answered_at, a_call.callback_id = None, callback.id
    a_recording(a_call, "RE-1", take)
    back = Call(
        sid="CA-back",
        number_masked="-",
        started_at=now(),
        direction=Direction.BACK,
        callback_id=callback.id,
    )
    session.add(back)
    session.flush()
    with app.test_request_context():
        assert len(ringbacks.about(back)["messages"]) == (0 if take else 1)
