"""The quick model trained once on the training part and scored on the test part: what the given split promises."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from whet.auditing.inspection import Inspection
from whet.auditing.quick import Quick, quick_setting
from whet.errors import CannotJudgeError, ConfigError, DataError
from whet.evaluation.intervals import Interval, percentile_interval, score_interval
from whet.finding import Cost
from whet.rng import make_numpy_generator
from whet.training.fit import fit

__all__ = ["SplitScores", "copied_flattery", "quick_or_reason", "score_split", "validation_flattery"]

MOST_TEST = 10_000
RESAMPLES = 500


@dataclass(frozen=True, kw_only=True)
class SplitScores:
    """Line i belongs to test example ``positions[i]``."""

    title: str
    positions: np.ndarray  # (M,) ascending; those whose label is among the training labels
    truth: np.ndarray  # (M,) class codes or numbers
    scores: np.ndarray  # (M, K)
    score: Interval


def quick_or_reason(inspection: Inspection) -> Quick:
    """The quick model; CannotJudgeError where none can be trained, for whatever reason."""
    try:
        return inspection.quick
    except (ConfigError, DataError) as fault:
        raise CannotJudgeError(f"no quick model can be trained: {fault}") from fault


def score_split(inspection: Inspection) -> SplitScores:
    """Train on what the quick model was trained on, score at most 10,000 labelled test examples.

    Raises CannotJudgeError without a labelled test part, or when the time left does not suffice.
    """
    quick = quick_or_reason(inspection)
    positions, truth = _labelled(inspection)
    if inspection.stopwatch.left() < quick.seconds:
        raise CannotJudgeError(f"scoring the test part takes about {quick.seconds:.0f} s; too little time is left")
    assert inspection.test is not None
    assert inspection.target is not None
    train, test = inspection.data.take(quick.positions), inspection.test.data.take(positions)
    setting = quick_setting(train, inspection.metric.name)
    scores = fit(quick.recipe, inspection.target, train, test, setting=setting).valid_scores
    assert scores is not None
    interval = score_interval(inspection.metric, truth, scores, seed=inspection.seed)
    return SplitScores(title=quick.title, positions=positions, truth=truth, scores=scores, score=interval)


def copied_flattery(inspection: Inspection, split: SplitScores, copied: np.ndarray) -> Cost:
    """By how much test examples with a copy in training (test positions ``copied``) raise the score."""
    rest = ~np.isin(split.positions, copied)
    sign = 1.0 if inspection.metric.higher_is_better else -1.0

    def flattery(lines: np.ndarray) -> float:
        kept = lines[rest[lines]]
        whole, clean = (inspection.metric.compute(split.truth[i], split.scores[i]) for i in (lines, kept))
        return sign * (whole - clean)

    if rest.sum() < 10 or rest.all():
        raise CannotJudgeError("too few test examples have no copy in training, or too few that have one were scored")
    generator = make_numpy_generator(inspection.seed, "copied flattery")
    num = len(rest)
    draws = np.array([flattery(generator.integers(0, num, num)) for _ in range(RESAMPLES)])
    low, high = percentile_interval(draws[np.isfinite(draws)], num_clusters=num, confidence=0.95)
    value = flattery(np.arange(num))
    how = f"{split.title} scored on all {num:,} test examples and on the {int(rest.sum()):,} without a copy in training"
    return Cost(meaning="flattery", value=value, low=min(low, value), high=max(high, value), how=how)


def validation_flattery(inspection: Inspection, split: SplitScores) -> Cost:
    """By how much validation on the training part promises more than the test part gives; intervals combined."""
    quick = inspection.quick
    sign = 1.0 if inspection.metric.higher_is_better else -1.0
    value = sign * (quick.score.value - split.score.value)
    down = np.hypot(quick.score.value - quick.score.low, split.score.high - split.score.value)
    up = np.hypot(quick.score.high - quick.score.value, split.score.value - split.score.low)
    low, high = (value - down, value + up) if sign > 0 else (value - up, value + down)
    how = f"{quick.title} validated on {len(quick.truth):,} training examples and scored on {len(split.truth):,} others"
    return Cost(meaning="flattery", value=value, low=float(low), high=float(high), how=how)


def _labelled(inspection: Inspection) -> tuple[np.ndarray, np.ndarray]:
    if inspection.test is None or inspection.test.data.target is None or inspection.target is None:
        raise CannotJudgeError("there is no test part with a target to score")
    values = inspection.test.data.target
    positions = np.arange(len(values))
    if inspection.is_classes:
        known = set(getattr(inspection.target, "labels", ()))
        positions = positions[[str(v) in known for v in values]]
    if len(positions) > MOST_TEST:
        drawn = make_numpy_generator(inspection.seed, "sample", "test").choice(len(positions), MOST_TEST, replace=False)
        positions = positions[np.sort(drawn)]
    if len(positions) < 10:
        raise CannotJudgeError(f"needs 10 test examples with a known label; there are {len(positions)}")
    chosen = values[positions]
    truth = inspection.target.encode(chosen) if inspection.is_classes else chosen.astype(np.float64)
    return positions, truth
