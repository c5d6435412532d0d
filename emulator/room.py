"""A conference: who is in it, who hears whom, how it starts and how it ends."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from emulator.account import new_sid
from emulator.bulletin import Bulletin
from emulator.legs import Leg, Reports
from emulator.tasks import Interrupted, Signal, Task

if TYPE_CHECKING:
    from emulator.exchange import Exchange
    from emulator.recording import Recording

LARGEST = 250


class Left(Interrupted):
    """The participant is out; what he alone was hearing stops."""


@dataclass(eq=False)
class Participant:
    leg: Leg
    joined: datetime
    label: str = ""
    muted: bool = False
    hold: bool = False
    starts: bool = True
    ends: bool = False
    beeps: str = "true"
    # Whom this participant coaches, when he does.
    coaches: str = ""
    left: Signal[str] = field(default_factory=Signal)
    # Documents that he alone hears: before the start, on hold, announcements.
    asides: list[Task] = field(default_factory=list)

    @property
    def beeps_on_entry(self) -> bool:
        return self.beeps in ("true", "onEnter")

    @property
    def beeps_on_exit(self) -> bool:
        return self.beeps in ("true", "onExit")

    def listen(self, task: Task | None) -> None:
        """From now on he hears this aside, or none any more."""
        for before in self.asides:
            before.interrupt(Left())
        self.asides = [task] if task is not None else []
        self.leg.exchange.media.hush(self.leg)


@dataclass(eq=False)
class Room:
    exchange: "Exchange"
    name: str
    bulletin: Bulletin = field(default_factory=Bulletin)
    max_participants: int = LARGEST
    recorded: bool = False
    recording_reports: Reports | None = None
    sid: str = field(default_factory=lambda: new_sid("CF"))
    status: str = "init"
    participants: list[Participant] = field(default_factory=list)
    created: datetime = field(init=False)
    updated: datetime = field(init=False)
    reason: str | None = None
    ended_by: str | None = None
    recordings: "list[Recording]" = field(default_factory=list)

    def __post_init__(self) -> None:
        self.created = self.updated = self.exchange.timeline.now

    @property
    def legs(self) -> list[Leg]:
        return [one.leg for one in self.participants]

    @property
    def recorded_legs(self) -> list[Leg]:
        """Whose voices the recording has: those that everybody hears."""
        return [
            one.leg
            for one in self.participants
            if not one.muted and not one.hold and not one.coaches
        ]

    @property
    def live(self) -> bool:
        return self.status != "completed"

    def find(self, name: str) -> Participant | None:
        """By the leg's sid or by label."""
        return next((p for p in self.participants if name in (p.leg.sid, p.label)), None)

    def join(self, participant: Participant) -> None:
        if participant.beeps_on_entry:
            self._beep()
        self.participants.append(participant)
        participant.leg.room = self
        self.tell("participant-join", participant)
        self._start_if_ready()

    def leave(self, participant: Participant, reason: str, how: str = "left") -> None:
        """Out of the room; one that ends it takes everybody else out, too."""
        if participant not in self.participants:
            return
        self.participants.remove(participant)
        participant.leg.room = None
        participant.listen(None)
        self.exchange.media.music(participant.leg, False)
        said = {"ReasonParticipantLeft": reason, "ParticipantCallStatus": participant.leg.status}
        self.tell("participant-leave", participant, **said)
        participant.left.resolve(reason)
        if participant.ends and self.live:
            self.end(f"participant-with-end-conference-on-exit-{how}", by=participant)
        elif not self.participants:
            self.end(f"last-participant-{how}", by=participant)
        elif participant.beeps_on_exit:
            self._beep()

    def kick(self, participant: Participant) -> None:
        """Thrown out over REST; his leg ends with it."""
        self.leave(participant, "participant_updated_via_api", how="kicked")
        participant.leg.end()

    def end(self, reason: str, by: Participant | None = None) -> None:
        if not self.live:
            return
        self.status, self.reason = "completed", reason
        self.ended_by = by.leg.sid if by else None
        because = "moderator_ended_conference" if by else "conference_ended_via_api"
        for other in list(self.participants):
            self.leave(other, because)
        for recording in self.recordings:
            recording.stop()
        said = {"ReasonConferenceEnded": reason, "Reason": reason}
        if by is not None:
            said["CallSidEndingConference"] = by.leg.sid
            said["ParticipantLabelEndingConference"] = by.label
        self.tell("conference-end", None, **said)
        self.exchange.forget_room(self)

    def abandon(self) -> None:
        """Whoever was to open it never came."""
        if self.live and not self.participants:
            self.end("last-participant-left")

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
            self.tell("participant-mute" if muted else "participant-unmute", participant)
        if hold is not None and hold is not participant.hold:
            participant.hold = hold
            participant.listen(None)
            self.exchange.media.music(participant.leg, hold)
            self.tell("participant-hold" if hold else "participant-unhold", participant)
        if ends is not None and ends is not participant.ends:
            participant.ends = ends
            self.tell("participant-modify", participant)
        if coaches is not None and coaches != participant.coaches:
            participant.coaches = coaches
            self.tell("participant-modify", participant)

    def speaking(self, leg: Leg, seconds: float) -> None:
        """One of the participants says something that takes so long."""
        one = self.find(leg.sid)
        if one is not None:
            self.tell("participant-speech-start", one)
            stop = "participant-speech-stop"
            self.exchange.timeline.after(seconds, lambda: self.tell(stop, one))

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

    def tell(self, event: str, about: Participant | None = None, **more: str) -> None:
        self.updated = self.exchange.timeline.now
        self.bulletin.tell(self, event, about, **more)

    def _start_if_ready(self) -> None:
        if self.status != "init" or len(self.participants) < 2:
            return
        if any(one.starts for one in self.participants):
            self.status = "in-progress"
            for one in self.participants:
                one.listen(None)
                self.exchange.media.music(one.leg, False)
            self.tell("conference-start")
            if self.recorded:
                self.exchange.recordings.start_of_room(self, self.recording_reports)

    def _beep(self) -> None:
        for one in self.participants:
            if not one.hold:
                self.exchange.media.beep(one.leg)
