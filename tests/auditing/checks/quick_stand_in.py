"""A quick model made up on the spot, so that a test of what rests on it trains nothing."""

import numpy as np

from whet.auditing.quick import Quick
from whet.evaluation.intervals import score_interval


def with_told(inspection, scores, num_folds=3):
    """The inspection with ``scores`` as the out-of-fold answers of its quick model."""
    num = len(inspection.data)
    fold = np.random.default_rng(0).permutation(num) % num_folds
    clusters = np.arange(num)
    inspection.__dict__["quick"] = Quick(
        title="stand-in",
        recipe=None,
        positions=np.arange(num),
        truth=inspection.truth,
        scores=scores,
        fold=fold,
        clusters=clusters,
        parts=tuple((np.flatnonzero(fold != k), np.flatnonzero(fold == k)) for k in range(num_folds)),
        score=score_interval(inspection.metric, inspection.truth, scores, seed=0),
        seconds=1.0,
    )
    return inspection


def told(truth, num_classes, wrong, rng):
    """(N, K) probabilities that put 0.8 on the true class, or on the next one where ``wrong``."""
    said = np.where(wrong, (truth + 1) % num_classes, truth)
    scores = np.full((len(truth), num_classes), 0.2 / (num_classes - 1))
    scores[np.arange(len(truth)), said] = 0.8
    return scores
