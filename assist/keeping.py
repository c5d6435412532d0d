"""A classifier as bytes and back.  Arrays and names only: reading it back can run nothing."""

import hashlib
import io
import json
import zipfile
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assist.classify import Classifier, Features, Numbers

FORMAT = 1
UNREADABLE = (
    *(ValueError, KeyError, TypeError, EOFError, OSError, NotImplementedError),
    *(zipfile.BadZipFile, zlib.error),
)


class Damaged(Exception):
    """What was kept is not what was written, or is of another format."""


def pack(classifier: Classifier) -> tuple[bytes, str]:
    """The bytes and their SHA-256."""
    parts: dict[str, Any] = {
        "format": np.array(FORMAT),
        "names": _written(classifier.names),
        "words": _written(_in_order(classifier.words)),
        "words_rarity": classifier.words.rarity,
        "runs": _written(_in_order(classifier.runs)),
        "runs_rarity": classifier.runs.rarity,
        # Three digits are enough to tell labels apart, in half the room.
        "weights": classifier.weights.astype(np.float16),
        "bias": classifier.bias,
    }
    file = io.BytesIO()
    np.savez_compressed(file, **parts)
    return file.getvalue(), hashlib.sha256(file.getvalue()).hexdigest()


def unpack(kept: bytes, checksum: str) -> Classifier:
    """Raises Damaged."""
    if hashlib.sha256(kept).hexdigest() != checksum:
        raise Damaged("the checksum differs")
    try:
        with np.load(io.BytesIO(kept), allow_pickle=False) as parts:
            if int(parts["format"]) != FORMAT:
                raise Damaged(f"format {int(parts['format'])} is not {FORMAT}")
            found = Classifier(
                _read(parts["names"]),
                _features(parts["words"], parts["words_rarity"]),
                _features(parts["runs"], parts["runs_rarity"]),
                _numbers(parts["weights"]),
                _numbers(parts["bias"]),
            )
    except UNREADABLE as error:
        raise Damaged(str(error)) from error
    _insist_that_it_fits(found)
    return found


def _insist_that_it_fits(found: Classifier) -> None:
    """Whatever its checksum: a part that is too short would fail in the middle of a call."""
    words, runs, labels = found.words, found.runs, len(found.names)
    fits = (
        len(set(found.names)) == labels > 0
        and words.rarity.shape == (len(words.numbers),)
        and runs.rarity.shape == (len(runs.numbers),)
        and found.weights.shape == (len(words.numbers) + len(runs.numbers), labels)
        and found.bias.shape == (labels,)
    )
    if not fits:
        raise Damaged("its parts do not fit together")


def _in_order(features: Features) -> list[str]:
    return sorted(features.numbers, key=lambda one: features.numbers[one])


def _features(names: NDArray[np.uint8], rarity: NDArray[Any]) -> Features:
    return Features({one: number for number, one in enumerate(_read(names))}, _numbers(rarity))


def _numbers(part: NDArray[Any]) -> Numbers:
    if part.dtype.kind != "f" or not np.isfinite(part).all():
        raise Damaged("not all of it are numbers")
    return part.astype(np.float32)


def _written(names: list[str]) -> NDArray[np.uint8]:
    return np.frombuffer(json.dumps(names, ensure_ascii=False).encode(), dtype=np.uint8)


def _read(names: NDArray[np.uint8]) -> list[str]:
    return [str(one) for one in json.loads(names.tobytes())]
