"""The carrier itself: its customer's account, every leg, queue and conference, on one timeline."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from emulator import background, dialling, gather, queueing, recording, speaking
from emulator.account import Account, Webhooks, new_sid
from emulator.automaton import Automaton
from emulator.courier import Answer, Courier, Port
from emulator.faults import Faults
from emulator.inbox import Inbox, Message
from emulator.legs import Leg, Party, Reports
from emulator.library import Library
from emulator.media import Media, SilentMedia
from emulator.program import Go, Perform, run
from emulator.queueing import Queue
from emulator.recording import Recordings
from emulator.room import Room
from emulator.tasks import Task
from emulator.timeline import Timeline

VERBS: dict[str, Perform] = {
    "Say": speaking.say,
    "Play": speaking.play,
    "Pause": speaking.pause,
    "Redirect": speaking.redirect,
    "Reject": speaking.reject,
    "Hangup": speaking.hangup,
    "Leave": speaking.leave,
    "Gather": gather.gather,
    "Record": recording.record,
    "Enqueue": queueing.enqueue,
    "Dial": dialling.dial,
    "Start": background.start,
    "Stop": background.stop,
}

# How long the network takes to find out that nobody has this number, or no browser this name.
UNREACHABLE_AFTER = 0.5
SETUP = 0.1
ONE_CALL = timedelta(seconds=1)
# What is over is remembered for a while; a server may run for months.
MOST_ENDED = 5000
MOST_NOTES = 2000


class Unreachable(LookupError):
    """Nobody can be called there, or no number of the account is called so."""


class Nobody:
    """At the far end of a number that no telephone has: it rings and rings."""

    def ring(self, leg: Leg) -> None: ...
    def talking(self, leg: Leg) -> None: ...
    def ended(self, leg: Leg) -> None: ...
    def hear(self, leg: Leg, words: str, kind: str) -> None: ...


@dataclass
class Notification:
    leg: Leg
    code: int
    words: str
    request: Go
    at: datetime
    # A warning is about what went on all the same.
    warning: bool = False
    # What the application had answered, when it had.
    answer: Answer | None = None
    sid: str = field(default_factory=lambda: new_sid("NO"))


@dataclass
class Exchange:
    timeline: Timeline
    account: Account
    port: Port
    base_url: str = "http://carrier.test"
    faults: Faults = field(default_factory=Faults)
    media: Media = field(init=False)
    courier: Courier = field(init=False)
    library: Library = field(init=False)
    recordings: Recordings = field(init=False)
    legs: dict[str, Leg] = field(default_factory=dict)
    rooms: list[Room] = field(default_factory=list)
    queues: dict[str, Queue] = field(default_factory=dict)
    parties: dict[str, Party] = field(default_factory=dict)
    notifications: deque[Notification] = field(default_factory=lambda: deque(maxlen=MOST_NOTES))
    messages: Inbox = field(default_factory=Inbox)
    on_message: Callable[[Message], None] = lambda _message: None
    on_note: Callable[[Notification], None] = lambda _note: None
    # Told of what was asked for over REST and has no effect here.
    on_ignored: Callable[[str], None] = lambda _words: None
    _rooms_by_name: dict[str, Room] = field(default_factory=dict)
    _ended: deque[Leg] = field(default_factory=deque)
    _next_turn: datetime | None = None

    def __post_init__(self) -> None:
        self.began = self.timeline.now
        self.media = SilentMedia(self.timeline)
        self.courier = Courier(self.timeline, self.account.token, self.port, self.faults)
        self.recordings = Recordings(self)
        self.library = Library(self)

    @property
    def verbs(self) -> dict[str, Perform]:
        return VERBS

    @property
    def account_url(self) -> str:
        return f"{self.base_url}/2010-04-01/Accounts/{self.account.sid}"

    # Calls from outside

    def incoming(self, party: Party, caller: str, called: str) -> Leg:
        """A telephone dials one of the account's numbers.  Raises Unreachable."""
        webhooks, application = self.webhooks_of(called)
        return self.begin(party, caller, called, webhooks, application=application)

    def webhooks_of(self, called: str) -> tuple[Webhooks, str]:
        """Who answers a number of the account, and for which application.  Raises Unreachable."""
        number = self.account.numbers.get(called)
        if number is None:
            raise Unreachable(f"{called} is no number of this account")
        application = self.account.applications.get(number.application)
        return (application.webhooks if application else number.webhooks), number.application

    def connect(self, party: Party, identity: str, application: str, custom: dict[str, str]) -> Leg:
        """A browser phone calls an application.  Raises Unreachable."""
        found = self.account.applications.get(application)
        if found is None:
            raise Unreachable(f"{application} is no application of this account")
        return self.begin(
            party, f"client:{identity}", custom.get("To", ""), found.webhooks, custom, found.sid
        )

    def begin(
        self,
        party: Party,
        caller: str,
        called: str,
        webhooks: Webhooks,
        custom: dict[str, str] | None = None,
        application: str = "",
    ) -> Leg:
        """A call from outside has arrived: ask for its first document."""
        reports = Reports.of(webhooks.status_callback, webhooks.status_callback_method, [])
        leg = Leg(
            self,
            caller,
            called,
            "inbound",
            party,
            webhooks,
            reports,
            custom=custom or {},
            application=application,
        )
        self.legs[leg.sid] = leg
        leg.status = "ringing"
        self.perform(leg, Go(webhooks.voice_url, webhooks.voice_method))
        return leg

    # Calls that we place

    def place(
        self,
        caller: str,
        called: str,
        direction: str,
        *,
        parent: Leg | None = None,
        reports: Reports | None = None,
        custom: dict[str, str] | None = None,
        webhooks: Webhooks | None = None,
    ) -> Leg:
        """A leg towards somebody; ``ring`` lets it ring."""
        party = self._party(called)
        leg = Leg(
            self,
            caller,
            called,
            direction,
            party,
            webhooks or Webhooks(),
            reports,
            parent,
            custom=custom or {},
        )
        self.legs[leg.sid] = leg
        return leg

    def _party(self, called: str) -> Party:
        application = self.account.applications.get(called.removeprefix("app:"))
        if called.startswith("app:") and application is not None:
            return Automaton(self, application)
        return self.parties.get(called, Nobody())

    def ring(self, leg: Leg) -> None:
        leg.report()  # initiated
        if leg.called.startswith("client:") and leg.called not in self.parties:
            self.timeline.after(UNREACHABLE_AFTER, lambda: leg.end("no-answer"))
        else:
            self.timeline.after(SETUP, lambda: leg.ring() if leg.live else None)

    def ring_in_turn(self, leg: Leg, *, patience: float) -> None:
        """Calls asked for over REST ring one a second; each gives up after ``patience`` seconds."""
        turn = max(self.timeline.now, self._next_turn or self.timeline.now)
        self._next_turn = turn + ONE_CALL
        wait = (turn - self.timeline.now).total_seconds()
        self.timeline.after(wait, lambda: self.ring(leg) if leg.live else None)
        self.timeline.after(wait + patience, lambda: self._give_up(leg))

    def _give_up(self, leg: Leg) -> None:
        if leg.status in ("queued", "ringing"):
            leg.end("no-answer")

    def perform(self, leg: Leg, go: Go, *, keys: str = "") -> None:
        """The leg performs a document from here on, whatever it was doing."""
        leg.perform(Task(self.timeline, self._run(leg, go, keys)))

    async def _run(self, leg: Leg, go: Go, keys: str) -> None:
        await dialling.send_keys(leg, keys)
        await run(leg, go, VERBS)

    def clean_up(self, leg: Leg) -> None:
        """The leg is over: nothing goes on beside it."""
        for transcription in list(leg.transcriptions):
            transcription.stop()
        self.recordings.stop_all(leg)
        leg.on_key.clear()
        leg.on_speech.clear()
        self.media.end(leg)
        self._ended.append(leg)
        if len(self._ended) > MOST_ENDED:
            self.forget(self._ended.popleft())

    def forget(self, leg: Leg) -> None:
        """A call that is over, with its recordings."""
        self.legs.pop(leg.sid, None)
        for one in list(leg.recordings):
            self.recordings.delete(one)

    # Queues, conferences, messages

    def queue(self, name: str) -> Queue:
        if name not in self.queues:
            self.queues[name] = Queue(name, created=self.timeline.now)
        return self.queues[name]

    def room(self, name: str) -> Room | None:
        """The conference of that name that is going on."""
        return self._rooms_by_name.get(name)

    def open_room(self, room: Room) -> None:
        self.rooms.append(room)
        self._rooms_by_name[room.name] = room

    def forget_room(self, room: Room) -> None:
        self._rooms_by_name.pop(room.name, None)
        if len(self.rooms) > MOST_ENDED:
            older, newer = self.rooms[: -MOST_ENDED // 2], self.rooms[-MOST_ENDED // 2 :]
            self.rooms = [one for one in older if one.live] + newer

    def notify(
        self, leg: Leg, code: int, words: str, request: Go, *, warning: bool = False
    ) -> None:
        """For whoever looks for what went wrong."""
        answer = self.courier.last_answer(leg.sid, request.url)
        note = Notification(leg, code, words, request, self.timeline.now, warning, answer)
        self.notifications.append(note)
        self.on_note(note)

    def text(self, caller: str, called: str, body: str) -> Message:
        message = Message(caller, called, body, self.timeline.now)
        self.messages.append(message)
        self.on_message(message)
        return message
