"""Enqueue: the wait document comes again and again, and the action hears how it ended."""

import pytest

from emulator.caller import Caller
from emulator.legs import Leg
from emulator.media import SilentMedia
from tests.emulator.conftest import HOTLINE, sound

ENQUEUE = "<Enqueue action='/out' waitUrl='/wait'>line</Enqueue><Say>after</Say>"
WAIT = "<Say>please wait</Say><Pause length='5'/>"
SLOW = "<Pause length='600'/>"


def out(customer):
    asked = customer.of("/out")
    return asked[-1].params if asked else None


def test_the_wait_document_is_fetched_again_with_position_and_time(call, customer, timeline):
    call(ENQUEUE, wait=WAIT, out=SLOW)
    timeline.forward(14)
    asked = [one.params for one in customer.of("/wait")]
    assert len(asked) == 3
    assert asked[0]["QueuePosition"] == "1"
    assert asked[0]["CurrentQueueSize"] == "1"
    assert int(asked[-1]["QueueTime"]) >= 10
    assert {"QueueSid", "AvgQueueTime", "MaxQueueSize"} <= set(asked[0])


def test_leave_ends_the_wait(call, customer, timeline):
    caller = call(ENQUEUE, wait="<Leave/>", out="<Say>gone on</Say>")
    timeline.forward(1)
    assert out(customer)["QueueResult"] == "leave"
    assert caller.heard == ["gone on"]


def test_hanging_up_in_the_queue_is_told(call, customer, timeline):
    caller = call(ENQUEUE, wait=WAIT)
    caller.hangs_up()
    timeline.forward(1)
    assert out(customer)["QueueResult"] == "hangup"
    assert out(customer)["CallStatus"] == "completed"


def test_a_full_queue_refuses(call, customer, timeline):
    customer.exchange.queue("line").max_size = 0
    call(ENQUEUE, wait=WAIT, out=SLOW)
    timeline.forward(1)
    assert out(customer)["QueueResult"] == "queue-full"
    assert customer.exchange.notifications[0].code == 14207


def test_a_redirected_caller_is_out_and_his_action_hears_so(call, customer, timeline):
    caller = call(ENQUEUE, wait=WAIT, out="<Say>never</Say>", moved="<Say>here</Say>" + SLOW)
    status, _ = customer.rest("POST", f"/Calls/{caller.leg.sid}", Url="http://customer.test/moved")
    timeline.forward(2)
    assert status == 200
    assert out(customer)["QueueResult"] == "redirected"
    assert caller.heard[-1] == "here" and "never" not in caller.heard


def test_a_failing_wait_document_is_an_error(call, customer, timeline):
    call(ENQUEUE, wait="<Dial>1</Dial>", out=SLOW)
    timeline.forward(1)
    assert out(customer)["QueueResult"] == "error"


def test_an_empty_wait_document_is_not_fetched_in_a_tight_loop(call, customer, timeline):
    call(ENQUEUE, wait="")
    timeline.forward(10)
    assert len(customer.of("/wait")) <= 12


def test_without_an_action_the_next_verb_follows(call, customer, timeline):
    caller = call("<Enqueue waitUrl='/wait'>line</Enqueue><Say>after</Say>", wait="<Leave/>")
    timeline.forward(1)
    assert caller.heard == ["after"]


def test_a_wait_document_may_gather(call, customer, timeline):
    wait = "<Gather numDigits='1' action='/key'><Pause length='9'/></Gather>"
    caller = call(ENQUEUE, wait=wait, key="<Leave/>", out=SLOW)
    caller.presses("1")
    timeline.forward(1)
    assert customer.last("/key")["Digits"] == "1"
    assert out(customer)["QueueResult"] == "leave"


def test_a_member_who_is_not_the_first_can_be_taken(customer, timeline, call):
    call(ENQUEUE, wait=WAIT)
    second = type(call("<Pause/>"))(customer.exchange)
    customer.pages["/start"] = ENQUEUE
    second.dials("+8679112345")
    timeline.forward(1)
    queue = customer.exchange.queue("line")
    customer.pages["/moved"] = SLOW
    status, body = customer.rest(
        "POST",
        f"/Queues/{queue.sid}/Members/{second.leg.sid}",
        Url="http://customer.test/moved",
    )
    timeline.forward(1)
    assert status == 200 and body["position"] == 2
    assert out(customer)["CallSid"] == second.leg.sid


def test_the_wait_document_may_be_fetched_by_get(call, customer, timeline):
    call("<Enqueue waitUrl='/wait' waitUrlMethod='GET'>line</Enqueue>", wait=WAIT)
    asked = customer.of("/wait")[0]
    assert asked.method == "GET" and "QueuePosition=1" in asked.address


def test_the_position_moves_up_as_others_leave(call, customer, timeline):
    first = call(ENQUEUE, wait=WAIT)
    second = Caller(customer.exchange)
    second.dials(HOTLINE)
    timeline.forward(1)
    mine = [p.params for p in customer.of("/wait") if p.params["CallSid"] == second.leg.sid]
    assert mine[-1]["QueuePosition"] == "2" and mine[-1]["CurrentQueueSize"] == "2"
    first.hangs_up()
    timeline.forward(7)
    mine = [p.params for p in customer.of("/wait") if p.params["CallSid"] == second.leg.sid]
    assert mine[-1]["QueuePosition"] == "1" and mine[-1]["CurrentQueueSize"] == "1"
    assert int(mine[-1]["AvgQueueTime"]) >= 1


def test_music_is_heard_without_a_wait_document_and_silence_with_an_empty_one(
    call, customer, timeline, monkeypatch
):
    played: list[tuple[Leg, bool]] = []
    monkeypatch.setattr(SilentMedia, "music", lambda _self, leg, on: played.append((leg, on)))

    def heard(caller: Caller) -> list[bool]:
        # Calls of other tests may come to their end only now.
        return [on for leg, on in played if leg is caller.leg]

    assert heard(call("<Enqueue>line</Enqueue>")) == [True]
    assert True not in heard(call("<Enqueue waitUrl=''>line</Enqueue>"))


def test_sound_as_a_wait_document_is_played_and_asked_for_again(call, customer, timeline):
    call(ENQUEUE, wait=sound(4))
    timeline.forward(9)
    assert len(customer.of("/wait")) == 3


def test_a_wait_document_may_end_the_call(call, customer, timeline):
    caller = call(ENQUEUE, wait="<Say>closed</Say><Hangup/>")
    timeline.forward(2)
    assert caller.leg.status == "completed" and out(customer)["QueueResult"] == "hangup"


def test_a_wait_document_may_go_on_elsewhere_and_comes_back(call, customer, timeline):
    call(ENQUEUE, wait="<Redirect>/more</Redirect>", more="<Pause length='2'/>")
    timeline.forward(5)
    assert len(customer.of("/more")) >= 2 and len(customer.of("/wait")) >= 2
    assert customer.last("/more")["QueuePosition"] == "1"


def test_waiting_goes_on_for_as_long_as_it_takes(call, customer, timeline):
    caller = call(ENQUEUE, wait=WAIT)
    timeline.forward(3600)
    assert caller.connected and len(customer.of("/wait")) > 500
    assert int(customer.last("/wait")["QueueTime"]) >= 3590


def test_the_first_in_the_queue_is_taken_by_front(call, customer, timeline):
    first = call(ENQUEUE, wait=WAIT)
    customer.pages["/moved"] = "<Say>here</Say>" + SLOW
    queue = customer.exchange.queue("line")
    path = f"/Queues/{queue.sid}/Members/Front"
    status, shown = customer.rest("GET", path)
    assert (status, shown["call_sid"]) == (200, first.leg.sid)
    customer.rest("POST", path, Url="http://customer.test/moved", Method="GET")
    timeline.forward(1)
    assert first.hears("here") and customer.of("/moved")[0].method == "GET"
    assert customer.rest("GET", path)[0] == 404


def test_a_queue_is_named_by_its_sid_only(call, customer):
    call(ENQUEUE, wait=WAIT)
    status, body = customer.rest("GET", "/Queues/line")
    assert (status, body["code"]) == (404, 20404)


def test_a_queue_with_somebody_in_it_cannot_be_deleted(call, customer, timeline):
    caller = call(ENQUEUE, wait=WAIT)
    sid = customer.exchange.queue("line").sid
    assert customer.rest("DELETE", f"/Queues/{sid}")[0] == 400
    caller.hangs_up()
    assert customer.rest("DELETE", f"/Queues/{sid}")[0] == 204


@pytest.mark.parametrize(("size", "status"), [("1", 200), ("5000", 200), ("0", 400), ("5001", 400)])
def test_how_large_a_queue_may_be(call, customer, size, status):
    call(ENQUEUE, wait=WAIT)
    sid = customer.exchange.queue("line").sid
    assert customer.rest("POST", f"/Queues/{sid}", MaxSize=size)[0] == status


def test_a_member_tells_how_long_he_has_waited(call, customer, timeline):
    call(ENQUEUE, wait=WAIT)
    timeline.forward(10)
    sid = customer.exchange.queue("line").sid
    _, shown = customer.rest("GET", f"/Queues/{sid}/Members")
    assert shown["queue_members"][0]["wait_time"] >= 10
    assert customer.rest("GET", f"/Queues/{sid}")[1]["current_size"] == 1
