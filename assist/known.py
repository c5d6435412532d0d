"""What was learned last, ready to guess: in each process, read again when a newer one is there."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import jieba
import structlog
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from assist import keeping, redaction
from assist.classify import LEAST_CONFIDENCE, Classifier, Label, cut
from assist.ranking import Ranking
from infra.db import roll_back, session
from models import Learned, Purpose

log = structlog.get_logger(__name__)

# How much likelier a label is that something else speaks for as well, such as the key that was
# pressed.  It helps a guess over the border, and makes none: words alone must do that.
LIKELIER = 4.0


@dataclass(frozen=True)
class Guessed:
    """A label, and the sentence that says most for it."""

    label: str
    sentence: str
    confidence: float


@dataclass(frozen=True)
class InUse:
    """A classifier and the border from which on its guesses are sure."""

    classifier: Classifier
    border: float

    def guess(self, own: Sequence[str], likely: Collection[str] = ()) -> Guessed | None:
        """What all the sentences together speak for; None when it is not sure.

        ``likely`` are the labels that something else than the words speaks for."""
        if not own:
            return None
        alone = self.classifier.shares(cut(redaction.blank("。".join(own))))
        shares = alone * [LIKELIER if one in likely else 1.0 for one in self.classifier.names]
        at = int(shares.argmax())
        # Borders were found among rounded ones.
        confidence = round(float(shares[at] / shares.sum()), 4)
        if confidence < self.border or alone[at] < LEAST_CONFIDENCE:
            return None
        telling = max(own, key=lambda one: self.classifier.shares(cut(redaction.blank(one)))[at])
        return Guessed(self.classifier.names[at], telling, confidence)

    def likely(self, said: str, top: int) -> list[Label]:
        """The ``top`` labels for what was said, sure or not: for somebody who chooses himself."""
        (labels,) = self.classifier.predict([redaction.blank(said)], top=top)
        return labels


class Shelf:
    """The classifiers of this process.  Threads may read one twice; each finds a whole one."""

    def __init__(self) -> None:
        self._held: dict[Purpose, tuple[int, InUse | None]] = {}

    def of(self, purpose: Purpose) -> InUse | None:
        wanted = select(Learned.id).where(Learned.purpose == purpose, Learned.in_use)
        newest = session.scalar(wanted)
        if newest is None:
            return None
        number, held = self._held.get(purpose, (0, None))
        if number != newest:
            held = _read(newest)
            self._held[purpose] = newest, held
        return held


_shelf = Shelf()


def of(purpose: Purpose) -> InUse | None:
    """None while the city has too few tickets to learn from, or words alone do better."""
    return _shelf.of(purpose)


def prepare(app: Flask) -> None:
    """Read what the first caller's words would wait for; a web process does so before it forks."""
    jieba.initialize()
    # Any text will do: what weighs is the library.
    Ranking(["ab"])
    with app.app_context():
        try:
            of(Purpose.LINE)
        except SQLAlchemyError as error:
            log.warning("what was learned is read later", error=str(error))
        finally:
            roll_back()


def _read(learned_id: int) -> InUse | None:
    kept, checksum, border = session.execute(
        select(Learned.kept, Learned.checksum, Learned.border).where(Learned.id == learned_id)
    ).one()
    try:
        return InUse(keeping.unpack(kept or b"", checksum), border or 1.0)
    except keeping.Damaged as error:
        # Whoever is not understood by what was learned is understood by words, as before.
        log.error("a classifier cannot be read", learned=learned_id, error=str(error))
        return None
