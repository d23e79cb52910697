"""Encoder, fixed transform, scaled features, linear model: the common course of MiniRocket and Hydra.

The transform differs and is passed in; everything else, its saved form included, is here.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import numpy as np

from whet.data.dataset import Dataset
from whet.data.encoders.series import SeriesEncoder
from whet.models.estimators.feature_scale import FeatureScale
from whet.models.estimators.linear_head import LinearHead
from whet.rng import make_numpy_generator
from whet.state import State
from whet.tasks.target import Target

__all__ = ["SeriesTransform", "TransformPlan", "TransformRidge", "at_least_nine", "fit_transform_ridge"]

_SHORTEST = 9  # steps, the length of a kernel
_BLOCK_BYTES = 1 << 26  # of features held at a time when predicting


class SeriesTransform(Protocol):
    """(N, C, T) float32 series -> (N, F) float32 features, each row from its series alone."""

    @property
    def num_features(self) -> int:
        """F."""
        ...

    def transform(self, series: np.ndarray) -> np.ndarray:
        """The features."""
        ...

    def state(self) -> State:
        """What was drawn and learnt."""
        ...


T = TypeVar("T", bound=SeriesTransform)


@dataclass(frozen=True, kw_only=True)
class TransformRidge(Generic[T]):
    """A fitted pipeline from a dataset to scores."""

    encoder: SeriesEncoder
    transform: T
    scale: FeatureScale
    head: LinearHead
    difference: bool  # the transform reads first differences of the series

    def scores(self, dataset: Dataset) -> np.ndarray:
        """(N, K) float64 probabilities, or (N, 1) values."""
        series = self.encoder.encode(dataset).batch(np.arange(len(dataset)))["series"].numpy()
        block = max(1, _BLOCK_BYTES // (4 * self.transform.num_features))
        out = np.empty((len(series), len(self.head.intercept)))
        for start in range(0, len(series), block):
            features = self.transform.transform(at_least_nine(series[start : start + block], self.difference))
            out[start : start + block] = self.head.scores(self.scale.apply(features))
        return out

    def state(self) -> State:
        """Every part under its own name."""
        encoder, transform, scale, head = self.encoder.state(), self.transform.state(), self.scale, self.head
        config = {
            "encoder": dict(encoder.config),
            "transform": dict(transform.config),
            "is_sparse": scale.is_sparse,
            "sharpness": head.sharpness,
            "difference": self.difference,
        }
        own = {"scale.mean": scale.mean, "scale.std": scale.std, "scale.centre": scale.centre}
        linear = {"head.coef": head.coef, "head.intercept": head.intercept}
        return State(config, {**encoder.under("encoder."), **transform.under("transform."), **own, **linear})

    @classmethod
    def from_state(cls, state: State, make: Callable[[State], T]) -> TransformRidge[T]:
        """Read what ``state`` wrote; ``make`` is the transform's own ``from_state``."""
        c, a = state.config, state.arrays
        scale = FeatureScale(a["scale.mean"], a["scale.std"], a["scale.centre"], bool(c["is_sparse"]))
        return cls(
            encoder=SeriesEncoder.from_state(state.part("encoder.", c["encoder"])),
            transform=make(state.part("transform.", c["transform"])),
            scale=scale,
            head=LinearHead(a["head.coef"], a["head.intercept"], float(c["sharpness"])),
            difference=bool(c["difference"]),
        )


@dataclass(frozen=True, kw_only=True)
class TransformPlan:
    """How to fit a ``TransformRidge``."""

    z_normalise: str  # see the series encoder
    difference: bool  # read first differences
    is_sparse: bool  # the features are counts, mostly zero
    seed: int
    seconds: float | None  # limit


def fit_transform_ridge(
    train: Dataset, target: Target, make: Callable[[np.ndarray, float], T], plan: TransformPlan
) -> TransformRidge[T]:
    """Fit every part. ``make(series, share)`` draws a transform with that share of the wanted features.

    With a limit in seconds a smaller transform is timed first; where the full one would take more than half of the
    limit, the share is cut so that it does not.
    """
    begin = time.monotonic()
    encoder = SeriesEncoder.fit(train, {"z_normalise": plan.z_normalise}, seed=plan.seed)
    encoded = encoder.encode(train).batch(np.arange(len(train)))["series"].numpy()
    series = at_least_nine(encoded, plan.difference)
    transform = make(series, 1.0 if plan.seconds is None else _affordable(make, series, 0.5 * plan.seconds))
    features = transform.transform(series)
    scale = FeatureScale.fit(features, is_sparse=plan.is_sparse)
    left = None if plan.seconds is None else max(0.1, 0.8 * plan.seconds - (time.monotonic() - begin))
    head = _fit_head(scale.apply(features), train, target, seed=plan.seed, seconds=left)
    return TransformRidge(encoder=encoder, transform=transform, scale=scale, head=head, difference=plan.difference)


def _fit_head(features: np.ndarray, train: Dataset, target: Target, *, seed: int, seconds: float | None) -> LinearHead:
    assert train.target is not None, "training data have a target"
    rng = make_numpy_generator(seed, "linear_head")
    if target.kind == "number":
        return LinearHead.fit_number(features, train.target.astype(np.float64), rng=rng, seconds=seconds)
    codes = target.encode(train.target)
    return LinearHead.fit_classes(features, codes, num_classes=target.num_outputs, rng=rng, seconds=seconds)


def at_least_nine(series: np.ndarray, difference: bool = False) -> np.ndarray:
    """Differences where asked for; a series shorter than a kernel is continued at its last value."""
    values = np.diff(series, axis=-1, append=series[..., -1:]) if difference else series
    missing = _SHORTEST - values.shape[-1]
    return np.pad(values, ((0, 0), (0, 0), (0, missing)), mode="edge") if missing > 0 else values


def _affordable(make: Callable[[np.ndarray, float], T], series: np.ndarray, seconds: float) -> float:
    """The largest share of the features, at most 1, whose transform of all series fits into ``seconds``."""
    probe, share = series[: max(1, min(len(series), 16))], 0.1
    begin = time.monotonic()
    make(probe, share).transform(probe)
    whole = (time.monotonic() - begin) / share * len(series) / len(probe)
    return float(np.clip(seconds / whole, 0.02, 1.0))
