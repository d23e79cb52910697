"""A linear model over TF-IDF features: what the linear text estimators hold and share."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
from scipy import sparse
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, KFold

from whet.data.dataset import Dataset
from whet.data.texts import joined_texts
from whet.errors import LabelError, TrainingFailedError
from whet.models.estimators.one_vs_rest import fit_one_vs_rest, probabilities
from whet.models.estimators.text_features import CharacterBlock, TextFeatures, WordBlock
from whet.rng import stream_seed
from whet.state import State
from whet.tasks.target import Target

__all__ = ["LinearText"]

_BLOCK = 4096  # texts whose features are held at a time when scoring
_PROBE = 256  # texts that the time per text is measured on
_ALPHAS = (0.1, 0.3, 1.0, 3.0, 10.0)


@dataclass(frozen=True)
class LinearText:
    """``weights`` (F, K) and ``bias`` (K,) over ``features``; K = 1 for a number, in the target's own units."""

    features: TextFeatures
    weights: np.ndarray
    bias: np.ndarray
    kind: Literal["classes", "number"]

    @classmethod
    def fit(
        cls,
        train: Dataset,
        target: Target,
        *,
        words: WordBlock,
        characters: CharacterBlock | None = None,
        C: float,
        smoothing: float | None,
        seed: int,
        seconds: float | None,
    ) -> Self:
        """Logistic regressions for classes; ridge, its penalty chosen by three inner folds, for a number."""
        if train.target is None:
            raise LabelError(f"{train.origin} has no target to fit on; name its column with --target.")
        texts = joined_texts(train)
        _check_time(texts, words, characters, seconds)
        features = TextFeatures.fit(texts, words, characters)
        matrix = features.matrix(texts)
        if target.kind == "classes":
            codes = target.encode(train.target)
            weights, bias = fit_one_vs_rest(matrix, codes, target.num_outputs, C=C, smoothing=smoothing, seed=seed)
        else:
            weights, bias = _fit_ridge(matrix, train.target.astype(np.float64), seed)
        return cls(features, weights, bias, target.kind)

    def scores(self, dataset: Dataset) -> np.ndarray:
        """(N, K) float64 probabilities, or (N, 1) values; a block of texts at a time."""
        starts = range(0, len(dataset), _BLOCK)
        blocks = [self._block(joined_texts(dataset, slice(start, start + _BLOCK))) for start in starts]
        return np.concatenate([np.zeros((0, len(self.bias))), *blocks])

    def _block(self, texts: list[str]) -> np.ndarray:
        matrix = self.features.matrix(texts)
        if self.kind == "classes":
            return probabilities(matrix, self.weights, self.bias)
        return np.asarray(matrix @ self.weights + self.bias)

    def state(self) -> State:
        """Everything ``from_state`` needs."""
        inner = self.features.state()
        arrays = {"weights": self.weights, "bias": self.bias, **inner.under("features.")}
        return State({"kind": self.kind, "features": inner.config}, arrays)

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The same model again; its scores are equal bit for bit."""
        features = TextFeatures.from_state(state.part("features.", state.config["features"]))
        return cls(features, state.arrays["weights"], state.arrays["bias"], state.config["kind"])


def _fit_ridge(matrix: sparse.csr_matrix, values: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    model = Ridge(solver="sparse_cg", tol=1e-4)
    if len(values) >= 2 * len(_ALPHAS):  # fewer cannot tell the penalties apart: keep alpha = 1
        folds = KFold(3, shuffle=True, random_state=stream_seed(seed, "ridge") % 2**31)
        grid = {"alpha": list(_ALPHAS)}
        model = (
            GridSearchCV(model, grid, cv=folds, scoring="neg_mean_squared_error").fit(matrix, values).best_estimator_
        )
    else:
        model.fit(matrix, values)
    return np.asarray(model.coef_, dtype=np.float64).reshape(-1, 1), np.array([float(model.intercept_)])


def _check_time(
    texts: Sequence[str], words: WordBlock, characters: CharacterBlock | None, seconds: float | None
) -> None:
    """Refuse at once what cannot end in time: neither scikit-learn step can be interrupted halfway."""
    if seconds is None or len(texts) < 4 * _PROBE:
        return
    begin = time.perf_counter()
    probe = texts[:: len(texts) // _PROBE][:_PROBE]
    TextFeatures.fit(probe, words, characters).matrix(probe)
    needed = 1.5 * (time.perf_counter() - begin) * len(texts) / len(probe)  # half as much again to solve
    if needed > seconds:
        raise TrainingFailedError(
            f"the linear text model needs about {needed:.0f} s for {len(texts):,} texts and {seconds:.0f} s are left; "
            "give the run more time or train on fewer examples.",
            cause="out of time",
        )
