"""Reports come twice, late and in any order; each thing is written down once."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import select

from infra import bell
from infra.clock import now
from infra.db import session
from models import Call, CallStatus, Party, Recording, RecordingState, Utterance
from recordings import gaps, transcripts
from tests.recordings.conftest import CarrierReports

URL = "http://carrier.test/2010-04-01/Accounts/AC/Recordings/RE1"


def _only() -> Recording:
    return session.scalars(select(Recording)).one()


def test_an_unsigned_report_is_refused(client: object) -> None:
    assert client.post("/voice/recording", data={"RecordingSid": "RE1"}).status_code == 403
    assert client.post("/voice/words?speaker=citizen", data={}).status_code == 403


def test_a_recording_belongs_to_its_call(a_call: Call, reports: CarrierReports) -> None:
    assert reports.recording(URL, status="in-progress") == 204
    recording = _only()
    assert recording.call_id == a_call.id
    assert recording.state is RecordingState.ANNOUNCED
    assert recording.channels == {"citizen": 1, "agent": 2}


def test_repeats_and_disorder_make_one_row(a_call: Call, reports: CarrierReports) -> None:
    for status in ("completed", "in-progress", "completed"):
        assert reports.recording(URL, status=status) == 204
    assert _only().duration_s == 10


def test_a_report_may_be_ahead_of_its_call(app: object, reports: CarrierReports) -> None:
    assert reports.recording(URL, status="in-progress", leg="CA-unknown") == 204
    assert _only().call_id is None


def test_an_absent_recording_stays_absent(a_call: Call, reports: CarrierReports) -> None:
    reports.recording(URL, status="absent", seconds=0)
    reports.recording(URL, status="in-progress")
    assert _only().state is RecordingState.ABSENT


def test_a_recording_without_a_usable_name_is_refused(reports: CarrierReports) -> None:
    path = "/voice/recording"
    assert reports.post(path, RecordingSid="../../etc/passwd", CallSid="x") == 400


def test_finished_sentences_are_kept_once(a_call: Call, reports: CarrierReports) -> None:
    reports.says(Party.CITIZEN, "我要投", 1, final=False)
    reports.says(Party.CITIZEN, "我要投诉", 2)
    reports.says(Party.CITIZEN, "我要投诉", 2)
    reports.says(Party.AGENT, "请讲", 1, leg="CA-agent")
    said = session.scalars(select(Utterance).order_by(Utterance.id)).all()
    assert [(one.party, one.text, one.confidence) for one in said] == [
        (Party.CITIZEN, "我要投诉", 0.93),
        (Party.AGENT, "请讲", 0.93),
    ]


def test_the_agents_desk_hears_of_words(a_call: Call, reports: CarrierReports) -> None:
    channel = bell.patient_connection().pubsub(ignore_subscribe_messages=True)
    channel.subscribe(f"agent:{a_call.agent_id}")
    channel.get_message(timeout=1)
    reports.says(Party.CITIZEN, "公积金怎么提取", 1)
    message = channel.get_message(timeout=1)
    assert message is not None
    heard = json.loads(message["data"])
    (utterance,) = session.scalars(select(Utterance)).all()
    assert heard["name"] == "words"
    assert heard["detail"] == {"call": a_call.id, "utterance": utterance.id, "party": "citizen"}


def test_words_of_a_call_that_goes_on(a_call: Call, reports: CarrierReports) -> None:
    a_call.status, a_call.ended_at, a_call.disposition = CallStatus.TALKING, None, None
    reports.recording(URL, status="in-progress")
    reports.says(Party.CITIZEN, "你好", 1)
    assert _only().transcript_state == "live"


def test_nonsense_is_refused_and_nobodys_words_are_dropped(
    a_call: Call, reports: CarrierReports
) -> None:
    known = {"TranscriptionEvent": "transcription-content", "Final": "true", "SequenceId": "1"}
    words = "/voice/words?speaker=citizen"
    assert reports.post(words, TranscriptionData="not json", **known) == 400
    assert reports.post(words, TranscriptionData="[]", **known) == 400
    assert reports.says(Party.CITIZEN, "喂", 1, leg="CA-stranger") == 204
    assert session.scalars(select(Utterance)).all() == []


def test_a_number_that_is_missing_is_a_gap_until_it_comes(
    a_call: Call, reports: CarrierReports, at_second: Callable[[float], datetime]
) -> None:
    """The first report says that the transcription has started: nobody's words are missing."""
    for _ in range(2):
        reports.says(Party.CITIZEN, "你好", 2, at=at_second(2))
    assert gaps.of(a_call.id) == gaps.Gaps()
    reports.says(Party.CITIZEN, "路灯坏了", 5, at=at_second(5))
    reports.says(Party.CITIZEN, "快点", 6, at=at_second(6))
    said = {one.text: one.id for one in session.scalars(select(Utterance))}
    lost = gaps.Gap(at_second(2), at_second(5))
    assert gaps.of(a_call.id) == gaps.Gaps({said["路灯坏了"]: lost})
    # What comes late, twice, or without words has come.
    reports.says(Party.CITIZEN, "喂", 4, final=False, at=at_second(4))
    assert gaps.of(a_call.id).before == {said["路灯坏了"]: gaps.Gap(at_second(2), at_second(4))}
    reports.says(Party.CITIZEN, "喂", 3, at=at_second(3))
    assert gaps.of(a_call.id) == gaps.Gaps()


def test_what_is_missing_at_the_end_is_told_by_the_last_report(
    a_call: Call, reports: CarrierReports
) -> None:
    reports.says(Party.CITIZEN, "你好", 2)
    stopped = {"TranscriptionEvent": "transcription-stopped", "CallSid": a_call.sid}
    later = (now() + timedelta(seconds=5)).isoformat()
    reports.post(
        "/voice/words?speaker=citizen",
        TranscriptionSid="GT-citizen",
        SequenceId="4",
        Timestamp=later,
        **stopped,
    )
    found = gaps.of(a_call.id)
    assert found.at_end and found.at_end.until.isoformat() == later and not found.before


def test_a_gap_is_where_the_page_has_what_follows(
    a_call: Call, reports: CarrierReports, at_second: Callable[[float], datetime]
) -> None:
    """What has no place in the recording stands at its end, whenever it was said."""
    reports.says(Party.CITIZEN, "喂", 3, final=False, at=at_second(3))
    reports.says(Party.AGENT, "请讲", 2, leg="CA-agent", at=at_second(4))
    reports.says(Party.CITIZEN, "路灯坏了", 4, at=at_second(6))
    placed = session.scalars(select(Utterance).where(Utterance.text == "路灯坏了")).one()
    placed.offset_s = 5.0
    assert transcripts.of_call(a_call.id)[0] is placed
    assert gaps.of(a_call.id) == gaps.Gaps({placed.id: gaps.Gap(None, at_second(3))})


def test_an_older_call_whose_reports_were_not_counted_has_no_gap(a_call: Call) -> None:
    assert gaps.of(a_call.id) == gaps.Gaps()


def test_a_number_beyond_all_numbers_is_refused(a_call: Call, reports: CarrierReports) -> None:
    assert reports.says(Party.CITIZEN, "你好", 10**12) == 400
