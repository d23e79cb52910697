"""A linear model on the features of a pretrained body that stays as it is.

Helps: few labels and little time: the body runs once over the examples, and everything after that takes seconds.
Hurts: data unlike those of the pretraining, whose differences the features do not show; then fine-tune.
Source: Donahue et al., "DeCAF", ICML 2014; Kornblith et al., "Do Better ImageNet Models Transfer Better?", CVPR 2019.
Differs: features are standardised, as logistic regression with one penalty for all of them asks for.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from threadpoolctl import threadpool_limits

from whet.data.dataset import Dataset
from whet.data.kinds import Modality
from whet.errors import BackboneError
from whet.models.estimators.estimator import estimators
from whet.models.estimators.feature_scale import FeatureScale
from whet.models.estimators.frozen_body import FrozenBody
from whet.models.estimators.frozen_head import fit_classes, fit_number
from whet.models.estimators.frozen_settings import FrozenSettings
from whet.models.estimators.linear_head import LinearHead
from whet.rng import make_numpy_generator
from whet.state import State
from whet.tasks.target import Target

__all__ = ["FrozenFeatures"]

SHARE = 0.85  # of the seconds may go into features


@estimators.register("frozen_features")
@dataclass(frozen=True, kw_only=True)
class FrozenFeatures:
    """See ``FrozenSettings`` for its settings; ``backbone`` is required."""

    body: FrozenBody
    scale: FeatureScale
    head: LinearHead

    modalities: ClassVar[frozenset[Modality]] = frozenset(Modality) - {Modality.AUDIO}
    kinds: ClassVar[frozenset[str]] = frozenset({"classes", "number"})
    needs_backbone: ClassVar[bool] = True

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
        """See ``Estimator``. The source must be on this machine: nothing is downloaded here.

        Raises:
            BackboneError: the source is not there, or reads another kind of example.
            TrainingFailedError: the features would take longer than ``seconds``.
        """
        begin, chosen = time.monotonic(), FrozenSettings.from_mapping(settings)
        body = _opened(chosen, train, seed)
        limit = None if seconds is None else SHARE * seconds
        body.choose_precision(train, chosen.precision, seconds=limit)
        left = None if limit is None else max(0.1, limit - (time.monotonic() - begin))
        features = body.features(train, seconds=left, also=0 if valid is None else len(valid))
        scale = FeatureScale.fit(features, is_sparse=False)
        rest = None if seconds is None else max(0.1, seconds - (time.monotonic() - begin))
        with threadpool_limits(num_threads):
            head = _head(scale.apply(features), train, target, chosen, seed=seed, seconds=rest)
        return cls(body=body, scale=scale, head=head)

    def scores(self, dataset: Dataset) -> np.ndarray:
        """See ``Estimator``."""
        return self.head.scores(self.scale.apply(self.body.features(dataset)))

    def state(self) -> State:
        """Scale and head; body and preprocessing are shared, so that members with the same body store it once."""
        config = {
            "body": self.body.digest,
            "preprocessing": self.body.preprocessing_digest,
            "dim": self.body.dim,
            "precision": self.body.precision,
            "sharpness": self.head.sharpness,
        }
        scale = {"scale.mean": self.scale.mean, "scale.std": self.scale.std, "scale.centre": self.scale.centre}
        head = {"head.coef": self.head.coef, "head.intercept": self.head.intercept}
        return State(config, {**scale, **head}, self.body.shared())

    @classmethod
    def from_state(cls, state: State) -> Self:
        """See ``Estimator``; the source is not needed."""
        c, a = state.config, state.arrays
        body = FrozenBody.from_shared(
            state.shared,
            digest=c["body"],
            preprocessing=c["preprocessing"],
            dim=int(c["dim"]),
            precision=c["precision"],
        )
        scale = FeatureScale(a["scale.mean"], a["scale.std"], a["scale.centre"], is_sparse=False)
        head = LinearHead(a["head.coef"], a["head.intercept"], float(c["sharpness"]))
        return cls(body=body, scale=scale, head=head)


def _opened(chosen: FrozenSettings, train: Dataset, seed: int) -> FrozenBody:
    from whet.models.pretrained.backbone import Finding
    from whet.models.pretrained.opening import open_backbone

    backbone = open_backbone(chosen.backbone, finding=Finding())
    if backbone.about.modality != train.schema.modality:
        raise BackboneError(
            f"{chosen.backbone} reads {backbone.about.modality} examples; these are {train.schema.modality}. "
            "Choose a backbone of that kind."
        )
    return FrozenBody.of(backbone, train, chosen.encoding, chosen.body, seed=seed)


def _head(
    features: np.ndarray, train: Dataset, target: Target, chosen: FrozenSettings, *, seed: int, seconds: float | None
) -> LinearHead:
    assert train.target is not None, "training data have a target"
    rng = make_numpy_generator(seed, "frozen_features")
    if target.kind == "number":
        return fit_number(features, train.target.astype(np.float64), rng=rng, seconds=seconds)
    return fit_classes(
        features,
        target.encode(train.target),
        num_classes=target.num_outputs,
        by_ridge=chosen.head == "ridge",
        rng=rng,
        seconds=seconds,
    )
