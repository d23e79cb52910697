"""Logistic or ridge regression on scaled numbers and one-hot categories: what a table says without interactions.

Helps: as a floor that is quick and easy to explain; few rows. Hurts: wherever columns act together or unevenly.
Source: Cox, "The Regression Analysis of Binary Sequences", JRSS B 1958; Hoerl & Kennard, "Ridge Regression",
Technometrics 1970.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, ClassVar, Self

import numpy as np
from scipy.sparse import csr_matrix, hstack
from scipy.special import expit, softmax
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, Ridge

from whet.data.dataset import Dataset
from whet.data.encoders.table import TableEncoder
from whet.data.encoders.table_settings import TableSettings
from whet.data.kinds import Modality
from whet.errors import ConfigError, did_you_mean
from whet.models.estimators.estimator import estimators
from whet.state import State
from whet.tasks.target import Target

__all__ = ["ColumnsLinear"]

_STEPS = 20  # steps between two looks at the clock
_MOST_STEPS = 500
_BLOCK = 65_536  # rows scored at a time


@estimators.register("columns_linear")
class ColumnsLinear:
    """``coef``: (D, K) on D encoded columns, K = 1 for two classes or a number; ``intercept``: (K,)."""

    modalities: ClassVar[frozenset[Modality]] = frozenset({Modality.TABLE})
    kinds: ClassVar[frozenset[str]] = frozenset({"classes", "number"})

    def __init__(self, encoder: TableEncoder, coef: np.ndarray, intercept: np.ndarray, *, num_outputs: int) -> None:
        self.encoder = encoder
        self.coef, self.intercept = coef, intercept
        self._num_outputs = num_outputs  # 1: a number

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
        """Settings: ``penalty`` (0 or more, default 1): the weight of the squared coefficients beside the loss.

        Further settings are those of the table encoder, ``crosses`` at 0 where not given.
        """
        begin, penalty = time.monotonic(), _penalty(settings)
        made = {name: value for name, value in settings.items() if name != "penalty"}
        encoder = TableEncoder.fit(train, {"crosses": 0, **made}, seed=seed)
        columns = _columns(encoder, train)
        assert train.target is not None
        if target.kind == "number":
            model = Ridge(alpha=max(penalty, 1e-6), solver="sparse_cg").fit(columns, train.target.astype(np.float64))
            return cls(encoder, model.coef_[:, None], np.atleast_1d(model.intercept_), num_outputs=1)
        codes = target.encode(train.target)
        coef, intercept = _logistic(columns, codes, target.num_outputs, penalty, begin, seconds)
        return cls(encoder, coef, intercept, num_outputs=target.num_outputs)

    def scores(self, dataset: Dataset) -> np.ndarray:
        """(N, K) float64 probabilities or (N, 1) values."""
        size = len(dataset)
        blocks = [np.arange(s, min(s + _BLOCK, size)) for s in range(0, size, _BLOCK)] or [np.arange(0)]
        raw = np.concatenate([_columns(self.encoder, dataset.take(rows)) @ self.coef for rows in blocks])
        raw = raw + self.intercept
        if self._num_outputs == 1:
            return np.asarray(raw)
        if raw.shape[1] == 1:
            return np.hstack([expit(-raw), expit(raw)])
        return np.asarray(softmax(raw, axis=1))

    def state(self) -> State:
        """The encoder and the coefficients."""
        encoder = self.encoder.state()
        config = {"encoder": encoder.config, "num_outputs": self._num_outputs}
        return State(config, {**encoder.under("encoder/"), "coef": self.coef, "intercept": self.intercept})

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The same estimator again."""
        encoder = TableEncoder.from_state(state.part("encoder/", state.config["encoder"]))
        num_outputs = int(state.config["num_outputs"])
        return cls(encoder, state.arrays["coef"], state.arrays["intercept"], num_outputs=num_outputs)


def _penalty(settings: Mapping[str, Any]) -> float:
    known = ["penalty", *(field.name for field in fields(TableSettings))]
    for key in settings:
        if key not in known:
            raise ConfigError(f"columns_linear has no setting {key!r}. {did_you_mean(key, known)}")
    penalty = settings.get("penalty", 1.0)
    if not isinstance(penalty, int | float) or penalty < 0:
        raise ConfigError(f"columns_linear.penalty must be 0 or more; got {penalty!r}. Start from 1.")
    return float(penalty)


def _columns(encoder: TableEncoder, dataset: Dataset) -> csr_matrix:
    """(N, D) sparse float64: the numbers, then one column for each id of each category."""
    every, size = np.arange(len(dataset)), len(dataset)
    batch = {name: part.gather(every).numpy() for name, part in encoder.encode(dataset).parts.items()}
    sizes = np.array([0, *encoder.spec.cardinalities]).cumsum()
    positions = batch["categories"] + sizes[:-1]  # (N, G)
    steps = np.arange(size + 1) * positions.shape[1]
    one_hot = csr_matrix((np.ones(positions.size), positions.ravel(), steps), shape=(size, int(sizes[-1])))
    numbers = batch["numbers"].astype(np.float64)
    if not numbers.shape[1] + one_hot.shape[1]:  # texts without a word that occurs twice: all that is left is the mean
        numbers = np.zeros((size, 1))
    return csr_matrix(hstack([csr_matrix(numbers), one_hot]))


def _logistic(
    columns: csr_matrix, codes: np.ndarray, num_classes: int, penalty: float, begin: float, seconds: float | None
) -> tuple[np.ndarray, np.ndarray]:
    """Steps until it has converged or the time is over. A class without examples gets a score that never wins."""
    known = np.unique(codes)
    width = 1 if num_classes == 2 else num_classes
    if len(known) == 1:  # nothing to tell apart: the one class is certain
        certain = np.where(np.arange(num_classes) == known[0], 30.0, -30.0)
        return np.zeros((columns.shape[1], width)), certain[1:] if width == 1 else certain
    model = LogisticRegression(C=1.0 / max(penalty, 1e-6), max_iter=_STEPS, warm_start=True)
    for _ in range(_MOST_STEPS // _STEPS):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # we go on, or stop because of the clock
            model.fit(columns, codes)
        if model.n_iter_.max() < _STEPS or (seconds is not None and time.monotonic() - begin > seconds):
            break
    if width == 1:
        return model.coef_.T, model.intercept_
    coef, intercept = np.zeros((columns.shape[1], width)), np.full(width, -30.0)
    if len(known) == 2:  # sklearn gives the second class one column of scores; the first has 0
        coef[:, known[1]], intercept[known] = model.coef_[0], [0.0, model.intercept_[0]]
    else:
        coef[:, known], intercept[known] = model.coef_.T, model.intercept_
    return coef, intercept
