"""Labels are learned from texts, with a confidence that can be acted upon."""

import hashlib
import io
import pickle

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from assist import classify, keeping, known, training
from assist.keeping import Damaged

TEXTS = [
    "小区晚上施工噪声太大睡不着",
    "工地半夜打桩吵得很",
    "楼下广场舞音响太吵",
    "公司拖欠我三个月工资",
    "老板不发工资也不签合同",
    "工地欠薪包工头跑了",
    "公交车不按时到站",
    "地铁站闸机刷不了码",
    "公交线路改了不方便",
]
CUT = [classify.cut(text) for text in TEXTS]
LABELS = ["噪声"] * 3 + ["欠薪"] * 3 + ["公交"] * 3


def names(found: list[classify.Label]) -> list[str]:
    return [one.name for one in found]


def test_the_most_likely_label_comes_first():
    noise, wages = training.train(CUT, LABELS).predict(["半夜施工很吵", "单位不发工资"])
    assert names(noise)[0] == "噪声"
    assert names(wages)[0] == "欠薪"
    assert len(noise) == 3
    assert noise[0].confidence > noise[1].confidence >= noise[2].confidence
    assert sum(one.confidence for one in noise) == pytest.approx(1, abs=0.001)


def test_what_it_never_saw_is_not_certain():
    classifier = training.train(CUT, LABELS)
    known, strange = classifier.predict(["公司拖欠我三个月工资", "hello"], top=1)
    assert known[0].confidence > 0.8
    assert strange[0].confidence < 0.5


def test_two_labels_are_enough_and_one_is_not():
    classifier = training.train(CUT[:6], LABELS[:6])
    assert names(classifier.predict(["拖欠工资"])[0]) == ["欠薪", "噪声"]
    with pytest.raises(training.NothingToLearn):
        training.train(CUT[:3], LABELS[:3])
    with pytest.raises(training.NothingToLearn):
        training.train([], [])


def test_learning_twice_gives_the_same():
    first, second = (training.train(CUT, LABELS).predict(TEXTS) for _ in range(2))
    assert first == second


def test_nothing_asked_nothing_answered():
    assert training.train(CUT, LABELS).predict([]) == []


def test_what_is_kept_guesses_as_before():
    learned = training.train(CUT, LABELS)
    again = keeping.unpack(*keeping.pack(learned))
    for before, after in zip(learned.predict(TEXTS), again.predict(TEXTS), strict=True):
        assert names(before) == names(after)
        assert [one.confidence for one in before] == pytest.approx(
            [one.confidence for one in after], abs=0.01
        )


@pytest.mark.parametrize(
    "spoil",
    [
        lambda kept: (kept[0][:-1] + b"?", kept[1]),
        lambda kept: (b"", hashlib.sha256(b"").hexdigest()),
        lambda kept: (pickled := pickle.dumps(["code"]), hashlib.sha256(pickled).hexdigest()),
    ],
    ids=["changed", "empty", "pickled"],
)
def test_what_was_not_written_by_us_is_not_read(spoil):
    with pytest.raises(Damaged):
        keeping.unpack(*spoil(keeping.pack(training.train(CUT, LABELS))))


@pytest.mark.parametrize(
    "spoil",
    [
        {"weights": lambda it: it[:-1]},
        {"weights": lambda it: it[:, :-1]},
        {"weights": lambda it: it.ravel()},
        {"weights": lambda it: it * np.nan},
        {"weights": lambda it: it.astype(str)},
        {"bias": lambda it: it[:-1]},
        {"bias": lambda it: it * np.inf},
        {"words_rarity": lambda it: it[:-1]},
        {"runs_rarity": lambda it: it.astype(str)},
        {"names": lambda it: it[:0]},
        {"names": lambda it: np.frombuffer(b"[]", dtype=np.uint8), "bias": lambda it: it[:0]},
        {"names": lambda it: np.frombuffer(b'["a","a","b"]', dtype=np.uint8)},
        {"words": lambda it: np.frombuffer(b"7", dtype=np.uint8)},
    ],
)
def test_what_does_not_fit_together_is_not_read(spoil):
    """Its checksum is right, and a call must not find out by an error."""
    with np.load(io.BytesIO(keeping.pack(training.train(CUT, LABELS))[0])) as parts:
        spoilt = {name: spoil.get(name, lambda it: it)(part) for name, part in parts.items()}
    file = io.BytesIO()
    np.savez_compressed(file, **spoilt)
    with pytest.raises(Damaged):
        keeping.unpack(file.getvalue(), hashlib.sha256(file.getvalue()).hexdigest())


def test_guessing_agrees_with_the_library_that_learned():
    """The weighing of a text is written twice, there and here: a difference spoils each guess."""
    learned = training.train(CUT, LABELS)
    texts = [*CUT, *map(classify.cut, ["半夜 施工\n很吵，公司拖欠", "Hello World"])]
    for parts, features in zip(classify.PARTS, (learned.words, learned.runs), strict=True):
        theirs = TfidfVectorizer(analyzer=parts, vocabulary=features.numbers, sublinear_tf=True)
        theirs.idf_ = features.rarity
        for row, text in zip(theirs.transform(texts).toarray(), texts, strict=True):
            ours = np.zeros(len(row))
            which, weights = features.found(parts(text))
            ours[which] = weights
            assert ours == pytest.approx(row, abs=1e-6)


def test_what_else_speaks_for_a_label_helps_and_does_not_decide() -> None:
    """A pressed key, for instance; the border is what words alone must reach."""
    learned = training.train(CUT, LABELS)
    unsure = ["工地不方便"]
    most, second = learned.predict(unsure, top=2)[0]
    assert 0.5 < most.confidence < 0.9
    in_use = known.InUse(learned, 0.9)
    assert in_use.guess(unsure) is None
    assert in_use.guess(unsure, likely=[most.name]).label == most.name
    # What the words themselves do not speak for, no key makes sure.
    assert known.InUse(learned, 0.5).guess(unsure, likely=[second.name]).label == most.name
    assert known.InUse(learned, 0.5).guess(["hello"], likely=["噪声"]) is None
    assert in_use.guess(["半夜施工噪声太吵"], likely=["公交"]).label == "噪声"
