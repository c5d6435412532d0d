"""Calls: placed, listed, moved to other documents, ended; what the application answered is kept."""

from datetime import datetime
from urllib.parse import urlencode

from emulator.account import Webhooks
from emulator.courier import Entry
from emulator.exchange import Exchange, Notification
from emulator.legs import Leg, Reports
from emulator.program import Go
from emulator.rest.wire import Answered, Json, Query, answer, date, invalid, not_found, page

NOT_IN_PROGRESS = 21220
GRACE = 5.0
LONGEST_DOCUMENT = 4000
METHODS = {"GET", "POST"}


def find(exchange: Exchange, query: Query, sid: str) -> Leg:
    leg = exchange.legs.get(sid)
    if leg is None:
        raise not_found(query.path)
    return leg


def show(leg: Leg) -> Json:
    base = f"/2010-04-01/Accounts/{leg.exchange.account.sid}/Calls/{leg.sid}"
    ended = leg.ended is not None
    parts = ("notifications", "recordings", "payments", "events", "siprec", "streams")
    more = ("transcriptions", "user_defined_message_subscriptions", "user_defined_messages")
    return {
        "sid": leg.sid,
        "date_created": date(leg.created),
        "date_updated": date(leg.ended or leg.answered or leg.created),
        "parent_call_sid": leg.parent.sid if leg.parent else None,
        "account_sid": leg.exchange.account.sid,
        "to": leg.called,
        "to_formatted": leg.called,
        "from": leg.caller,
        "from_formatted": leg.caller,
        "phone_number_sid": None,
        "status": leg.status,
        "start_time": date(leg.answered or leg.created),
        "end_time": date(leg.ended),
        "duration": str(leg.seconds) if ended else None,
        "price": None,
        "price_unit": "USD",
        "direction": leg.direction,
        "answered_by": None,
        "api_version": "2010-04-01",
        "forwarded_from": None,
        "group_sid": None,
        "caller_name": None,
        "queue_time": "0",
        "trunk_sid": None,
        "uri": f"{base}.json",
        "subresource_uris": {
            name: f"{base}/{''.join(part.capitalize() for part in name.split('_'))}.json"
            for name in parts + more
        },
    }


def create(exchange: Exchange, query: Query) -> Answered:
    called, caller = query.required("To", 21201), query.required("From", 21213)
    go, webhooks = _first_document(exchange, query)
    reports = None
    if query.get("StatusCallback"):
        events = frozenset(query.all("StatusCallbackEvent") or ["completed"])
        reports = Reports(query.get("StatusCallback"), _method(query, "StatusCallback"), events)
    leg = exchange.place(caller, called, "outbound-api", reports=reports, webhooks=webhooks)
    leg.picked_up.then(lambda: exchange.perform(leg, go))
    exchange.ring_in_turn(leg, patience=query.number("Timeout", 60) + GRACE)
    return answer(show(leg), 201)


def fetch(exchange: Exchange, query: Query, call: str) -> Answered:
    return answer(show(find(exchange, query, call)))


def update(exchange: Exchange, query: Query, call: str) -> Answered:
    leg = find(exchange, query, call)
    if query.get("Status") not in ("", "completed", "canceled"):
        raise invalid("Status must be canceled or completed")
    if not leg.live:
        raise invalid("Call is not in-progress. Cannot redirect.", NOT_IN_PROGRESS)
    if query.get("Status"):
        _end(leg, query.get("Status"))
    elif query.get("Url") or query.get("Twiml"):
        _move(exchange, leg, query)
    return answer(show(leg))


def delete(exchange: Exchange, query: Query, call: str) -> Answered:
    leg = find(exchange, query, call)
    if leg.live:
        raise invalid("This call is in progress and cannot be deleted")
    del exchange.legs[leg.sid]
    return Answered(204, "")


def everything(exchange: Exchange, query: Query) -> Answered:
    found = [
        leg
        for leg in reversed(exchange.legs.values())
        if query.get("Status", leg.status) == leg.status
        and query.get("To", leg.called) == leg.called
        and query.get("From", leg.caller) == leg.caller
        and query.get("ParentCallSid") in ("", leg.parent.sid if leg.parent else "")
        and _within(leg.answered or leg.created, query, "StartTime")
        and _within(leg.ended, query, "EndTime")
    ]
    return page(query, "calls", found, show)


def events(exchange: Exchange, query: Query, call: str) -> Answered:
    leg = find(exchange, query, call)
    found = [one for one in exchange.courier.log if one.leg == leg.sid]
    return page(query, "events", found, _event)


def notifications(exchange: Exchange, query: Query, call: str = "") -> Answered:
    found = [one for one in exchange.notifications if call in ("", one.leg.sid)]
    return page(query, "notifications", found, _notification)


def _first_document(exchange: Exchange, query: Query) -> tuple[Go, Webhooks]:
    fallback = Webhooks(
        voice_fallback_url=query.get("FallbackUrl"),
        voice_fallback_method=_method(query, "Fallback"),
    )
    if query.get("Url"):
        return Go(query.get("Url"), _method(query)), fallback
    if query.get("Twiml"):
        return _literal(query), fallback
    application = exchange.account.applications.get(query.get("ApplicationSid"))
    if application is None:
        raise invalid("Url, Twiml or ApplicationSid is required", 21205)
    webhooks = application.webhooks
    return Go(webhooks.voice_url, webhooks.voice_method), webhooks


def _literal(query: Query) -> Go:
    if len(query.get("Twiml")) > LONGEST_DOCUMENT:
        raise invalid(f"Twiml is longer than {LONGEST_DOCUMENT} characters")
    return Go("", text=query.get("Twiml"))


def _end(leg: Leg, wanted: str) -> None:
    if leg.status in ("queued", "ringing"):
        leg.end("canceled")
    elif wanted == "completed":
        leg.end("completed")
    else:
        raise invalid("Call is in-progress. Cannot cancel.", NOT_IN_PROGRESS)


def _move(exchange: Exchange, leg: Leg, query: Query) -> None:
    if leg.status != "in-progress":
        raise invalid("Call is not in-progress. Cannot redirect.", NOT_IN_PROGRESS)
    go = Go(query.get("Url"), _method(query)) if query.get("Url") else _literal(query)
    exchange.perform(leg, go)


def _method(query: Query, prefix: str = "") -> str:
    method = query.get(f"{prefix}Method", "POST")
    if method not in METHODS:
        raise invalid(f"{prefix}Method must be GET or POST")
    return method


def _within(moment: datetime | None, query: Query, name: str) -> bool:
    """Days and times are compared as ISO text, the way the carrier takes them."""
    if not any(query.has(name + mark) for mark in ("", "<", ">")):
        return True
    if moment is None:
        return False
    text = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    if query.has(name) and not text.startswith(query.get(name).rstrip("Z")):
        return False
    if query.has(name + "<") and text >= query.get(name + "<"):
        return False
    return not (query.has(name + ">") and text < query.get(name + ">"))


def _event(entry: Entry) -> Json:
    got = entry.answer
    return {
        "request": {
            "method": entry.request.method,
            "url": entry.request.url,
            "parameters": entry.request.params,
        },
        "response": {
            "response_code": got.status if got else None,
            "request_duration": round(entry.seconds * 1000),
            "content_type": got.content_type if got else None,
            "response_body": got.body if got else None,
            "date_created": date(entry.at),
        },
    }


def _notification(one: Notification) -> Json:
    account = one.leg.exchange.account.sid
    return {
        "account_sid": account,
        "api_version": "2010-04-01",
        "call_sid": one.leg.sid,
        "date_created": date(one.at),
        "date_updated": date(one.at),
        "error_code": str(one.code),
        "log": "0",
        "message_date": date(one.at),
        "message_text": one.words,
        "more_info": f"https://www.twilio.com/docs/errors/{one.code}",
        "request_method": one.request.method,
        "request_url": one.request.url,
        "request_variables": urlencode(one.leg.fields()),
        "response_body": "",
        "response_headers": "",
        "sid": one.sid,
        "uri": f"/2010-04-01/Accounts/{account}/Notifications/{one.sid}.json",
    }
