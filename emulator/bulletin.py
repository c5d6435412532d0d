"""The events of a conference, told to whom its first participant named."""

from dataclasses import dataclass, field
from email.utils import format_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from emulator.room import Participant, Room

GROUP_OF = {
    "conference-start": "start",
    "conference-end": "end",
    "participant-join": "join",
    "participant-leave": "leave",
    "participant-mute": "mute",
    "participant-unmute": "mute",
    "participant-hold": "hold",
    "participant-unhold": "hold",
    "participant-modify": "modify",
    "participant-speech-start": "speaker",
    "participant-speech-stop": "speaker",
    "announcement-end": "announcement",
    "announcement-fail": "announcement",
}


@dataclass
class Bulletin:
    """Every event has its number, also those that nobody asked for."""

    url: str = ""
    method: str = "POST"
    groups: frozenset[str] = field(default_factory=lambda: frozenset({"start", "end"}))
    _last: int = 0

    def tell(
        self, room: "Room", event: str, about: "Participant | None" = None, **more: str
    ) -> None:
        self._last += 1
        if not self.url or GROUP_OF[event] not in self.groups:
            return
        exchange = room.exchange
        said = {
            "ConferenceSid": room.sid,
            "FriendlyName": room.name,
            "AccountSid": exchange.account.sid,
            "SequenceNumber": str(self._last),
            "Timestamp": format_datetime(exchange.timeline.now),
            "StatusCallbackEvent": event,
        }
        leg = about.leg.sid if about is not None else ""
        if about is not None:
            said |= _participant(about)
        exchange.courier.report(leg, self.url, said | more, self.method)


def _participant(one: "Participant") -> dict[str, str]:
    return {
        "CallSid": one.leg.sid,
        "Muted": text(one.muted),
        "Hold": text(one.hold),
        "Coaching": text(bool(one.coaches)),
        "StartConferenceOnEnter": text(one.starts),
        "EndConferenceOnExit": text(one.ends),
        "ParticipantLabel": one.label,
    }


def text(value: bool) -> str:
    return "true" if value else "false"
