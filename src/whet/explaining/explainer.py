"""Explain predictions one by one, with the method that suits the model, inside a time limit."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np

import whet.explaining.attention
import whet.explaining.grad_cam
import whet.explaining.integrated_gradients
import whet.explaining.occlusion  # noqa: F401  the four fill the registry
from whet.bundle.model import Model
from whet.data.dataset import Dataset
from whet.data.kinds import Modality
from whet.errors import ConfigError, DataError
from whet.explaining.explanation import Explanation
from whet.explaining.method import Example, Weights, methods
from whet.explaining.telling import told
from whet.rng import make_numpy_generator

__all__ = ["explain"]

# By modality, in order of preference: the first that can ask at least half of the ensemble's weight is taken.
AUTO = {
    Modality.TEXT: ("integrated_gradients", "occlusion"),
    Modality.IMAGE: ("grad_cam", "occlusion"),
    Modality.SERIES: ("grad_cam", "integrated_gradients", "occlusion"),
    Modality.TABLE: ("occlusion",),  # columns as they are, whatever the members make of them
}
OTHERS = 16  # rows that an example is compared with


def explain(
    model: Model,
    dataset: Dataset,
    *,
    rows: Sequence[int],
    method: str = "auto",
    seconds: float = float("inf"),
    seed: int = 0,
    now: Callable[[], float] = time.perf_counter,
) -> list[Explanation]:
    """Why the model predicts what it predicts for the examples at the positions ``rows``, in this order.

    The predicted class is explained, or the predicted number. ``method``: "auto", "attention", "attention_rollout",
    "grad_cam", "integrated_gradients" or "occlusion". No example is begun that would probably outlast ``seconds``, so
    that fewer explanations than ``rows`` may come back.

    Raises:
        DataError: a row is not in the dataset.
        ConfigError: the method is not known, or the model has nothing that it can ask.
    """
    names = AUTO[dataset.schema.modality] if method == "auto" else (method,)
    _check(dataset, rows, names)
    begin, longest = now(), 0.0
    found: list[Explanation] = []
    for row in rows:
        started = now()
        if started - begin + longest >= seconds:
            break
        pool = _pool(dataset, int(row), seed)
        scores = model.scores(pool.take(np.array([0])))
        answer = int(model.blend.decide(scores)[0].argmax()) if model.labels else None
        name, weights = _weigh(model, Example(pool=pool, answer=answer), names)
        found.append(told(model, pool, answer, scores[0], name, weights))
        longest = max(longest, now() - started)
    return found


def _weigh(model: Model, example: Example, names: Sequence[str]) -> tuple[str, Weights]:
    for name in names:
        weights = methods[name]().weigh(model, example)
        if weights is not None and (weights.share >= 0.5 or len(names) == 1):
            return name, weights
    raise ConfigError(
        f"no member of this model can be asked by method {names[0]!r}; its members are "
        f"{', '.join(sorted({m.recipe.architecture for m in model.members}))}. Use 'auto' or 'occlusion'."
    )


def _pool(dataset: Dataset, row: int, seed: int) -> Dataset:
    """The example, then others drawn for it."""
    others = np.delete(np.arange(len(dataset)), row)
    if len(others) > OTHERS:
        others = make_numpy_generator(seed, "explaining", str(dataset.rows[row])).choice(others, OTHERS, replace=False)
    return dataset.take(np.array([row, *others], dtype=np.int64))


def _check(dataset: Dataset, rows: Sequence[int], names: Sequence[str]) -> None:
    for name in names:
        methods[name]  # an unknown one is a ConfigError that names the nearest
    outside = [row for row in rows if not 0 <= row < len(dataset)]
    if outside:
        raise DataError(
            f"{dataset.origin}: there is no example at position {outside[0]!r}; rows must be from 0 to "
            f"{len(dataset) - 1}. They count the examples that were read, not the lines of the source."
        )
