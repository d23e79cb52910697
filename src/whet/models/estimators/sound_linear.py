"""A linear model on averaged cepstra: the quick model of an audit of sounds.

Helps: spoken words, calls and machine states, within seconds. Hurts: events at no fixed place in a long recording.
Source: Davis & Mermelstein, IEEE Transactions on Acoustics, Speech and Signal Processing 1980 (features); see
    ``data.sound_vector``. The head is that of frozen features, ``frozen_head``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from threadpoolctl import threadpool_limits

from whet.data.columns import AudioColumn
from whet.data.dataset import Dataset
from whet.data.kinds import Modality
from whet.data.sound_vector import SOUND_FEATURES, sound_vectors
from whet.errors import ConfigError
from whet.models.estimators.estimator import estimators
from whet.models.estimators.feature_scale import FeatureScale
from whet.models.estimators.frozen_head import fit_classes, fit_number
from whet.models.estimators.linear_head import LinearHead
from whet.rng import make_numpy_generator
from whet.state import State
from whet.tasks.target import Target

__all__ = ["SoundLinear"]


@estimators.register("sound_linear")
@dataclass(frozen=True, kw_only=True)
class SoundLinear:
    """Logistic regression (a number: ridge) on 281 features of each sound; it has no settings."""

    scale: FeatureScale
    head: LinearHead

    modalities: ClassVar[frozenset[Modality]] = frozenset({Modality.AUDIO})
    kinds: ClassVar[frozenset[str]] = frozenset({"classes", "number"})

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
        """See ``Estimator``."""
        if settings:
            raise ConfigError(f"sound_linear has no settings; got {sorted(settings)!r}. Remove them.")
        assert train.target is not None
        features = _features(train)
        scale = FeatureScale.fit(features, is_sparse=False)
        rng = make_numpy_generator(seed, "sound_linear")
        with threadpool_limits(num_threads):
            if target.kind == "classes":
                head = fit_classes(
                    scale.apply(features),
                    target.encode(train.target),
                    num_classes=target.num_outputs,
                    by_ridge=False,
                    rng=rng,
                    seconds=seconds,
                )
            else:
                values = train.target.astype(np.float64)
                head = fit_number(scale.apply(features), values, rng=rng, seconds=seconds)
        return cls(scale=scale, head=head)

    def scores(self, dataset: Dataset) -> np.ndarray:
        """See ``Estimator``."""
        return self.head.scores(self.scale.apply(_features(dataset)))

    def state(self) -> State:
        """See ``Estimator``."""
        arrays = {"mean": self.scale.mean, "std": self.scale.std, "centre": self.scale.centre}
        arrays |= {"coef": self.head.coef, "intercept": self.head.intercept}
        return State({"sharpness": self.head.sharpness}, arrays)

    @classmethod
    def from_state(cls, state: State) -> Self:
        """See ``Estimator``."""
        a = state.arrays
        scale = FeatureScale(a["mean"], a["std"], a["centre"], is_sparse=False)
        return cls(scale=scale, head=LinearHead(a["coef"], a["intercept"], state.config["sharpness"]))


def _features(dataset: Dataset) -> np.ndarray:
    """(N, 281) float32, computed once for each source row."""
    column = next(c for c in dataset.columns.values() if isinstance(c, AudioColumn))
    return dataset.derived.rows(
        "sound vector", dataset.rows, dim=SOUND_FEATURES, compute=lambda some: sound_vectors(column.take(some))
    )
