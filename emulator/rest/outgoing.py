"""A leg that REST asks for: whom it calls, what it reports, how long it may ring and last."""

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl

from emulator.account import Webhooks
from emulator.detection import LONGEST, MODES, Detection
from emulator.exchange import Exchange
from emulator.legs import Leg, Reports
from emulator.rest.wire import Query, invalid

# The carrier rings a little longer than it is told.
GRACE = 5.0
LONGEST_RINGING = 600
LONGEST_CALL = 14400
NUMBER = re.compile(r"\+?[0-9]{3,15}")
SHORTEST_LISTENING, LONGEST_LISTENING = 3, 59
PUNCTUATION = re.compile(r"[\s().-]")
SCHEMES = ("client:", "app:", "sip:")
BAD_TO, BAD_FROM, NO_TO, NO_FROM = 21211, 21212, 21201, 21213


@dataclass(frozen=True)
class Parties:
    caller: str
    called: str
    custom: dict[str, str]

    @classmethod
    def of(cls, query: Query) -> "Parties":
        called, custom = _split(_address(query, "To", NO_TO, BAD_TO))
        return cls(_address(query, "From", NO_FROM, BAD_FROM), called, custom)


def place(
    exchange: Exchange, query: Query, parties: Parties, webhooks: Webhooks | None = None
) -> Leg:
    """The leg, which rings as soon as it is its turn."""
    patience, limit = query.number("Timeout", 60), query.number("TimeLimit", LONGEST_CALL)
    recorded = query.flag("Record")
    if patience > LONGEST_RINGING:
        raise invalid(f"Timeout must not be longer than {LONGEST_RINGING} seconds")
    leg = exchange.place(
        query.get("CallerId") or parties.caller,
        parties.called,
        "outbound-api",
        reports=query.reports("StatusCallback"),
        custom=parties.custom,
        webhooks=webhooks,
    )
    leg.picked_up.then(lambda: leg.limit(min(limit, LONGEST_CALL)))
    if recorded:
        leg.picked_up.then(lambda: record(exchange, query, leg, "OutboundAPI"))
    exchange.ring_in_turn(leg, patience=patience + GRACE)
    return leg


def detection_of(query: Query) -> Detection | None:
    """None where it was not asked for, or keys are sent: then there is a menu at the far end."""
    mode = query.get("MachineDetection")
    asynchronous, reports = query.flag("AsyncAmd"), query.reports("AsyncAmdStatusCallback")
    patience = query.number("MachineDetectionTimeout", int(LONGEST))
    if not SHORTEST_LISTENING <= patience <= LONGEST_LISTENING:
        raise invalid("MachineDetectionTimeout must be between 3 and 59 seconds")
    if mode and mode not in MODES:
        raise invalid(f"MachineDetection must be one of {', '.join(sorted(MODES))}")
    if not mode or query.get("SendDigits"):
        return None
    return Detection(mode, float(patience), reports, bool(asynchronous))


def record(exchange: Exchange, query: Query, leg: Leg, source: str) -> None:
    exchange.recordings.start(
        leg,
        source=source,
        channels=2 if query.get("RecordingChannels") == "dual" else 1,
        callback=recording_reports(query),
        track=query.get("RecordingTrack", "both"),
    )


def recording_reports(query: Query) -> Reports | None:
    return query.reports("RecordingStatusCallback")


def _address(query: Query, name: str, missing: int, bad: int) -> str:
    """A number without its punctuation, or the name of a browser phone or an application."""
    text = query.required(name, missing)
    if text.startswith(SCHEMES):
        return text
    plain = PUNCTUATION.sub("", text)
    if not NUMBER.fullmatch(plain):
        raise invalid(f"The '{name}' number {text} is not a valid phone number.", bad)
    return plain


def _split(called: str) -> tuple[str, dict[str, str]]:
    """A browser phone is sent the parameters that stand behind its name."""
    if not called.startswith("client:"):
        return called, {}
    name, _, parameters = called.partition("?")
    return name, dict(parse_qsl(parameters))
