"""Learning which texts carry which label, in seconds and with the same result each time.

Imported by those who learn alone, the worker and the benchmarks: see ``classify``.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.svm import LinearSVC

from assist.classify import PARTS, Classifier, Features

# A word or run that occurs in one text only cannot be learned from.
SEEN_IN = 2
# More words, or more runs, cost memory in every process that guesses and make no guess better.
MOST_FEATURES = 60_000
# How much likeness to the mean of a label's texts says beside the label's border.  A border learned
# from a few texts is drawn by chance; their mean is not, and it helps the second and third guess.
MEAN_SAYS = np.float32(3)


class NothingToLearn(Exception):
    """There are no texts, or all of them carry the same label."""


def train(cut_texts: Sequence[str], labels: Sequence[str]) -> Classifier:
    """Learn from texts that were cut (``classify.cut``); raises NothingToLearn."""
    if len(set(labels)) < 2:
        raise NothingToLearn("至少需要两个不同类别的文本 (at least two labels are needed)")
    often = SEEN_IN if len(cut_texts) > 2 * len(set(labels)) else 1
    learned = [
        TfidfVectorizer(
            analyzer=parts,
            min_df=often,
            max_features=MOST_FEATURES,
            sublinear_tf=True,
            dtype=np.float32,
        )
        for parts in PARTS
    ]
    found = hstack([one.fit_transform(cut_texts) for one in learned]).tocsr()
    borders = LinearSVC(random_state=0).fit(found, list(labels))
    weights, bias = borders.coef_, borders.intercept_
    if len(weights) == 1:  # of two labels the library learns one border
        weights, bias = np.vstack([-weights, weights]), np.concatenate([-bias, bias])
    means = _shares(np.searchsorted(borders.classes_, list(labels))) @ found
    return Classifier(
        [str(name) for name in borders.classes_],
        _features(learned[0]),
        _features(learned[1]),
        np.ascontiguousarray(weights.T.astype(np.float32) + MEAN_SAYS * means.T),
        np.asarray(bias, dtype=np.float32),
    )


def _shares(label_of: NDArray[np.intp]) -> csr_array:
    """A row for each label, with the share of each text in its mean."""
    share = (1 / np.bincount(label_of)[label_of]).astype(np.float32)
    return csr_array((share, (label_of, np.arange(len(label_of)))))


def _features(learned: TfidfVectorizer) -> Features:
    numbers = {str(one): int(number) for one, number in learned.vocabulary_.items()}
    return Features(numbers, np.asarray(learned.idf_, dtype=np.float32))
