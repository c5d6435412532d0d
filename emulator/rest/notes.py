"""What went wrong, and what was asked and answered: the lists a developer reads first."""

from urllib.parse import urlencode

from emulator.courier import Entry
from emulator.exchange import Exchange, Notification
from emulator.rest.calls import find as find_call
from emulator.rest.wire import Answered, Json, Query, answer, date, not_found, page

ERROR, WARNING = "0", "1"


def events(exchange: Exchange, query: Query, call: str) -> Answered:
    leg = find_call(exchange, query, call)
    found = [one for one in exchange.courier.log if one.leg == leg.sid and _sent(one)]
    return page(query, "events", found, _event)


def everything(exchange: Exchange, query: Query, call: str = "") -> Answered:
    if call:
        find_call(exchange, query, call)
    found = [
        one
        for one in reversed(exchange.notifications)
        if call in ("", one.leg.sid)
        and query.get("Log", _level(one)) == _level(one)
        and query.within("MessageDate", one.at)
    ]
    return page(query, "notifications", found, show)


def fetch(exchange: Exchange, query: Query, note: str, call: str = "") -> Answered:
    for one in exchange.notifications:
        if one.sid == note and call in ("", one.leg.sid):
            return answer(show(one) | _details(one))
    raise not_found(query.path)


def show(one: Notification) -> Json:
    account = one.leg.exchange.account.sid
    return {
        "account_sid": account,
        "api_version": "2010-04-01",
        "call_sid": one.leg.sid,
        "date_created": date(one.at),
        "date_updated": date(one.at),
        "error_code": str(one.code),
        "log": _level(one),
        "message_date": date(one.at),
        "message_text": one.words,
        "more_info": f"https://www.twilio.com/docs/errors/{one.code}",
        "request_method": one.request.method,
        "request_url": one.request.url,
        "sid": one.sid,
        "uri": f"/2010-04-01/Accounts/{account}/Notifications/{one.sid}.json",
    }


def _details(one: Notification) -> Json:
    """What only a single notification shows."""
    return {
        "request_variables": urlencode(one.leg.fields() | one.request.extra),
        "response_body": one.answer.body if one.answer else "",
        "response_headers": f"Content-Type={one.answer.content_type}" if one.answer else "",
    }


def _level(one: Notification) -> str:
    return WARNING if one.warning else ERROR


def _sent(entry: Entry) -> bool:
    """What a fault has lost was never asked for; a document that is not to be had was tried."""
    return entry.answer is not None or not entry.fault.lost


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
