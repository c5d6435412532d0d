"""Enqueue: the wait document comes again and again, and the action hears how it ended."""

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
