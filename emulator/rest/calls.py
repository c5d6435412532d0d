"""Calls: placed, listed, moved to other documents, ended."""

from collections.abc import Callable
from dataclasses import replace

from emulator.account import Webhooks
from emulator.exchange import Exchange
from emulator.legs import Leg
from emulator.program import Go
from emulator.rest.outgoing import Parties, detection_of, place
from emulator.rest.wire import Answered, Json, Query, answer, date, invalid, not_found, page

NOT_IN_PROGRESS = 21220
LONGEST_DOCUMENT = 4000


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
        "answered_by": leg.answered_by,
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
    parties = Parties.of(query)
    go, webhooks = _first_document(exchange, query)
    detection = detection_of(query)
    leg = place(exchange, query, parties, webhooks)
    begin = _begin(exchange, query, leg, go)
    leg.picked_up.then(lambda: begin({}) if detection is None else detection.begin(leg, begin))
    return answer(show(leg), 201)


def fetch(exchange: Exchange, query: Query, call: str) -> Answered:
    return answer(show(find(exchange, query, call)))


def update(exchange: Exchange, query: Query, call: str) -> Answered:
    leg = find(exchange, query, call)
    if query.get("Status") not in ("", "completed", "canceled"):
        raise invalid("Status must be canceled or completed")
    if not leg.live:
        raise invalid("Call is not in-progress. Cannot redirect.", NOT_IN_PROGRESS)
    _resettle(leg, query)
    if query.get("Status"):
        _end(leg, query.get("Status"))
    elif query.get("Url") or query.get("Twiml"):
        _move(exchange, leg, query)
    return answer(show(leg))


def delete(exchange: Exchange, query: Query, call: str) -> Answered:
    leg = find(exchange, query, call)
    if leg.live:
        raise invalid("This call is in progress and cannot be deleted")
    exchange.forget(leg)
    return Answered(204, "")


def everything(exchange: Exchange, query: Query) -> Answered:
    found = [
        leg
        for leg in reversed(exchange.legs.values())
        if query.get("Status", leg.status) == leg.status
        and query.get("To", leg.called) == leg.called
        and query.get("From", leg.caller) == leg.caller
        and query.get("ParentCallSid") in ("", leg.parent.sid if leg.parent else "")
        and query.within("StartTime", leg.answered or leg.created)
        and query.within("EndTime", leg.ended)
    ]
    return page(query, "calls", found, show)


def _first_document(exchange: Exchange, query: Query) -> tuple[Go, Webhooks]:
    fallback = Webhooks(
        voice_fallback_url=query.url("FallbackUrl"),
        voice_fallback_method=query.method("FallbackMethod"),
    )
    if query.get("Url"):
        return Go(query.url("Url"), query.method()), fallback
    if query.get("Twiml"):
        return _literal(query), fallback
    application = exchange.account.applications.get(query.get("ApplicationSid"))
    if application is None:
        raise invalid("Url, Twiml or ApplicationSid is required", 21205)
    webhooks = application.webhooks
    return Go(webhooks.voice_url, webhooks.voice_method), webhooks


def _begin(exchange: Exchange, query: Query, leg: Leg, go: Go) -> Callable[[dict[str, str]], None]:
    def perform(extra: dict[str, str]) -> None:
        exchange.perform(leg, replace(go, extra=go.extra | extra), keys=query.get("SendDigits"))

    return perform


def _literal(query: Query) -> Go:
    if len(query.get("Twiml")) > LONGEST_DOCUMENT:
        raise invalid(f"Twiml is longer than {LONGEST_DOCUMENT} characters")
    return Go("", text=query.get("Twiml"))


def _resettle(leg: Leg, query: Query) -> None:
    """What this call alone is told anew; its number keeps its settings."""
    if query.get("FallbackUrl"):
        leg.webhooks = replace(
            leg.webhooks,
            voice_fallback_url=query.url("FallbackUrl"),
            voice_fallback_method=query.method("FallbackMethod"),
        )
    if query.get("StatusCallback"):
        leg.reports = query.reports("StatusCallback")
    if query.has("TimeLimit"):
        leg.limit(query.number("TimeLimit", 0))


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
    go = Go(query.url("Url"), query.method()) if query.get("Url") else _literal(query)
    exchange.perform(leg, go)
