"""What Play plays: sound fetched from the customer, kept, and fetched again only if it changed."""

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from emulator.document import Refused
from emulator.program import failed
from emulator.sound import NotSound, Sound, read

if TYPE_CHECKING:
    from emulator.courier import Answer
    from emulator.exchange import Exchange

BAD_CONTENT = 12300
NOT_MODIFIED = 304
# Minutes of sound: 64 MB.
MOST_SECONDS = 4000.0


@dataclass(frozen=True)
class Kept:
    sound: Sound
    # The headers that ask whether it is still the same; without any it is fetched each time.
    still: dict[str, str]


@dataclass
class Library:
    exchange: "Exchange"
    _kept: "OrderedDict[str, Kept]" = field(default_factory=OrderedDict)
    _lent: dict[str, Sound] = field(default_factory=dict)

    def lend(self, url: str, answer: "Answer") -> None:
        """Sound that came in the place of a document is played next.  Raises Refused."""
        self._lent[url] = sound_of(answer)

    async def get(self, leg: str, url: str) -> Sound:
        """The sound behind an address.  Raises Refused."""
        if url in self._lent:
            return self._lent.pop(url)
        kept = self._kept.get(url)
        still = kept.still if kept else {}
        answer = await self.exchange.courier.fetch(leg, url, "GET", {}, still)
        if kept is not None and answer.status == NOT_MODIFIED:
            self._kept.move_to_end(url)
            return kept.sound
        if not answer.ok:
            raise failed(answer)
        sound = sound_of(answer)
        self._keep(url, Kept(sound, answer.validators))
        return sound

    def _keep(self, url: str, kept: Kept) -> None:
        self._kept[url] = kept
        self._kept.move_to_end(url)
        while sum(one.sound.seconds for one in self._kept.values()) > MOST_SECONDS:
            self._kept.popitem(last=False)


def sound_of(answer: "Answer") -> Sound:
    """The sound in an answer.  Raises Refused."""
    try:
        return read(answer.content)
    except NotSound as error:
        raise Refused(BAD_CONTENT, f"{answer.content_type} cannot be played: {error}") from error
