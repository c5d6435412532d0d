"""How the carrier writes numbers: those that are dialled, and what stands for a withheld one.

Nothing else knows this vocabulary: withheld is "", so that hidden callers are never one person."""

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
WITHHELD_WORDS = {"anonymous", "restricted", "blocked", "unknown", "unavailable", "private"}


def shown(caller: str) -> str:
    """The number that a caller shows, or "" when he shows none."""
    plain = caller.strip()
    withheld = plain in WITHHELD_NUMBERS or plain.lower() in WITHHELD_WORDS
    return "" if withheld else caller


def dialled(number: str) -> str:
    """As the carrier wants it: with the country's code, but for short numbers such as 110."""
    if len(number) < LONG_NUMBER:
        return number
    return number if number.startswith("+") else f"+86{number.removeprefix('0')}"
