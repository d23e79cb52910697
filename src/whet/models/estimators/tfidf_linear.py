"""TF-IDF of words and word pairs, then logistic regression (classes) or ridge regression (a number).

Helps: always worth seeing first: seconds to fit, hard to beat below some ten thousand texts.
Hurts: meaning that hangs on word order, sarcasm, spelling mistakes.
Source: Salton & Buckley, "Term-weighting approaches in automatic text retrieval", 1988.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from whet.data.dataset import Dataset
from whet.data.kinds import Modality
from whet.models.estimators.estimator import estimators
from whet.models.estimators.linear_text import LinearText
from whet.models.estimators.linear_text_settings import read_settings
from whet.models.estimators.text_features import WordBlock
from whet.state import State
from whet.tasks.target import Target

__all__ = ["TfidfLinear"]


@estimators.register("tfidf_linear")
@dataclass(frozen=True)
class TfidfLinear:
    """Settings: ``C`` (inverse L2 strength, classes only), ``word_ngrams`` (longest run of words)."""

    modalities: ClassVar[frozenset[Modality]] = frozenset({Modality.TEXT})
    kinds: ClassVar[frozenset[str]] = frozenset({"classes", "number"})
    # C among 1, 3, 10, 30 on two training folds: 10 was best on SST-2 (79.4 %); TREC preferred 30 by 0.8 points.
    defaults: ClassVar[Mapping[str, float]] = {"C": 10.0, "word_ngrams": 2}

    model: LinearText

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
        """Fit on ``train``; ``valid`` is not needed, and the solvers use one thread."""
        chosen = read_settings("tfidf_linear", cls.defaults, settings)
        words = WordBlock(longest=int(chosen["word_ngrams"]))
        model = LinearText.fit(train, target, words=words, C=chosen["C"], smoothing=None, seed=seed, seconds=seconds)
        return cls(model)

    def scores(self, dataset: Dataset) -> np.ndarray:
        """(N, K) probabilities or (N, 1) values, float64."""
        return self.model.scores(dataset)

    def state(self) -> State:
        """Vocabulary, idf and coefficients."""
        return self.model.state()

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The same estimator again."""
        return cls(LinearText.from_state(state))
