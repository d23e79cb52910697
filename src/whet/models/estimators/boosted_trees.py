"""Gradient-boosted trees (LightGBM) on a table's columns and on columns made of them (see ``TableSettings``).

Helps: nearly every table; the model to beat. Hurts: answers that are smooth in many columns at once, few rows.
Early stopping uses the validation rows, or an inner split where there are none; then one model is trained again on
every row with the number of trees found, while several (``bags``) each keep the inner split of their own.
Source: Ke et al., "LightGBM: A Highly Efficient Gradient Boosting Decision Tree", NeurIPS 2017.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np

from whet.data.dataset import Dataset
from whet.data.encoders.table_features import TableFeatures
from whet.data.kinds import Modality
from whet.errors import LabelError
from whet.models.estimators.boosted_settings import BoostedSettings
from whet.models.estimators.boosting import Boosted, Rows, boost
from whet.models.estimators.estimator import estimators
from whet.rng import make_numpy_generator, stream_seed
from whet.state import State
from whet.tasks.target import Target

__all__ = ["BoostedTrees"]

_INNER = 8  # one row in so many is held back to stop early, where no validation rows are given
_LEAST_INNER = 40  # rows below which no inner split is made, and ``_BLIND`` trees are grown
_BLIND = 100  # trees grown where nothing says when to stop


@estimators.register("boosted_trees")
class BoostedTrees:
    """The mean of one or more models on the same columns."""

    modalities: ClassVar[frozenset[Modality]] = frozenset({Modality.TABLE})
    kinds: ClassVar[frozenset[str]] = frozenset({"classes", "number"})
    takes_weights: ClassVar[bool] = True

    def __init__(self, features: TableFeatures, models: tuple[Boosted, ...], *, mean: float, std: float) -> None:
        self.features = features
        self.models = models
        self._mean, self._std = mean, std  # of a number's training targets; 0 and 1 for classes

    @classmethod
    def fit(
        cls,
        train: Dataset,
        target: Target,
        settings: Mapping[str, Any],
        *,
        valid: Dataset | None,
        seed: int,
        seconds: float | None,
        num_threads: int,
    ) -> Self:
        """Choose columns, then grow ``bags`` models; when ``seconds`` run out the trees so far are the model."""
        begin = time.monotonic()
        chosen = BoostedSettings.from_mapping(settings)
        features = TableFeatures.fit(train, chosen.features, seed=seed)
        values, mean, std = _targets(train, target)
        rows = _rows(features, train, values)
        watched = None if valid is None else _rows(features, valid, (_targets(valid, target, mean, std)[0]))
        objective = _objective(target)
        models: list[Boosted] = []
        for bag in range(chosen.bags):
            now = time.monotonic()
            if models and seconds is not None and now + (now - begin) / len(models) > begin + seconds:
                break  # the next one would not be done in time
            until = None if seconds is None else now + (begin + seconds - now) / (chosen.bags - bag)
            stream = stream_seed(seed, "boosted_trees", str(bag))
            parameters = objective | chosen.parameters(num_rows=len(train), num_threads=num_threads, seed=stream)
            models.append(_grow(parameters, chosen, rows, watched, bag=bag, seed=seed, until=until))
        return cls(features, tuple(models), mean=mean, std=std)

    def scores(self, dataset: Dataset) -> np.ndarray:
        """(N, K) float64 probabilities or (N, 1) values."""
        features = _matrix(self.features, dataset)
        total = sum(model.predict(features) for model in self.models)
        return np.asarray(total / len(self.models) * self._std + self._mean)

    def state(self) -> State:
        """Columns, and each model as LightGBM's text."""
        features = self.features.state()
        config = {"features": features.config, "models": len(self.models), "mean": self._mean, "std": self._std}
        models = {f"model/{i}": model.to_bytes() for i, model in enumerate(self.models)}
        return State(config, {**features.under("features/"), **models})

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The same estimator again."""
        c = state.config
        features = TableFeatures.from_state(state.part("features/", c["features"]))
        models = tuple(Boosted.from_bytes(state.arrays[f"model/{i}"]) for i in range(c["models"]))
        return cls(features, models, mean=c["mean"], std=c["std"])


def _grow(
    parameters: dict[str, Any],
    chosen: BoostedSettings,
    rows: Rows,
    watched: Rows | None,
    *,
    bag: int,
    seed: int,
    until: float | None,
) -> Boosted:
    length: dict[str, Any] = {"rounds": chosen.rounds, "patience": chosen.patience, "until": until}
    if watched is not None:
        return boost(parameters, rows, watched, **length)[0]
    size = len(rows.target)
    if size < _LEAST_INNER:
        return boost(parameters, rows, None, **(length | {"rounds": min(_BLIND, chosen.rounds)}))[0]
    order = make_numpy_generator(seed, "boosted_trees", "inner", str(bag // _INNER)).permutation(size)
    held = np.arange(size) % _INNER == bag % _INNER
    inner = rows.take(np.sort(order[~held])), rows.take(np.sort(order[held]))
    if chosen.bags > 1:
        return boost(parameters, *inner, **length)[0]
    now = time.monotonic()
    half = None if until is None else now + 0.45 * (until - now)
    _, best = boost(parameters, *inner, **(length | {"until": half}))
    return boost(parameters, rows, None, **(length | {"rounds": best}))[0]


def _targets(
    dataset: Dataset, target: Target, mean: float | None = None, std: float | None = None
) -> tuple[np.ndarray, float, float]:
    """(N,) class codes, or numbers standardised by ``mean`` and ``std`` (their own where not given)."""
    assert dataset.target is not None
    if target.kind == "classes":
        return target.encode(dataset.target), 0.0, 1.0
    values = dataset.target.astype(np.float64)
    mean = float(values.mean()) if mean is None else mean
    std = (float(values.std()) or 1.0) if std is None else std
    return (values - mean) / std, mean, std


def _matrix(features: TableFeatures, dataset: Dataset) -> np.ndarray:
    numbers, ids = features.apply(dataset)
    return np.hstack([numbers, ids.astype(np.float64)])


def _rows(features: TableFeatures, dataset: Dataset, values: np.ndarray) -> Rows:
    return Rows(_matrix(features, dataset), values, len(features.cardinalities), dataset.weights)


def _objective(target: Target) -> dict[str, Any]:
    if target.kind == "number":
        return {"objective": "l2", "metric": "l2"}
    if target.num_outputs < 2:
        raise LabelError(
            f"boosted_trees needs at least 2 classes; the target has {list(target.labels)}. Check the target column."
        )
    if target.num_outputs == 2:
        return {"objective": "binary", "metric": "binary_logloss"}
    return {"objective": "multiclass", "num_class": target.num_outputs, "metric": "multi_logloss"}
