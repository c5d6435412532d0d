"""Greeting, notice of the recording, and the one menu."""

from flask import Response, current_app, url_for

from ivr import prompts
from ivr.onward import to_person
from models import Call
from telephony.replies import Reply


def welcome(call: Call) -> Response:
    """Greeting and notice, which a key or a word may cut short, then the menu."""
    early = url_for("ivr.choice", early=1)
    return ask(call, Reply(call.language).announce("greeting", early))


def ask(call: Call, reply: Reply) -> Response:
    last = call.person.last_line if call.person is not None else None
    reply.ask(
        "menu",
        url_for("ivr.choice"),
        first=prompts.change_of_language(call.language),
        choices=prompts.choices(call.language, last),
    )
    return reply.go_to(url_for("ivr.choice")).send()


def menu_or_person(call: Call) -> Response:
    """Who is greeted already."""
    if current_app.config["SETTINGS"].menu_enabled:
        return ask(call, Reply(call.language))
    return to_person(call)
