"""MiniRocket features + ridge: seconds to fit, and hard to beat on series of every kind.

Helps: series classification and regression from about 20 examples on; hurts: answers in the absolute level of a series
(setting ``difference`` changes nothing there). With ``difference`` the features read first differences: a second
opinion on the same data, whose average with the plain one is often better than either.
Source: Dempster, Schmidt and Webb, "MiniRocket", KDD 2021; differences as in Tan et al., "MultiRocket", DMKD 2022.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Self

import numpy as np

from whet.data.dataset import Dataset
from whet.data.kinds import Modality
from whet.errors import ConfigError, did_you_mean
from whet.models.estimators.estimator import estimators
from whet.models.estimators.minirocket import MiniRocket
from whet.models.estimators.transform_ridge import TransformPlan, TransformRidge, fit_transform_ridge
from whet.rng import make_numpy_generator
from whet.state import State
from whet.tasks.target import Target

__all__ = ["MiniRocketRidge", "MiniRocketSettings"]


@dataclass(frozen=True, kw_only=True)
class MiniRocketSettings:
    """What can be changed about a MiniRocket model."""

    num_features: int = 10_000  # rounded down to a multiple of 84, at least 84
    difference: bool = False  # read first differences instead of the series
    z_normalise: str = "auto"  # see the series encoder

    def __post_init__(self) -> None:
        if self.num_features < 84:
            raise ConfigError(
                f"minirocket_ridge: num_features must be at least 84; got {self.num_features!r}. Start from 10000."
            )

    @classmethod
    def from_mapping(cls, settings: Mapping[str, Any]) -> Self:
        """Unknown keys are a ConfigError."""
        known = [f.name for f in fields(cls)]
        for key in settings:
            if key not in known:
                raise ConfigError(f"minirocket_ridge has no setting {key!r}. {did_you_mean(key, known)}")
        return cls(**settings)


@estimators.register("minirocket_ridge")
@dataclass(frozen=True)
class MiniRocketRidge:
    """A fitted MiniRocket model; make it with ``MiniRocketRidge.fit``."""

    fitted: TransformRidge[MiniRocket]

    modalities: ClassVar[frozenset[Modality]] = frozenset({Modality.SERIES})
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
        """Closed form: ``valid`` is not needed. With too few ``seconds`` fewer features are computed."""
        chosen = MiniRocketSettings.from_mapping(settings)

        def make(series: np.ndarray, share: float) -> MiniRocket:
            rng = make_numpy_generator(seed, "minirocket")
            return MiniRocket.fit(series, num_features=max(84, int(share * chosen.num_features)), rng=rng)

        plan = TransformPlan(
            z_normalise=chosen.z_normalise, difference=chosen.difference, is_sparse=False, seed=seed, seconds=seconds
        )
        return cls(fit_transform_ridge(train, target, make, plan))

    def scores(self, dataset: Dataset) -> np.ndarray:
        """See ``Estimator.scores``."""
        return self.fitted.scores(dataset)

    def state(self) -> State:
        """See ``Estimator.state``."""
        return self.fitted.state()

    @classmethod
    def from_state(cls, state: State) -> Self:
        """See ``Estimator.from_state``."""
        return cls(TransformRidge.from_state(state, MiniRocket.from_state))
