"""Text messages in the inboxes of those who have the numbers.  Pure."""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from emulator.account import new_sid

MOST = 2000


@dataclass
class Message:
    """A text message; it is in the inbox of whoever has the number."""

    caller: str
    called: str
    body: str
    at: datetime
    status: str = "delivered"
    sid: str = field(default_factory=lambda: new_sid("SM"))


@dataclass
class Inbox:
    """The newest messages, oldest first; ``on_change`` is told of each that came, was wiped, or,
    with False, is gone."""

    on_change: Callable[[Message, bool], None] = lambda _message, _there: None
    _held: deque[Message] = field(default_factory=lambda: deque(maxlen=MOST))

    def __iter__(self) -> Iterator[Message]:
        return iter(self._held)

    def __len__(self) -> int:
        return len(self._held)

    def __reversed__(self) -> Iterator[Message]:
        return reversed(self._held)

    def append(self, message: Message) -> None:
        self._held.append(message)
        self.on_change(message, True)

    def wipe(self, message: Message) -> None:
        message.body = ""
        self.on_change(message, True)

    def remove(self, message: Message) -> None:
        self._held.remove(message)
        self.on_change(message, False)
