"""Text messages: sent, listed, their words wiped, deleted."""

from emulator.exchange import Exchange
from emulator.inbox import Message
from emulator.rest.wire import Answered, Json, Query, answer, date, invalid, not_found, page

LONGEST = 1600
TOO_LONG, NOT_CANCELABLE = 21617, 30409


def everything(exchange: Exchange, query: Query) -> Answered:
    found = [
        one
        for one in reversed(exchange.messages)
        if query.get("To", one.called) == one.called
        and query.get("From", one.caller) == one.caller
        and query.within("DateSent", one.at)
    ]
    return page(query, "messages", found, lambda one: show(exchange, one))


def create(exchange: Exchange, query: Query) -> Answered:
    called, caller = query.required("To", 21604), query.required("From", 21603)
    body = query.required("Body", 21602)
    if len(body) > LONGEST:
        raise invalid(f"The message body is longer than {LONGEST} characters", TOO_LONG)
    reports = query.reports("StatusCallback")
    one = exchange.text(caller, called, body)
    if reports is not None:
        said = {"MessageSid": one.sid, "MessageStatus": "delivered", "To": called, "From": caller}
        said |= {"AccountSid": exchange.account.sid, "ApiVersion": "2010-04-01"}
        exchange.courier.report("", reports.url, said)
    return answer(show(exchange, one) | {"status": "queued"}, 201)


def fetch(exchange: Exchange, query: Query, message: str) -> Answered:
    return answer(show(exchange, _find(exchange, query, message)))


def update(exchange: Exchange, query: Query, message: str) -> Answered:
    """An empty body wipes the words; what was sent cannot be called back."""
    one = _find(exchange, query, message)
    if query.get("Status"):
        raise invalid("Message is not in a cancelable state", NOT_CANCELABLE)
    if query.get("Body"):
        raise invalid("Body can only be emptied")
    exchange.messages.wipe(one)
    return answer(show(exchange, one))


def delete(exchange: Exchange, query: Query, message: str) -> Answered:
    exchange.messages.remove(_find(exchange, query, message))
    return Answered(204, "")


def show(exchange: Exchange, one: Message) -> Json:
    account = exchange.account.sid
    base = f"/2010-04-01/Accounts/{account}/Messages/{one.sid}"
    return {
        "account_sid": account,
        "api_version": "2010-04-01",
        "body": one.body,
        "date_created": date(one.at),
        "date_sent": date(one.at),
        "date_updated": date(one.at),
        "direction": "outbound-api",
        "error_code": None,
        "error_message": None,
        "from": one.caller,
        "messaging_service_sid": None,
        "num_media": "0",
        "num_segments": "1",
        "price": None,
        "price_unit": "USD",
        "sid": one.sid,
        "status": one.status,
        "subresource_uris": {"media": f"{base}/Media.json"},
        "to": one.called,
        "uri": f"{base}.json",
    }


def _find(exchange: Exchange, query: Query, sid: str) -> Message:
    for one in exchange.messages:
        if one.sid == sid:
            return one
    raise not_found(query.path)
