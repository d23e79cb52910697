"""A linear classifier on gradient histograms: the baseline that a network for pictures has to beat.

Helps: a solid reference within seconds, whatever the number of pictures. Hurts: never more than a baseline.
Source: Dalal and Triggs, CVPR 2005 (features); the ridge classifier is turned into probabilities by one temperature,
    Guo et al., "On Calibration of Modern Neural Networks", ICML 2017.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
import torch
import torch.nn.functional as F
from threadpoolctl import threadpool_limits
from torch import Tensor

from whet.data.columns import ImageColumn
from whet.data.dataset import Dataset
from whet.data.encoders.image import only_image_column, pictures_of
from whet.data.kinds import Modality
from whet.errors import ConfigError, ShapeError
from whet.models.estimators.estimator import estimators
from whet.models.gram import Moments, solve
from whet.models.hog import chunks, hog
from whet.rng import make_numpy_generator
from whet.state import State
from whet.tasks.target import Target

__all__ = ["HogLinear"]

STRENGTHS = (0.003, 0.03, 0.3, 3.0)  # ridge penalties tried, relative to the features' mean variance
SHARPNESSES = tuple(float(s) for s in np.geomspace(1.0, 64.0, 25))  # inverse temperatures tried
HELD_OUT = 0.15  # of the examples choose penalty and temperature; at most MOST_HELD_OUT
MOST_HELD_OUT = 4_000
SHARE = 0.7  # of the seconds go into features, the rest into solving


@estimators.register("hog_linear")
@dataclass(frozen=True, kw_only=True)
class HogLinear:
    """Ridge on HOG features, one output per class; it has no settings."""

    column: str
    sharpness: float  # inverse temperature of the softmax over ridge outputs
    weights: np.ndarray  # (D, K) float32
    intercepts: np.ndarray  # (K,) float32

    modalities: ClassVar[frozenset[Modality]] = frozenset({Modality.IMAGE})
    kinds: ClassVar[frozenset[str]] = frozenset({"classes"})

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
        """See ``Estimator``. When the time runs out, the examples read so far (a random part) are what it knows."""
        if settings:
            raise ConfigError(f"hog_linear has no settings; got {sorted(settings)!r}. Remove them.")
        assert train.target is not None
        name = only_image_column(train)
        order = make_numpy_generator(seed, "hog_linear", "order").permutation(len(train))
        column = pictures_of(train, name).take(order)
        onehot = target.soften(torch.from_numpy(target.encode(train.target)[order]))
        deadline = None if seconds is None else time.monotonic() + SHARE * seconds
        with threadpool_limits(num_threads):
            weights, intercepts, sharpness = _fit(column, onehot, deadline)
        # Row-major, as a file gives it back: matrix products round differently over other strides.
        rows = np.ascontiguousarray(weights.float().numpy())
        return cls(column=name, sharpness=sharpness, weights=rows, intercepts=intercepts.float().numpy())

    def scores(self, dataset: Dataset) -> np.ndarray:
        """See ``Estimator``."""
        pictures = pictures_of(dataset, self.column)
        return torch.cat([self._probabilities(hog(images)) for _, images in chunks(pictures)]).numpy()

    def _probabilities(self, features: Tensor) -> Tensor:
        if features.shape[1] != len(self.weights):
            raise ShapeError(
                f"hog_linear was fitted on pictures of {len(self.weights)} features; got {features.shape[1]}. "
                "Decode the pictures at the size they were fitted at."
            )
        outputs = features @ torch.from_numpy(self.weights) + torch.from_numpy(self.intercepts)
        return torch.softmax(self.sharpness * outputs.double(), dim=1)

    def state(self) -> State:
        """See ``Estimator``."""
        return State(
            {"column": self.column, "sharpness": self.sharpness},
            {"weights": self.weights, "intercepts": self.intercepts},
        )

    @classmethod
    def from_state(cls, state: State) -> Self:
        """See ``Estimator``."""
        return cls(**state.config, weights=state.arrays["weights"], intercepts=state.arrays["intercepts"])


def _fit(column: ImageColumn, onehot: Tensor, deadline: float | None) -> tuple[Tensor, Tensor, float]:
    """Weights, intercepts and sharpness; the first examples choose, then everything read is used."""
    held = min(MOST_HELD_OUT, int(HELD_OUT * len(onehot)))
    first = torch.cat([hog(images) for _, images in chunks(column.take(np.arange(held)))]) if held else None
    moments = None
    for where, images in chunks(column.take(np.arange(held, len(onehot)))):
        some = Moments.of(hog(images), onehot[held:][where])
        moments = some if moments is None else moments + some
        if deadline is not None and time.monotonic() > deadline:
            break
    assert moments is not None  # at least 85 % of one or more examples
    if first is None:
        return *solve(moments, STRENGTHS[1]), SHARPNESSES[len(SHARPNESSES) // 2]
    strength, sharpness = _choose(moments, first, onehot[:held])
    return *solve(moments + Moments.of(first, onehot[:held]), strength), sharpness


def _choose(moments: Moments, features: Tensor, onehot: Tensor) -> tuple[float, float]:
    """The penalty and sharpness of least log loss on these held-out examples."""
    tried = []
    for strength in STRENGTHS:
        weights, intercepts = solve(moments, strength)
        outputs = features.double() @ weights + intercepts
        tried += [(float(F.cross_entropy(s * outputs, onehot.double())), strength, s) for s in SHARPNESSES]
    _, strength, sharpness = min(tried)
    return strength, sharpness
