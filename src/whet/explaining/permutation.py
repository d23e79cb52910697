"""Permutation importance: how much worse the model gets when one column of a table is shuffled.

Helps: any model, ensembles included, and columns of any kind; measured on examples that were not trained on.
Hurts: columns that say the same (shuffling one of them changes little, though they matter together), and shuffled rows
    that could not exist.
Source: Breiman, "Random Forests", Machine Learning 2001; Fisher, Rudin and Dominici, "All Models are Wrong, but Many
    are Useful", JMLR 2019 (for any model). Differs: the difference of scores, not their ratio.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy.special import stdtrit

import whet.evaluation.metrics  # noqa: F401  (registers the metrics)
from whet.bundle.model import Model
from whet.data.dataset import Dataset
from whet.data.kinds import Modality
from whet.errors import ConfigError, DataError
from whet.evaluation.metric import metrics
from whet.explaining.without import changed
from whet.rng import make_numpy_generator

__all__ = ["Importance", "permutation_importance"]


@dataclass(frozen=True, kw_only=True)
class Importance:
    """Of one column, in the unit of the model's primary metric; positive: the model needs the column."""

    column: str
    drop: float  # mean loss of score over shuffles
    low: float  # its 95 % interval: of shuffling alone, the rows being what they are
    high: float
    repeats: int

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)


def permutation_importance(
    model: Model,
    dataset: Dataset,
    *,
    repeats: int = 10,
    most_rows: int = 1_000,
    seconds: float = float("inf"),
    seed: int,
    now: Callable[[], float] = time.perf_counter,
) -> list[Importance]:
    """The most important column first; every column is shuffled equally often, at most ``repeats`` times.

    Two rounds at least are needed for an interval: where ``seconds`` do not suffice for them, nothing is returned.

    Raises:
        DataError: not a table, or without a target or two rows.
        ConfigError: ``repeats`` is less than 2.
    """
    _check(dataset, repeats)
    begin, data = now(), _some(dataset, most_rows, seed)
    whole = _score(model, data, data)
    drops: dict[str, list[float]] = {c.name: [] for c in data.schema.features}
    longest = 0.0
    for round_number in range(repeats):
        started = now()
        if started - begin + longest > seconds:
            break
        for name in drops:
            generator = make_numpy_generator(seed, "permutation importance", name, str(round_number))
            shuffled = data.columns[name].take(generator.permutation(len(data)))
            other = changed(data, {**data.columns, name: shuffled}, purpose=f"shuffled {name} {round_number}")
            drops[name].append(whole - _score(model, other, data))
            if round_number < 2 and now() - begin > seconds:
                return []
        longest = max(longest, now() - started)
    if min(map(len, drops.values())) < 2:
        return []
    return sorted((_importance(name, np.array(found)) for name, found in drops.items()), key=lambda i: -i.drop)


def _importance(name: str, drops: np.ndarray) -> Importance:
    count, mean = len(drops), float(drops.mean())
    half = float(stdtrit(count - 1, 0.975) * drops.std(ddof=1) / np.sqrt(count))
    return Importance(column=name, drop=mean, low=mean - half, high=mean + half, repeats=count)


def _score(model: Model, data: Dataset, original: Dataset) -> float:
    """Of the decided scores, oriented so that higher is better."""
    metric = metrics[model.metric]
    assert original.target is not None
    target = model.target
    truth = target.encode(original.target) if target.kind == "classes" else original.target.astype(np.float64)
    value = float(metric.compute(truth, model.blend.decide(model.scores(data))))
    return value if metric.higher_is_better else -value


def _some(dataset: Dataset, most: int, seed: int) -> Dataset:
    if len(dataset) <= most:
        return dataset
    generator = make_numpy_generator(seed, "permutation importance", "rows")
    return dataset.take(np.sort(generator.choice(len(dataset), most, replace=False)))


def _check(dataset: Dataset, repeats: int) -> None:
    if dataset.schema.modality is not Modality.TABLE:
        raise DataError(
            f"permutation importance shuffles the columns of a table; {dataset.origin} holds "
            f"{dataset.schema.modality} examples. Use whet.explaining.explain for these."
        )
    if dataset.target is None or len(dataset) < 2:
        known = "no target" if dataset.target is None else f"{len(dataset)} rows"
        raise DataError(
            f"{dataset.origin}: permutation importance needs at least 2 rows whose target is known; got {known}. "
            "Read the data with require_target=True."
        )
    if repeats < 2:
        raise ConfigError(f"repeats must be at least 2, for an interval; got {repeats!r}.")
