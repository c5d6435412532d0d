"""A classifier as bytes and back.  Arrays and names only: reading it back can run nothing."""

import hashlib
import io
import json
import zipfile
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assist.classify import Classifier, Features

FORMAT = 1
UNREADABLE = (ValueError, KeyError, TypeError, EOFError, OSError, zipfile.BadZipFile)


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
            return Classifier(
                _read(parts["names"]),
                _features(parts["words"], parts["words_rarity"]),
                _features(parts["runs"], parts["runs_rarity"]),
                parts["weights"].astype(np.float32),
                parts["bias"],
            )
    except UNREADABLE as error:
        raise Damaged(str(error)) from error


def _in_order(features: Features) -> list[str]:
    return sorted(features.numbers, key=lambda one: features.numbers[one])


def _features(names: NDArray[np.uint8], rarity: NDArray[np.float32]) -> Features:
    return Features({one: number for number, one in enumerate(_read(names))}, rarity)


def _written(names: list[str]) -> NDArray[np.uint8]:
    return np.frombuffer(json.dumps(names, ensure_ascii=False).encode(), dtype=np.uint8)


def _read(names: NDArray[np.uint8]) -> list[str]:
    return [str(one) for one in json.loads(names.tobytes())]
