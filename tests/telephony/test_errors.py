"""Which of the carrier's refusals end an order, and which are over in a while."""

import pytest
from twilio.base.exceptions import TwilioRestException

from telephony.errors import BadNumber, CarrierError, LegGone, translated


@pytest.mark.parametrize(
    ("status", "code", "permanent"),
    [
        (400, 21602, True),
        (422, None, True),
        (405, None, True),
        # A token that is being changed, a recording that is not to be stopped yet.
        (401, 20003, False),
        (403, None, False),
        (408, None, False),
        (409, None, False),
        (429, 20429, False),
        (500, None, False),
        # Refused by 403, too, but until a person opens the region.
        (403, 21408, True),
    ],
)
def test_what_may_pass_is_asked_again(status, code, permanent):
    with pytest.raises(CarrierError) as caught, translated():
        raise TwilioRestException(status, "/Calls", code=code)
    assert caught.value.permanent is permanent


@pytest.mark.parametrize(
    ("code", "meant"), [(21220, LegGone), (20404, LegGone), (21211, BadNumber)]
)
def test_what_is_gone_for_good_is_told_apart(code, meant):
    with pytest.raises(meant), translated():
        raise TwilioRestException(404, "/Calls", code=code)
