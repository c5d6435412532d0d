"""Legs that REST asks for: who may be called, what is refused, how they ring, last and report."""

import pytest

from emulator.caller import Caller
from tests.emulator.conftest import APPLICATION, HOTLINE

SLOW = "<Response><Pause length='600'/></Response>"
OTHER = "+8613900000005"


@pytest.fixture
def citizen(customer):
    return Caller(customer.exchange, OTHER)


@pytest.fixture
def order(customer):
    """Ask for a call; what is not said is as usual."""

    def create(**fields):
        usual = {"To": OTHER, "From": HOTLINE, "Twiml": SLOW}
        wanted = {name: value for name, value in (usual | fields).items() if value is not None}
        return customer.rest("POST", "/Calls", **wanted)

    return create


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"To": None}, 21201),
        ({"From": None}, 21213),
        ({"To": "nobody"}, 21211),
        ({"To": "+86 139"}, None),
        ({"From": "12a"}, 21212),
        ({"Twiml": None}, 21205),
        ({"Twiml": None, "Url": "customer.test/out"}, 21205),
        ({"Twiml": None, "Url": "ftp://customer.test/out"}, 21205),
        ({"Twiml": "x" * 4001}, 20001),
        ({"Twiml": None, "ApplicationSid": "AP" + "0" * 32}, 21205),
        ({"Method": "PUT", "Url": "http://customer.test/a"}, 20001),
        ({"StatusCallback": "/status"}, 21609),
        ({"StatusCallback": "http://customer.test/s", "StatusCallbackMethod": "X"}, 20001),
        ({"FallbackUrl": "nowhere"}, 21205),
        ({"Timeout": "soon"}, 20001),
        ({"Timeout": "601"}, 20001),
        ({"Record": "maybe"}, 20001),
        ({"StatusCalback": "http://customer.test/misspelt"}, 20001),
    ],
)
def test_what_is_wrong_is_refused_before_anything_rings(customer, order, fields, code):
    status, body = order(**fields)
    if code is None:
        assert status == 201
        return
    assert (status, body["code"]) == (400, code)
    assert body["status"] == 400 and body["message"] and str(code) in body["more_info"]
    assert not customer.exchange.legs


@pytest.mark.parametrize("written", ["+86 139-0000-0005", "(+86)139.0000.0005", OTHER])
def test_a_number_is_written_in_one_way(order, written):
    status, body = order(To=written)
    assert (status, body["to"]) == (201, OTHER)


def test_a_parameter_that_has_no_effect_here_is_said_so(customer, order):
    said: list[str] = []
    customer.exchange.on_ignored = said.append
    status, _ = order(Byoc="BY" + "0" * 32)
    assert status == 201 and "Byoc" in said[0]


def test_an_address_wins_over_a_text(customer, citizen, order, timeline):
    customer.pages["/out"] = "<Say>by address</Say><Pause length='9'/>"
    order(Url="http://customer.test/out", Method="GET")
    timeline.forward(1)
    assert citizen.heard == ["by address"] and customer.of("/out")[0].method == "GET"


def test_a_text_is_performed_as_it_is(citizen, order, timeline):
    order(Twiml="<Response><Say>by text</Say><Pause length='9'/></Response>")
    timeline.forward(1)
    assert citizen.heard == ["by text"]


def test_an_application_brings_its_own_document(customer, citizen, order, timeline):
    customer.pages["/app"] = "<Say>by application</Say><Pause length='9'/>"
    order(Twiml=None, ApplicationSid=APPLICATION)
    timeline.forward(1)
    assert citizen.heard == ["by application"]


def test_a_browser_phone_is_sent_what_stands_behind_its_name(customer, order, timeline):
    phone = Caller(customer.exchange, "client:agent_7")
    status, body = order(To="client:agent_7?offer=5&name=%E5%BC%A0")
    timeline.forward(1)
    assert (status, body["to"]) == (201, "client:agent_7")
    assert phone.rung[0].custom == {"offer": "5", "name": "张"}


def test_a_browser_phone_may_be_the_caller(citizen, order, timeline):
    order(From="client:agent_7")
    timeline.forward(1)
    assert citizen.rung[0].caller == "client:agent_7"


def test_an_application_may_be_at_the_far_end(customer, order, timeline):
    """What its document says is heard on the line; what is said there is what it gathers."""
    customer.pages |= {
        "/app": "<Gather input='speech' speechTimeout='auto' action='/told'>"
        "<Say>what is it about</Say></Gather>",
        "/told": "<Say>thank you</Say>",
    }
    document = "<Response><Dial><Conference beep='false'>room</Conference></Dial></Response>"
    order(To=f"app:{APPLICATION}", Twiml=document)
    timeline.forward(0.2)
    customer.pages["/start"] = "<Dial><Conference beep='false'>room</Conference></Dial>"
    citizen = Caller(customer.exchange)
    citizen.dials(HOTLINE)
    timeline.forward(1)
    citizen.says("公积金")
    timeline.forward(4)
    assert customer.last("/told")["SpeechResult"] == "公积金"
    assert citizen.hears("thank you")
    assert customer.of("/app")[0].params["To"] == f"app:{APPLICATION}"
    timeline.forward(4)
    assert {leg.status for leg in customer.exchange.legs.values() if leg is not citizen.leg} == {
        "completed"
    }


def test_keys_are_sent_before_the_document(citizen, order, timeline):
    order(SendDigits="ww9#", Twiml="<Response><Say>hello</Say></Response>")
    timeline.forward(0.7)
    assert citizen.heard == []
    timeline.forward(3)
    assert citizen.heard == ["9", "#", "hello"]


def test_a_call_lasts_no_longer_than_it_may(order, citizen, timeline):
    order(TimeLimit="30")
    timeline.forward(29)
    assert citizen.connected
    timeline.forward(2)
    assert citizen.leg.status == "completed"


def test_the_limit_can_be_changed_in_mid_call(customer, order, citizen, timeline):
    order(TimeLimit="30")
    timeline.forward(10)
    customer.rest("POST", f"/Calls/{citizen.leg.sid}", TimeLimit="60")
    timeline.forward(40)
    assert citizen.connected
    timeline.forward(30)
    assert citizen.leg.status == "completed"


def test_a_fallback_for_this_call_alone(customer, order, citizen, timeline):
    customer.pages["/sorry"] = "<Say>sorry</Say>"
    order(Twiml=None, Url="http://customer.test/none", FallbackUrl="http://customer.test/sorry")
    timeline.forward(1)
    assert citizen.heard == ["sorry"]


def test_a_fallback_can_be_given_in_mid_call_and_leaves_the_number_as_it_was(
    call, customer, timeline
):
    customer.pages["/mine"] = "<Say>sorry</Say>"
    caller = call("<Say>a</Say><Pause length='3'/><Redirect>/none</Redirect>")
    path = f"/Calls/{caller.leg.sid}"
    customer.rest("POST", path, FallbackUrl="http://customer.test/mine")
    timeline.forward(5)
    assert caller.hears("sorry")
    number = customer.exchange.account.numbers[HOTLINE]
    assert number.webhooks.voice_fallback_url.endswith("/fallback")


def test_reports_can_be_turned_elsewhere_in_mid_call(call, customer, timeline):
    caller = call("<Say>a</Say><Pause length='30'/>")
    path = f"/Calls/{caller.leg.sid}"
    customer.rest("POST", path, StatusCallback="http://customer.test/mine")
    caller.hangs_up()
    timeline.forward(1)
    assert customer.of("/mine") and not customer.of("/status")


def test_every_step_is_reported_in_order_when_asked(customer, citizen, timeline):
    fields = {"To": [OTHER], "From": [HOTLINE], "Twiml": ["<Response/>"]}
    fields["StatusCallback"] = ["http://customer.test/report"]
    fields["StatusCallbackEvent"] = ["initiated", "ringing", "answered", "completed"]
    path = f"/2010-04-01/Accounts/{customer.exchange.account.sid}/Calls.json"
    assert customer.api.handle("POST", path, fields, customer.auth).status == 201
    timeline.forward(2)
    said = [one.params for one in customer.of("/report")]
    assert [one["CallStatus"] for one in said] == [
        "initiated", "ringing", "in-progress", "completed",
    ]  # fmt: skip
    assert [one["SequenceNumber"] for one in said] == ["0", "1", "2", "3"]
    assert {one["CallbackSource"] for one in said} == {"call-progress-events"}
    assert all(one["Timestamp"].endswith("+0000") for one in said)


def test_only_the_end_is_reported_by_default(customer, order, citizen, timeline):
    order(StatusCallback="http://customer.test/report", Twiml="<Response/>")
    timeline.forward(2)
    assert [one.params["CallStatus"] for one in customer.of("/report")] == ["completed"]


@pytest.mark.parametrize("wanted", ["canceled", "completed"])
def test_a_call_that_rings_can_be_called_off(customer, order, timeline, wanted):
    Caller(customer.exchange, OTHER, answers=False)
    _, body = order()
    timeline.forward(1)
    _, shown = customer.rest("POST", f"/Calls/{body['sid']}", Status=wanted)
    assert shown["status"] == "canceled"


def test_a_call_that_is_queued_can_be_called_off_and_never_rings(customer, order, timeline):
    first, second = (Caller(customer.exchange, f"+861390000001{n}") for n in range(2))
    order(To=first.number)
    _, body = order(To=second.number)
    customer.rest("POST", f"/Calls/{body['sid']}", Status="canceled")
    timeline.forward(5)
    assert not second.rung


def test_a_talk_cannot_be_cancelled_only_completed(customer, order, citizen, timeline):
    _, body = order()
    timeline.forward(1)
    status, refused = customer.rest("POST", f"/Calls/{body['sid']}", Status="canceled")
    assert (status, refused["code"]) == (400, 21220)
    assert customer.rest("POST", f"/Calls/{body['sid']}", Status="completed")[0] == 200


@pytest.mark.parametrize("status", ["busy", "in-progress", "paused"])
def test_no_other_status_can_be_ordered(customer, order, citizen, timeline, status):
    _, body = order()
    timeline.forward(1)
    assert customer.rest("POST", f"/Calls/{body['sid']}", Status=status)[0] == 400


def test_calls_and_participants_share_one_a_second(customer, order, timeline):
    people = [Caller(customer.exchange, f"+861390000001{n}") for n in range(3)]
    order(To=people[0].number)
    customer.rest("POST", "/Conferences/room/Participants", To=people[1].number, From=HOTLINE)
    order(To=people[2].number)
    rung = []
    for _ in range(3):
        timeline.forward(1)
        rung.append([len(one.rung) for one in people])
    assert rung == [[1, 0, 0], [1, 1, 0], [1, 1, 1]]


def test_a_running_call_is_not_deleted_a_finished_one_is(customer, order, citizen, timeline):
    _, body = order()
    timeline.forward(1)
    assert customer.rest("DELETE", f"/Calls/{body['sid']}")[0] == 400
    citizen.hangs_up()
    assert customer.rest("DELETE", f"/Calls/{body['sid']}")[0] == 204
    assert customer.rest("GET", f"/Calls/{body['sid']}")[0] == 404


def test_a_number_nobody_of_the_account_has_is_not_answered(customer, caller):
    with pytest.raises(LookupError):
        caller.dials("+8679100000")


def test_a_number_without_an_address_apologises(customer, caller, timeline):
    status, number = customer.rest("POST", "/IncomingPhoneNumbers", PhoneNumber="+8679112346")
    assert (status, number["voice_url"]) == (201, None)
    caller.dials("+8679112346")
    timeline.forward(1)
    assert "application error" in caller.heard[0]


def test_a_number_may_be_answered_by_an_application(customer, caller, timeline):
    customer.pages["/app"] = "<Say>by application</Say>"
    sid = customer.exchange.account.numbers[HOTLINE].sid
    status, shown = customer.rest(
        "POST", f"/IncomingPhoneNumbers/{sid}", VoiceApplicationSid=APPLICATION
    )
    assert (status, shown["voice_application_sid"]) == (200, APPLICATION)
    caller.dials(HOTLINE)
    timeline.forward(1)
    assert caller.heard == ["by application"]
    assert customer.last("/app")["ApplicationSid"] == APPLICATION
