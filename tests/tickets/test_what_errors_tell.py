"""An error's text may name the citizen: neither the log nor a row nor a page repeats it."""

import json
import traceback

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import SQLAlchemyError
from structlog.testing import capture_logs
from twilio.base.exceptions import TwilioException
from twilio.http import HttpClient
from twilio.http.response import Response

import telephony.carrier
from infra import db
from infra.db import session
from models import Role, TextMessage, TextState
from telephony.errors import CarrierError
from tests.visitors import browser_of, somebody
from tickets.messages import queue_text, send

NUMBER = "13812345678"


class Refusing(HttpClient):
    """A carrier that answers as the real one does, with the number in its words."""

    def __init__(self, status: int = 400, code: int = 21211) -> None:
        self.status, self.code = status, code

    def request(self, *_args: object, **_known: object) -> Response:
        words = f"The 'To' number +86{NUMBER} is not a valid phone number."
        return Response(self.status, json.dumps({"code": self.code, "message": words}))


class Silent(HttpClient):
    def __init__(self) -> None:
        pass

    def request(self, *_args: object, **_known: object) -> Response:
        raise TwilioException(f"no answer about +86{NUMBER}")


def _connected(http: HttpClient) -> telephony.carrier.Carrier:
    return telephony.carrier.connect("AC1", "token", "http://carrier.test", http=http)


@pytest.mark.parametrize(
    ("http", "words"),
    [
        (Refusing(), "被叫号码不正确，请核对（HTTP 400，错误码 21211）"),
        (Refusing(500, 99999), "运营商未受理（HTTP 500，错误码 99999）"),
        (Refusing(404, 20404), "线路已结束（HTTP 404，错误码 20404）"),
        (Silent(), "运营商无应答：TwilioException"),
    ],
)
def test_the_carrier_is_quoted_by_its_codes_only(http: HttpClient, words: str) -> None:
    with pytest.raises(CarrierError) as failed:
        _connected(http).send_text(f"+86{NUMBER}", "12345", "您好")
    assert str(failed.value) == words
    assert NUMBER not in "".join(traceback.format_exception(failed.value))


def test_a_refused_text_leaves_no_number_in_log_row_or_page(app, citizen, monkeypatch) -> None:
    monkeypatch.setitem(app.extensions, "carrier", _connected(Refusing()))
    queue_text(citizen, "您好", key="greeting")
    db.commit()
    message = session.scalars(select(TextMessage)).one()
    with capture_logs() as logged:
        send(message.id)
    session.expire_all()
    assert message.state is TextState.FAILED
    page = browser_of(app, somebody("li", Role.LEAD)).get("/texts/failed").text
    assert "错误码 21211" in page
    assert logged
    for told in (str(logged), message.error, page):
        assert NUMBER not in told


def test_a_failing_statement_does_not_tell_its_values(app) -> None:
    with pytest.raises(SQLAlchemyError) as failed:
        session.execute(text("SELECT :number FROM nowhere"), {"number": NUMBER})
    assert NUMBER not in str(failed.value)
