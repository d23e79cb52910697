"""Do training and validation inputs come from one source? A classifier tries to tell them apart.

Source: Lopez-Paz & Oquab, "Revisiting classifier two-sample tests", ICLR 2017; its interval is that of Hanley & McNeil,
    Radiology 1982.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold

from whet.diagnosis.case import Case
from whet.diagnosis.preserving import preserving
from whet.diagnosis.probes.batches import FRESH, batches
from whet.diagnosis.probes.chosen_draws import draws_on_purpose, in_shares_of
from whet.diagnosis.probes.goal import goal
from whet.diagnosis.probes.inputs import Inputs, inputs
from whet.diagnosis.probes.tensors import tensors_in
from whet.errors import CannotJudgeError
from whet.rng import make_numpy_generator

__all__ = ["TwoSample", "two_sample"]

MOST, FEWEST = 800, 60  # examples of each part
LOOKED_AT = 8  # examples of a data set that are read twice


@dataclass(frozen=True, kw_only=True)
class TwoSample:
    """How different the two parts are."""

    auc: float  # 0.5: cannot be told apart
    low: float  # ends of its 95 % interval
    high: float
    num: tuple[int, int]  # examples
    shift: float  # of the mean over all numbers, in standard deviations of the training part
    ratio: float  # of standard deviations, the larger over the smaller
    is_augmented: bool | None  # training examples are drawn differently each time; None: not known


def two_sample(case: Case) -> TwoSample:
    """Trained and tried on different examples."""
    given, kept = case.ask(inputs), case.ask(batches)
    assert case.setup is not None
    for part, truth, is_whole in (
        ("training", given.train_truth, kept.is_whole),
        ("validation", given.valid_truth, _is_whole(case.setup.valid, len(kept.valid))),
    ):
        if not is_whole and _is_ordered(truth):
            raise CannotJudgeError(f"the {part} examples come in an order, and only the first of them were read")
    drawn = _as_validation(case, given)
    train, valid = (_some(case, values, name) for values, name in ((drawn, "train"), (given.valid, "valid")))
    if min(len(train), len(valid)) < FEWEST:
        raise CannotJudgeError(f"needs {FEWEST} examples of each part; there are {len(train)} and {len(valid)}")
    auc, low, high = _separation(np.concatenate([train, valid]), np.arange(len(train) + len(valid)) >= len(train))
    (mean, spread), (other, others) = given.train_level, given.valid_level
    return TwoSample(
        auc=auc,
        low=low,
        high=high,
        num=(len(train), len(valid)),
        shift=abs(other - mean) / max(spread, 1e-12) if spread > 0 else 0.0,
        ratio=max(spread, others) / max(min(spread, others), 1e-12) if max(spread, others) > 0 else 1.0,
        is_augmented=_is_augmented(case.setup.train),
    )


def _as_validation(case: Case, given: Inputs) -> np.ndarray:
    """(n, D) training rows; where classes are drawn in other shares on purpose, in those of the validation examples."""
    is_class = case.ask(goal).kind in ("classes", "binary")
    if case.setup is None or not is_class or not draws_on_purpose(case.setup.train):
        return given.train
    generator = make_numpy_generator(case.seed, "shares of classes")
    chosen: np.ndarray = given.train[in_shares_of(given.train_truth, given.valid_truth, given.train, generator)]
    return chosen


def _some(case: Case, values: np.ndarray, name: str) -> np.ndarray:
    if len(values) <= MOST:
        return values
    return values[np.sort(make_numpy_generator(case.seed, "two samples", name).choice(len(values), MOST, False))]


def _separation(values: np.ndarray, is_second: np.ndarray) -> tuple[float, float, float]:
    """Out-of-fold AUC with its interval."""
    scores = np.zeros(len(values))
    for train, held in StratifiedKFold(3, shuffle=True, random_state=0).split(values, is_second):
        model = ExtraTreesClassifier(40, min_samples_leaf=3, random_state=0, n_jobs=1)
        scores[held] = model.fit(values[train], is_second[train]).predict_proba(values[held])[:, 1]
    auc = float(roc_auc_score(is_second, scores))
    first, second = int((~is_second).sum()), int(is_second.sum())
    q1, q2 = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    spread = auc * (1 - auc) + (second - 1) * (q1 - auc**2) + (first - 1) * (q2 - auc**2)
    half = 1.96 * float(np.sqrt(max(spread, 0.0) / (first * second)))
    return auc, max(0.0, auc - half), min(1.0, auc + half)


def _is_whole(loader: Any, kept: int) -> bool:
    try:
        return len(loader) <= kept
    except TypeError:
        return kept < FRESH


def _is_ordered(truth: np.ndarray) -> bool:
    """Whether neighbours are alike more often than chance allows."""
    ranks = np.asarray(truth, dtype=np.float64).argsort(kind="stable").argsort(kind="stable").astype(np.float64)
    codes = np.unique(truth, return_inverse=True)[1].astype(np.float64)
    values = codes if codes.max() < len(truth) / 2 else ranks
    if values.std() == 0:
        return True  # one class only, so far
    likeness = float(np.corrcoef(values[1:], values[:-1])[0, 1])
    return likeness > max(0.1, 4 / float(np.sqrt(len(values))))


def _is_augmented(loader: Any) -> bool | None:
    """Read some examples of the data set twice."""
    dataset = getattr(loader, "dataset", None)
    if dataset is None or not hasattr(dataset, "__getitem__") or not hasattr(dataset, "__len__"):
        return None
    try:
        with preserving(loader):
            pairs = [(dataset[i], dataset[i]) for i in range(min(LOOKED_AT, len(dataset)))]
    except (RuntimeError, TypeError, ValueError, IndexError, KeyError, OSError):
        return None
    return not all(_is_same(a, b) for a, b in pairs)


def _is_same(a: Any, b: Any) -> bool:
    first, second = _numbers(a), _numbers(b)
    return len(first) == len(second) and all(torch.equal(x, y) for x, y in zip(first, second, strict=True))


def _numbers(value: Any) -> list[torch.Tensor]:
    if isinstance(value, np.ndarray) and value.dtype.kind in "fiub":
        return [torch.from_numpy(np.ascontiguousarray(value))]
    if isinstance(value, Mapping):
        return [t for v in value.values() for t in _numbers(v)]
    if isinstance(value, list | tuple):
        return [t for v in value for t in _numbers(v)]
    return tensors_in(value)
