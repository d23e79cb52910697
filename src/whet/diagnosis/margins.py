"""How far a score can be off by chance: what rules about outcomes compare their differences with."""

from __future__ import annotations

import numpy as np

from whet.diagnosis.outcome import Outcome

__all__ = ["errors_of", "lead_of", "score_error", "skill_lost", "trivial_error", "wilson"]

SURE = 1.96  # standard errors on either side of a 95 % interval


def wilson(count: float, total: float, *, z: float = SURE) -> tuple[float, float]:
    """Interval of a share.

    >>> [round(bound, 3) for bound in wilson(5, 100)]
    [0.022, 0.112]

    Source: Wilson, "Probable inference", JASA 1927.
    """
    if total <= 0:
        return 0.0, 1.0
    share, spread = count / total, z * z / total
    middle = (share + spread / 2) / (1 + spread)
    half = z * float(np.sqrt(share * (1 - share) / total + spread / (4 * total))) / (1 + spread)
    return max(0.0, middle - half), min(1.0, middle + half)


def errors_of(kind: str, truth: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """(N,) 1 where the most probable class is wrong and else 0; squared errors of numbers. Smaller is better."""
    if kind == "classes":
        return np.asarray(scores.argmax(axis=1) != truth, dtype=np.float64)
    return np.asarray(np.square(scores[:, 0] - truth), dtype=np.float64)


def lead_of(errors: np.ndarray, others: np.ndarray) -> tuple[float, float]:
    """By how much ``others`` (N,) are smaller on the same N examples, and the standard error of that."""
    difference = errors - others
    spread = float(difference.std(ddof=1)) if len(difference) > 1 else float("inf")
    return float(difference.mean()), spread / float(np.sqrt(max(len(difference), 1)))


def trivial_error(outcome: Outcome) -> float:
    """Mean of ``errors_of`` of always the commonest class, or the mean, on the validation examples."""
    if outcome.kind == "classes":
        return float(1 - np.bincount(outcome.truth[outcome.truth >= 0]).max() / len(outcome.truth))
    return float(np.var(outcome.truth))


def skill_lost(errors: np.ndarray, best: np.ndarray, trivial: np.ndarray) -> float:
    """The share of what ``best`` gains over ``trivial`` that is missing, at the low end of its interval; at least 0.

    >>> skill_lost(np.full(9, 0.5), np.full(9, 0.25), np.full(9, 0.75))
    0.5
    """
    lead, error = lead_of(errors, best)
    room = float(trivial.mean() - best.mean())
    return max(0.0, lead - SURE * error) / room if room > 0 else 0.0


def score_error(outcome: Outcome, *, of_training: bool = False) -> float:
    """Standard error of the validation (training) score; that of a share of one half where the metric is no mean."""
    truth = outcome.train_truth if of_training else outcome.truth
    scores = outcome.train_scores if of_training else outcome.scores
    if truth is None or scores is None or len(truth) < 2:
        return 0.0 if of_training else outcome.scale()
    errors = errors_of(outcome.kind, truth, scores)
    error = float(errors.std(ddof=1) / np.sqrt(len(errors)))
    if outcome.metric == "rmse":
        return error / max(2 * float(np.sqrt(errors.mean())), 1e-12)  # of a root, by its derivative
    if outcome.metric == "accuracy":
        return max(error, 1 / len(errors))  # all right is no proof of always right
    return outcome.scale() / (2 * float(np.sqrt(len(truth))))
