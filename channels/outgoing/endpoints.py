"""A unit's endpoints and duty phones; each change of them is in the audit log."""

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from flask import current_app
from sqlalchemy import select

from channels.outgoing import sending, spreading
from channels.outgoing.addresses import NotAllowed, NotFound, resolve
from infra.clock import now
from infra.db import session
from infra.privacy import fingerprint, mask, national
from models import About, DutyPhone, Endpoint, Unit
from staff import audit
from web.languages import _, told
from web.refusals import Refused

OLD_SECRET_SIGNS_FOR = timedelta(days=1)
MOBILE = re.compile(r"1[3-9]\d{9}|\+\d{6,15}")
TRIAL = "trial"


class Unacceptable(Refused):
    """What was entered cannot be kept; the message says why."""


def add(unit: Unit, url: str, wants: Sequence[About]) -> tuple[Endpoint, str]:
    """A new endpoint and its secret, which is shown this once.  Raises Unacceptable."""
    url = url.strip()
    _insist_on_wants(wants)
    try:
        resolve(url, current_app.config["SETTINGS"])
    except (NotAllowed, NotFound) as error:
        raise Unacceptable(told(str(error))) from error
    known = Endpoint.unit_id == unit.id, Endpoint.url == url
    if session.scalar(select(Endpoint.id).where(*known)) is not None:
        raise Unacceptable(_("这个单位已有这个接收地址"))
    secret = sending.new_secret()
    endpoint = Endpoint(unit=unit, url=url, secret=secret, wants=list(wants), added_at=now())
    session.add(endpoint)
    session.flush()  # the audit log names its id
    _record("added", endpoint, unit=unit.code, url=url)
    return endpoint, secret


def rotate(endpoint: Endpoint) -> str:
    """A new secret, shown this once; the old one signs beside it for a day."""
    endpoint.old_secret = endpoint.secret
    endpoint.old_secret_until = now() + OLD_SECRET_SIGNS_FOR
    endpoint.secret = sending.new_secret()
    _record("rotated", endpoint)
    return endpoint.secret


def switch(endpoint: Endpoint, *, on: bool) -> None:
    """What waits meanwhile goes out when it is on again."""
    if endpoint.active is not on:
        endpoint.active, endpoint.failures, endpoint.rests_until = on, 0, None
        _record("switched_on" if on else "switched_off", endpoint)


def try_out(endpoint: Endpoint) -> None:
    """A delivery that tells nothing, to see whether it arrives."""
    endpoint.rests_until = None
    spreading.put(endpoint, TRIAL, {"unit": endpoint.unit.code})
    _record("tried", endpoint)


def add_phone(unit: Unit, number: str, wants: Sequence[About]) -> DutyPhone:
    """Raises Unacceptable."""
    plain = national(number.strip())
    _insist_on_wants(wants)
    if not MOBILE.fullmatch(plain):
        raise Unacceptable(_("值班手机须是 11 位手机号码，座机收不到短信"))
    seal = fingerprint(plain)
    known = DutyPhone.unit_id == unit.id, DutyPhone.number_fingerprint == seal
    if session.scalar(select(DutyPhone.id).where(*known)) is not None:
        raise Unacceptable(_("这个单位已有这个值班手机"))
    phone = DutyPhone(
        unit=unit,
        number=plain,
        number_fingerprint=seal,
        number_masked=mask(plain),
        wants=list(wants),
        added_at=now(),
    )
    session.add(phone)
    session.flush()  # the audit log names its id
    audit.record("duty_phone.added", "unit", unit.code, number=phone.number_masked)
    return phone


def remove_phone(phone: DutyPhone) -> None:
    audit.record("duty_phone.removed", "unit", phone.unit.code, number=phone.number_masked)
    session.delete(phone)


def _insist_on_wants(wants: Sequence[About]) -> None:
    if not wants:
        raise Unacceptable(_("请至少选择一类通知"))


def _record(action: str, endpoint: Endpoint, **detail: Any) -> None:
    audit.record(f"endpoint.{action}", "endpoint", endpoint.id, **detail)
