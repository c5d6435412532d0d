"""How long callers listen, measured with a real voice: nobody hears a lecture before a person."""

import pytest

from emulator.media import RATE
from emulator.server.synthesis import Synthesis
from ivr import prompts
from telephony.sentences import LANGUAGES, tongue

GREETING_S, MENU_S = 8, 20


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
