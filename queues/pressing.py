"""按键: an agent presses for the menu of an outside party, a hospital's or a bank's.

Keys of his own leg end in the conference: the carrier promises nothing about them there.  So they
are an announcement of tones to the party's leg alone, which neither citizen nor recording hears."""

from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import func, select, update

from infra.clock import now
from infra.db import session
from models import Call, KeyPress, Outside
from queues.journal import note
from telephony import orders

# Where the carrier asks what is to be heard; the press's id follows.
DOCUMENT = "/voice/keys"
ONE_KEY = timedelta(seconds=0.5)
# A card's number and the key after it.
MOST_KEYS = 32


class NobodyThere(Exception):
    """No outside party is in his talk who could hear them."""

    permanent = False


def press(party: Outside | None, keys: str) -> KeyPress:
    """Let him hear ``keys``, after what was pressed before.  Raises NobodyThere."""
    if party is None:
        raise NobodyThere
    # Behind the call's lock, as whoever lets him go: what is pressed then would never be forgotten,
    # and two presses would sound at once.
    session.get_one(Call, party.call_id, with_for_update=True, populate_existing=True)
    session.refresh(party)
    if not party.joined or party.leg is None:
        raise NobodyThere
    at = now()
    begins = max(at, _end_of_last(party) or at)
    pressed = KeyPress(
        outside_id=party.id, keys=keys, pressed_at=at, ends_at=begins + len(keys) * ONE_KEY
    )
    session.add(pressed)
    session.flush()  # the carrier asks for it by its id
    url = f"{current_app.config['SETTINGS'].public_url}{DOCUMENT}/{pressed.id}"
    key = f"{party.call_id}:press:{pressed.id}"
    orders.press(party.call, party.leg, url, key=key, at=begins)
    note(party.call, "keys_pressed", party=party.name, keys=len(keys))
    return pressed


def heard_by(press_id: int, leg: str) -> str | None:
    """The keys, for that party's own leg; a repeat answers alike.  None: nobody is to hear any."""
    wanted = select(KeyPress.keys).join(KeyPress.outside).where(KeyPress.id == press_id)
    return session.scalar(wanted.where(Outside.leg == leg, Outside.live()))


def forget(party: Outside) -> None:
    pressed = update(KeyPress).where(KeyPress.outside_id == party.id, KeyPress.keys.is_not(None))
    session.execute(pressed.values(keys=None))


def _end_of_last(party: Outside) -> datetime | None:
    return session.scalar(select(func.max(KeyPress.ends_at)).where(KeyPress.outside_id == party.id))
