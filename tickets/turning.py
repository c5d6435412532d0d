"""Where a citizen turns to another matter in the middle of his call.  Pure.

A call makes one ticket, of what he wants in the end: a demand to act outweighs a question,
whichever comes first, and of two that he opens in so many words the later one counts."""

import re
from collections.abc import Iterator, Sequence

from assist import matter
from models import Kind
from tickets import kinds

# With these words he opens a matter; what only describes one belongs to the one he has opened.
OPENS = re.compile(
    r"我(?:们)?(?:就是|其实|现在|今天|主要|还|也|再|又|是)*(?:要|想|来)(?:要|来|再|先|跟你们?|向你们?)*"
    r"(?:投诉|举报|反映|反应|建议|求助|咨询|请教|打听|问)"
    r"|\bi(?:[’']m| am)? ?(?:also |now )?(?:want|would like|[’']d like|wish|calling)(?: also)? to"
    r" (?:complain|make a complaint|file a complaint|report|suggest|ask|know|enquire|inquire)\b",
    re.IGNORECASE,
)


def newest_first(own: Sequence[str]) -> Iterator[Sequence[str]]:
    """The sentences that may say what it is about: first those of his last matter, at the end
    everything that he said, for a matter is often named before it is opened."""
    demands = [one for one in own if not _asks(one)]
    said = demands if any(kinds.of([one]) for one in demands) else list(own)
    last = _last_opening(said)
    if last:
        yield said[last:]
    if len(said) < len(own):
        yield said
    yield own


def _asks(sentence: str) -> bool:
    wanted = kinds.of([sentence])
    return wanted is not None and wanted.kind is Kind.CONSULT


def _last_opening(said: Sequence[str]) -> int:
    """Where he opens a matter once more; 0 where he opens one at most."""
    opened = [at for at, one in enumerate(said) if OPENS.search(one) and matter.of(one)]
    return opened[-1] if len(opened) > 1 else 0
