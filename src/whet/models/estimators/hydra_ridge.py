"""Hydra features + ridge: the frequency of competing local patterns.

Helps: as a second member beside MiniRocket, whose errors differ; hurts: series of a few dozen steps.
Source: Dempster, Schmidt and Webb, "Hydra: competing convolutional kernels", DMKD 2023.
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
from whet.models.estimators.hydra import Hydra
from whet.models.estimators.transform_ridge import TransformPlan, TransformRidge, fit_transform_ridge
from whet.rng import make_numpy_generator
from whet.state import State
from whet.tasks.target import Target

__all__ = ["HydraRidge", "HydraSettings"]


@dataclass(frozen=True, kw_only=True)
class HydraSettings:
    """What can be changed about a Hydra model."""

    num_groups: int = 64  # of 8 competing kernels, per dilation; even, half of them read first differences
    z_normalise: str = "auto"  # see the series encoder

    def __post_init__(self) -> None:
        if self.num_groups < 2 or self.num_groups % 2:
            raise ConfigError(
                f"hydra_ridge: num_groups must be even and at least 2; got {self.num_groups!r}. Start from 64."
            )

    @classmethod
    def from_mapping(cls, settings: Mapping[str, Any]) -> Self:
        """Unknown keys are a ConfigError."""
        known = [f.name for f in fields(cls)]
        for key in settings:
            if key not in known:
                raise ConfigError(f"hydra_ridge has no setting {key!r}. {did_you_mean(key, known)}")
        return cls(**settings)


@estimators.register("hydra_ridge")
@dataclass(frozen=True)
class HydraRidge:
    """A fitted Hydra model; make it with ``HydraRidge.fit``."""

    fitted: TransformRidge[Hydra]

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
        """Closed form: ``valid`` is not needed. With too few ``seconds`` fewer groups are drawn."""
        chosen = HydraSettings.from_mapping(settings)

        def make(series: np.ndarray, share: float) -> Hydra:
            rng, groups = make_numpy_generator(seed, "hydra"), max(2, 2 * int(share * chosen.num_groups / 2))
            return Hydra.draw(channels=series.shape[1], length=series.shape[2], num_groups=groups, rng=rng)

        plan = TransformPlan(
            z_normalise=chosen.z_normalise, difference=False, is_sparse=True, seed=seed, seconds=seconds
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
        return cls(TransformRidge.from_state(state, Hydra.from_state))
