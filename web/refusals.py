"""What a verb refuses, told to whoever asked for it."""


class Refused(Exception):
    """It is not done, and nothing is changed; the message says why, and what to do instead."""

    permanent = True
