"""A conference: who is in it, who hears whom, and the events its first participant asked for."""

from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING

from emulator.account import new_sid
from emulator.legs import Leg
from emulator.tasks import Signal

if TYPE_CHECKING:
    from emulator.exchange import Exchange

EVENT_GROUP = {
    "conference-start": "start",
    "conference-end": "end",
    "participant-join": "join",
    "participant-leave": "leave",
    "participant-mute": "mute",
    "participant-unmute": "mute",
    "participant-hold": "hold",
    "participant-unhold": "hold",
    "participant-modify": "modify",
    "announcement-end": "announcement",
}


@dataclass(eq=False)
class Participant:
    leg: Leg
    joined: datetime
    label: str = ""
    muted: bool = False
    hold: bool = False
    starts: bool = True
    ends: bool = False
    # Whom this participant coaches, when he does.
    coaches: str = ""
    left: Signal[str] = field(default_factory=Signal)


@dataclass(eq=False)
class Room:
    exchange: "Exchange"
    name: str
    events_url: str = ""
    events_method: str = "POST"
    events: frozenset[str] = frozenset()
    max_participants: int = 250
    sid: str = field(default_factory=lambda: new_sid("CF"))
    status: str = "init"
    participants: list[Participant] = field(default_factory=list)
    created: datetime = field(init=False)
    updated: datetime = field(init=False)
    reason: str | None = None
    ended_by: str | None = None
    _sequence: int = 0

    def __post_init__(self) -> None:
        self.created = self.updated = self.exchange.timeline.now

    @property
    def legs(self) -> list[Leg]:
        return [one.leg for one in self.participants]

    @property
    def live(self) -> bool:
        return self.status != "completed"

    def find(self, name: str) -> Participant | None:
        """By the leg's sid or by label."""
        return next((p for p in self.participants if name in (p.leg.sid, p.label)), None)

    def join(self, participant: Participant) -> None:
        self.participants.append(participant)
        participant.leg.room = self
        self._event("participant-join", participant)
        self._start_if_ready()

    def leave(self, participant: Participant, reason: str) -> None:
        """Out of the room; one that ends it takes everybody else out, too."""
        if participant not in self.participants:
            return
        self.participants.remove(participant)
        participant.leg.room = None
        self.exchange.media.music(participant.leg, False)
        said = {"ReasonParticipantLeft": reason, "ParticipantCallStatus": participant.leg.status}
        self._event("participant-leave", participant, **said)
        participant.left.resolve(reason)
        if participant.ends and self.live:
            self.end("participant-with-end-conference-on-exit-left", by=participant)
        elif not self.participants:
            self.end("last-participant-left", by=participant)

    def end(self, reason: str, by: Participant | None = None) -> None:
        if not self.live:
            return
        self.status, self.reason = "completed", reason
        self.ended_by = by.leg.sid if by else None
        because = "moderator_ended_conference" if by else "conference_ended_via_api"
        for other in list(self.participants):
            self.leave(other, because)
        said = {"ReasonConferenceEnded": reason, "Reason": reason}
        if by is not None:
            said |= {
                "CallSidEndingConference": by.leg.sid,
                "ParticipantLabelEndingConference": by.label,
            }
        self._event("conference-end", None, **said)
        self.exchange.forget_room(self)

    def change(
        self,
        participant: Participant,
        *,
        muted: bool | None = None,
        hold: bool | None = None,
        ends: bool | None = None,
        coaches: str | None = None,
    ) -> None:
        if muted is not None and muted is not participant.muted:
            participant.muted = muted
            self._event("participant-mute" if muted else "participant-unmute", participant)
        if hold is not None and hold is not participant.hold:
            participant.hold = hold
            self.exchange.media.music(participant.leg, hold)
            self._event("participant-hold" if hold else "participant-unhold", participant)
        if ends is not None and ends is not participant.ends:
            participant.ends = ends
            self._event("participant-modify", participant)
        if coaches is not None and coaches != participant.coaches:
            participant.coaches = coaches
            self._event("participant-modify", participant)

    def audible_to(self, leg: Leg) -> list[Leg]:
        """Whom this participant hears: nobody before the start or on hold; a coach is heard only
        by the one he coaches."""
        me = self.find(leg.sid)
        if me is None or me.hold or self.status != "in-progress":
            return []
        return [
            other.leg
            for other in self.participants
            if other is not me
            and not other.muted
            and not other.hold
            and other.coaches in ("", leg.sid)
        ]

    def _start_if_ready(self) -> None:
        if self.status != "init" or len(self.participants) < 2:
            return
        if any(one.starts for one in self.participants):
            self.status = "in-progress"
            for one in self.participants:
                self.exchange.media.music(one.leg, False)
            self._event("conference-start", None)

    def _event(self, name: str, participant: Participant | None, **more: str) -> None:
        self.updated = self.exchange.timeline.now
        self._sequence += 1
        if not self.events_url or EVENT_GROUP[name] not in self.events:
            return
        said = {
            "ConferenceSid": self.sid,
            "FriendlyName": self.name,
            "AccountSid": self.exchange.account.sid,
            "SequenceNumber": str(self._sequence),
            "Timestamp": format_datetime(self.updated),
            "StatusCallbackEvent": name,
        }
        leg = ""
        if participant is not None:
            leg = participant.leg.sid
            said |= {
                "CallSid": leg,
                "Muted": _text(participant.muted),
                "Hold": _text(participant.hold),
                "Coaching": _text(bool(participant.coaches)),
                "StartConferenceOnEnter": _text(participant.starts),
                "EndConferenceOnExit": _text(participant.ends),
                "ParticipantLabel": participant.label,
            }
        self.exchange.courier.report(leg, self.events_url, said | more, self.events_method)


def _text(value: bool) -> str:
    return "true" if value else "false"
