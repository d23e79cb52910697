"""How often each class is written down as each other one: first guesses, and estimates from expected counts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from scipy.sparse import csr_matrix

from whet.auditing.labels.sureness import CORE, SUREST, sureness_ranks

__all__ = ["Transition", "anchored", "knows_nothing"]

LEANING = 20.0  # examples that the error of all classes counts for in the error of one
LANDING = 2.0  # errors for each class that the sizes of the classes count for in where the errors of one land
LEAST_ERROR = 1e-5
DOUBT = 50.0  # examples that what the model says about itself counts for
STEADY = 0.7  # share of the errors among the surest that is left in their core: noise; difficulty leaves less
MOST_ERRORS = 0.45  # among the surest; with more the model is not sure of anything


@dataclass(frozen=True, kw_only=True)
class Transition:
    """Expected counts (true, given); a class of which little is known leans on what holds for all.

    How often a class is mistaken is soon known. For what, is known late: it has K - 1 answers. So the two lean apart.
    """

    counts: np.ndarray  # (K, K)
    error: float  # share of wrong labels over all classes
    landing: np.ndarray  # (K, K): given | true, wrong, from the sizes of the classes; rows sum to one, no diagonal

    @classmethod
    def guess(cls, error: float, shares: np.ndarray) -> Self:
        """Nothing counted yet; ``shares`` (K,) of the given labels."""
        landing = np.tile(shares, (len(shares), 1))
        np.fill_diagonal(landing, 0.0)
        landing /= np.maximum(landing.sum(axis=1, keepdims=True), 1e-12)
        return cls(counts=np.zeros((len(shares), len(shares))), error=error, landing=landing)

    @classmethod
    def counted(cls, posterior: np.ndarray, given: np.ndarray, shares: np.ndarray) -> Self:
        """From P(true | x, given) (N, K)."""
        num, num_classes = posterior.shape
        onehot = csr_matrix((np.ones(num), (given, np.arange(num))), shape=(num_classes, num))
        counts = np.asarray((onehot @ posterior).T)
        error = float((counts.sum() - np.trace(counts)) / max(counts.sum(), 1.0))
        return replace(cls.guess(max(error, LEAST_ERROR), shares), counts=counts)

    @property
    def matrix(self) -> np.ndarray:
        """(K, K): P(given | true), rows sum to one."""
        num_classes = len(self.counts)
        every = np.arange(num_classes)
        return np.asarray(self.seen_by_others(every, np.zeros((num_classes, num_classes))).T)

    def seen_by_others(self, given: np.ndarray, own: np.ndarray) -> np.ndarray:
        """(N, K): P(given of the example | true), its ``own`` (N, K) share in the counts taken out.

        Without this an example vouches for its own error, which tells where there are many classes.
        """
        right = np.diag(self.counts)
        sizes = self.counts.sum(axis=1)
        is_right = np.arange(len(right)) == given[:, None]
        left = np.maximum(sizes - own, 0.0)
        wrong = np.maximum(sizes - right - np.where(is_right, 0.0, own), 0.0)
        mistaken = (wrong + LEANING * self.error) / (left + LEANING)
        spread = LANDING * len(right)
        cell = np.maximum(self.counts[:, given].T - own, 0.0)
        landed = (cell + spread * self.landing[:, given].T) / (wrong + spread)
        return np.asarray(np.where(is_right, 1.0 - mistaken, mistaken * landed))


def anchored(probs: np.ndarray, given: np.ndarray, shares: np.ndarray) -> Transition | None:
    """What the labels of the surest predictions are mistaken for; None where errors fade as the model gets surer.

    Args:
        probs: (N, K) for the given labels.
    Source: Patrini et al., "Making Deep Neural Networks Robust to Label Noise", CVPR 2017 (arXiv 1609.03683), anchor
        points. Differs: labels are counted instead of reading one example's probabilities, and only where steady.
    """
    predicted, ranks = probs.argmax(axis=1), sureness_ranks(probs)
    sure = ranks < SUREST
    errors, fewest = _errors(probs, given, sure), _errors(probs, given, ranks < CORE)
    if errors > MOST_ERRORS or fewest < STEADY * errors:
        return None
    onehot = np.eye(len(shares))[predicted[sure]]
    return Transition.counted(onehot, given[sure], shares)


def knows_nothing(probs: np.ndarray, given: np.ndarray) -> bool:
    """Even the surest predictions are wrong about half the time, so that nothing can be said about labels."""
    return _errors(probs, given, sureness_ranks(probs) < SUREST) > MOST_ERRORS


def _errors(probs: np.ndarray, given: np.ndarray, which: np.ndarray) -> float:
    """Share of given labels that differ from the prediction; of few examples what the model says counts too."""
    expected = float((1 - probs.max(axis=1))[which].mean())
    found = float((probs.argmax(axis=1) != given)[which].sum())
    return (found + DOUBT * expected) / (float(which.sum()) + DOUBT)
