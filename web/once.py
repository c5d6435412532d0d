"""What is shown only once, on the page that follows: a secret, with a button that copies it."""

from flask import flash, render_template
from markupsafe import Markup


def show(words: str, secret: str) -> None:
    """``words`` are the sentence around the secret."""
    flash(Markup(render_template("once.html", words=words, secret=secret)), "secret")
