"""How long callers listen, measured with a real voice: nobody hears a lecture before a person."""

from datetime import datetime

import pytest

from assist import emergency
from emulator.media import RATE
from emulator.server.synthesis import Synthesis
from infra.localtime import CITY
from ivr import prompts
from models import LONGEST_ANNOUNCEMENT, LONGEST_ENGLISH, LimitKind
from queues import announcing, music
from queues.wait_document import PAUSE_SECONDS
from telephony.sentences import LANGUAGES, tongue

NUMBERS = {"zh": ("幺幺九", "幺二零", "幺幺零"), "en": ("1 1 9", "1 2 0", "1 1 0")}
NOON = datetime(2026, 12, 31, 12, 30, tzinfo=CITY)
GREETING_S, MENU_S, WAIT_S, DANGER_S = 8, 20, 20, 4


@pytest.fixture(scope="module")
def lasts():
    """How many seconds a sentence takes in a language."""
    voice = Synthesis()
    return lambda text, language: len(voice.speak(text, tongue(language).language)) / RATE


@pytest.mark.parametrize("language", LANGUAGES)
def test_greeting_and_notice_are_short(lasts, language):
    assert 2 < lasts(tongue(language).sentence("greeting"), language) <= GREETING_S


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_menu_is_told_before_anybody_loses_patience(lasts, language):
    aside = prompts.change_of_language(language)
    told = lasts(tongue(language).sentence("menu", choices=prompts.choices(language)), language)
    assert 10 < told + lasts(aside.text, aside.language) <= MENU_S


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_wait_document_is_soon_asked_for_again(lasts, language):
    """It is the heartbeat, and what it says gets old."""
    spoken = tongue(language)
    positions = [spoken.sentence("position", ahead=99), spoken.sentence("next")]
    waits = [
        spoken.sentence(name, low=20, high=30) for name in spoken.say if name.startswith("wait_")
    ]
    assert len(waits) == 6
    words = max(lasts(one, language) for one in positions)
    nobody = spoken.sentence("wait_nobody") + spoken.sentence("rings_back")
    # The tune comes with the next document.
    may_keep = lasts(spoken.sentence("keep_or_message"), language)
    assert words + lasts(nobody, language) + may_keep + PAUSE_SECONDS <= WAIT_S
    words += max(lasts(one, language) for one in waits)
    assert words + lasts(spoken.sentence("keep_offer"), language) + PAUSE_SECONDS <= WAIT_S
    assert words > 5
    of_ticket = spoken.sentence("open_ticket_due", due=spoken.moment(NOON))
    of_ticket += spoken.sentence("open_ticket_text")
    assert lasts(of_ticket, language) + PAUSE_SECONDS <= WAIT_S
    assert words + music.SECONDS + PAUSE_SECONDS <= WAIT_S


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", LimitKind)
def test_whose_number_is_limited_hears_so_in_20_seconds(lasts, language, kind):
    spoken = tongue(language)
    minors = spoken.sentence("limited_minors", key="5")
    told = spoken.sentence(f"limited_{kind}", until=spoken.moment(NOON), minors=minors)
    assert 10 < lasts(told, language) <= WAIT_S


SURGE = {
    "zh": "城东片区因主干管抢修停水，预计今晚十八点恢复，涉及解放路、建设路、人民路"
    "和滨江大道沿线小区，送水车停靠点见市政府网站，请不必再次来电，谢谢",
    "en": "Water is off in the east of the city because a main pipe has burst; it will be back at "
    "about six this evening. Water carts stand at the crossings of Jianshe Road and Renmin Road. "
    "You need not call again about it: a text tells you.",
}
# What is nothing but digits, and as long as it may be.
DIGITS = {"zh": "1" * (LONGEST_ANNOUNCEMENT // announcing.DIGIT), "en": "81 " * 11}


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_lead_has_announced_is_no_longer_than_a_wait_document(lasts, language):
    longest = {"zh": LONGEST_ANNOUNCEMENT, "en": LONGEST_ENGLISH}[language]
    told = (SURGE[language] + "。" * longest)[:longest] if language == "zh" else SURGE[language]
    for words in (told, DIGITS[language]):
        assert announcing.fits(*((words, "") if language == "zh" else ("", words)))
        assert lasts(words, language) + PAUSE_SECONDS <= WAIT_S
    assert not announcing.fits("电话12345678901，" * 5, "")
    assert not announcing.fits("", "1234 567 " * 26)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", emergency.kinds())
def test_who_is_in_danger_hears_in_a_breath_which_number_helps(lasts, language, kind):
    told = tongue(language).sentence(f"danger_{kind}")
    assert any(number in told for number in NUMBERS[language])
    assert lasts(told, language) <= DANGER_S
