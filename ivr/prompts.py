"""What the menu says: made of its data and of the sentences of a language."""

from ivr.menu import Choice, menu
from telephony.replies import Aside
from telephony.sentences import other_than, tongue


def choices(language: str, last: str | None = None) -> str:
    """Every choice with its key; the line that was asked for last comes first."""
    return "".join(_choice(one, language) for one in menu().in_order(last))


def change_of_language(language: str) -> Aside | None:
    """How to hear the other language, said in that one; None where no key leads there."""
    other = other_than(language)
    key = menu().key_to_language(other)
    if key is None:
        return None
    spoken = tongue(other)
    return Aside(other, spoken.sentence("choice_language", key=spoken.key(key)))


def _choice(one: Choice, language: str) -> str:
    spoken = tongue(language)
    name = "choice" if one.action == "line" else f"choice_{one.action}"
    return spoken.sentence(name, what=one.spoken.get(language, ""), key=spoken.key(one.key))
