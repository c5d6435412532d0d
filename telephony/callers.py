"""How the carrier writes numbers: those that are dialled, and what stands for a withheld one.

Nothing else knows this vocabulary: withheld is "", so that hidden callers are never one person."""

import re

# The words as they are keyed on a telephone, and UNKNOWN also as the carrier documents it.
WITHHELD_NUMBERS = {
    "+266696687",  # ANONYMOUS
    "+7378742833",  # RESTRICTED
    "+2562533",  # BLOCKED
    "+8656696",  # UNKNOWN
    "+8566696",
    "+86282452253",  # UNAVAILABLE
}
LONG_NUMBER = 7
MOBILE = r"1[3-9][0-9]{9}"
LANDLINE = r"0(?:10|2[0-9]|[3-9][0-9]{2})[1-9][0-9]{6,7}"  # with its area code
# Whoever calls may show any number: the hotline rings by itself only what costs a local call.
ORDINARY = re.compile(f"{MOBILE}|{LANDLINE}")
WITHHELD_WORDS = {"anonymous", "restricted", "blocked", "unknown", "unavailable", "private"}


def shown(caller: str) -> str:
    """The number that a caller shows, or "" when he shows none."""
    plain = caller.strip()
    withheld = plain in WITHHELD_NUMBERS or plain.lower() in WITHHELD_WORDS
    return "" if withheld else caller


def ordinary(number: str) -> bool:
    """Whether it is a mobile or a landline of this country, as ``national`` writes it."""
    return ORDINARY.fullmatch(number) is not None


def dialled(number: str) -> str:
    """As the carrier wants it: with the country's code, but for short numbers such as 110."""
    if len(number) < LONG_NUMBER:
        return number
    return number if number.startswith("+") else f"+86{number.removeprefix('0')}"
