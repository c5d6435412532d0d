"""The account and what it has: applications and numbers."""

from typing import Any

from emulator.account import Account, Application, Number, Webhooks
from emulator.exchange import Exchange
from emulator.rest.wire import Answered, Json, Query, answer, date, invalid, not_found, page

FIELDS = {
    "VoiceUrl": "voice_url",
    "VoiceMethod": "voice_method",
    "VoiceFallbackUrl": "voice_fallback_url",
    "VoiceFallbackMethod": "voice_fallback_method",
    "StatusCallback": "status_callback",
    "StatusCallbackMethod": "status_callback_method",
}
SMS: Json = {
    "sms_fallback_method": "POST",
    "sms_fallback_url": None,
    "sms_method": "POST",
    "sms_url": None,
}


STATUSES = ("active", "suspended", "closed")


def account(exchange: Exchange, query: Query) -> Answered:
    return answer(show_account(exchange, exchange.account))


def update_account(exchange: Exchange, query: Query) -> Answered:
    """A suspended account is refused everything but being looked at and woken up."""
    one = exchange.account
    if query.get("Status", one.status) not in STATUSES:
        raise invalid(f"Status must be one of {', '.join(STATUSES)}")
    one.status = query.get("Status", one.status)
    one.friendly_name = query.get("FriendlyName", one.friendly_name)
    return answer(show_account(exchange, one))


def applications(exchange: Exchange, query: Query) -> Answered:
    found = [
        one
        for one in exchange.account.applications.values()
        if query.get("FriendlyName", one.friendly_name) == one.friendly_name
    ]
    return page(query, "applications", found, lambda one: show_application(exchange, one))


def create_application(exchange: Exchange, query: Query) -> Answered:
    one = Application(Webhooks(), friendly_name=query.get("FriendlyName"))
    _change(one.webhooks, query)
    exchange.account.applications[one.sid] = one
    return answer(show_application(exchange, one), 201)


def application(exchange: Exchange, query: Query, application: str) -> Answered:
    return answer(show_application(exchange, _application(exchange, query, application)))


def update_application(exchange: Exchange, query: Query, application: str) -> Answered:
    one = _application(exchange, query, application)
    one.friendly_name = query.get("FriendlyName", one.friendly_name)
    _change(one.webhooks, query)
    return answer(show_application(exchange, one))


def delete_application(exchange: Exchange, query: Query, application: str) -> Answered:
    del exchange.account.applications[_application(exchange, query, application).sid]
    return Answered(204, "")


def numbers(exchange: Exchange, query: Query) -> Answered:
    found = [
        one
        for one in exchange.account.numbers.values()
        if query.get("PhoneNumber") in one.number
        and query.get("FriendlyName", one.friendly_name) == one.friendly_name
    ]
    return page(query, "incoming_phone_numbers", found, lambda one: show_number(exchange, one))


def create_number(exchange: Exchange, query: Query) -> Answered:
    one = Number(query.required("PhoneNumber", 21421), Webhooks())
    if one.number in exchange.account.numbers:
        raise invalid(f"{one.number} is yours already", 21422)
    one.friendly_name = query.get("FriendlyName", one.number)
    _answer_by(exchange, one, query)
    _change(one.webhooks, query)
    exchange.account.numbers[one.number] = one
    return answer(show_number(exchange, one), 201)


def number(exchange: Exchange, query: Query, number: str) -> Answered:
    return answer(show_number(exchange, _number(exchange, query, number)))


def update_number(exchange: Exchange, query: Query, number: str) -> Answered:
    one = _number(exchange, query, number)
    one.friendly_name = query.get("FriendlyName", one.friendly_name)
    _answer_by(exchange, one, query)
    _change(one.webhooks, query)
    return answer(show_number(exchange, one))


def delete_number(exchange: Exchange, query: Query, number: str) -> Answered:
    del exchange.account.numbers[_number(exchange, query, number).number]
    return Answered(204, "")


def show_account(exchange: Exchange, one: Account) -> Json:
    base = f"/2010-04-01/Accounts/{one.sid}"
    return {
        "auth_token": one.token,
        "date_created": date(exchange.began),
        "date_updated": date(exchange.began),
        "friendly_name": one.friendly_name,
        "owner_account_sid": one.sid,
        "sid": one.sid,
        "status": one.status,
        "subresource_uris": {"calls": f"{base}/Calls.json"},
        "type": "Full",
        "uri": f"{base}.json",
    }


def show_application(exchange: Exchange, one: Application) -> Json:
    account = exchange.account.sid
    return {
        "account_sid": account,
        "api_version": "2010-04-01",
        "date_created": date(exchange.began),
        "date_updated": date(exchange.began),
        "friendly_name": one.friendly_name,
        "message_status_callback": None,
        "sid": one.sid,
        "sms_status_callback": None,
        "uri": f"/2010-04-01/Accounts/{account}/Applications/{one.sid}.json",
        "voice_caller_id_lookup": False,
        "public_application_connect_enabled": False,
        **SMS,
        **_webhooks(one.webhooks),
    }


def show_number(exchange: Exchange, one: Number) -> Json:
    account = exchange.account.sid
    nothing: dict[str, Any] = dict.fromkeys(
        (
            "address_sid",
            "identity_sid",
            "sms_application_sid",
            "trunk_sid",
            "emergency_address_sid",
            "bundle_sid",
            "status",
        )
    )
    return {
        "account_sid": account,
        "address_requirements": "none",
        "api_version": "2010-04-01",
        "beta": False,
        "capabilities": {"voice": True, "sms": True, "mms": False, "fax": False},
        "date_created": date(exchange.began),
        "date_updated": date(exchange.began),
        "friendly_name": one.friendly_name or one.number,
        "phone_number": one.number,
        "origin": "hosted",
        "sid": one.sid,
        "uri": f"/2010-04-01/Accounts/{account}/IncomingPhoneNumbers/{one.sid}.json",
        "voice_application_sid": one.application or None,
        "voice_receive_mode": "voice",
        "voice_caller_id_lookup": False,
        "emergency_status": "Inactive",
        "emergency_address_status": "unregistered",
        "type": None,
        **nothing,
        **SMS,
        **_webhooks(one.webhooks),
    }


def _webhooks(found: Webhooks) -> Json:
    return {column: getattr(found, column) or None for column in FIELDS.values()}


def _change(webhooks: Webhooks, query: Query) -> None:
    for name, column in FIELDS.items():
        if query.has(name):
            asked = query.method if name.endswith("Method") else query.url
            setattr(webhooks, column, asked(name))


def _answer_by(exchange: Exchange, one: Number, query: Query) -> None:
    sid = query.get("VoiceApplicationSid", one.application)
    if sid and sid not in exchange.account.applications:
        raise invalid(f"VoiceApplicationSid {sid} is no application", 21219)
    one.application = sid


def _application(exchange: Exchange, query: Query, sid: str) -> Application:
    one = exchange.account.applications.get(sid)
    if one is None:
        raise not_found(query.path)
    return one


def _number(exchange: Exchange, query: Query, sid: str) -> Number:
    for one in exchange.account.numbers.values():
        if one.sid == sid:
            return one
    raise not_found(query.path)
