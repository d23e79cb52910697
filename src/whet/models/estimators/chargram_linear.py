"""Words, word pairs and runs of characters, naive-Bayes-weighted, then logistic regression; ridge for a number.

Helps: short texts, misspellings, rich morphology, endings that carry meaning.
Hurts: long texts, where runs of characters take several times the time and memory of words.
Source: Wang & Manning, ACL 2012, over the character n-grams of Cavnar & Trenkle, "N-Gram-Based Text
Categorization", SDAIR 1994. For a number there are no classes to weight by, and ``smoothing`` is not used.
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
from whet.models.estimators.text_features import CharacterBlock, WordBlock
from whet.state import State
from whet.tasks.target import Target

__all__ = ["CharacterLinear"]


@estimators.register("chargram_linear")
@dataclass(frozen=True)
class CharacterLinear:
    """Settings: ``C`` and ``smoothing`` as in ``nb_linear``; ``word_ngrams`` and ``characters``, the longest runs."""

    modalities: ClassVar[frozenset[Modality]] = frozenset({Modality.TEXT})
    kinds: ClassVar[frozenset[str]] = frozenset({"classes", "number"})
    # On two training folds of SST-2, C = 1 to 30 stayed within 0.2 points; on TREC only the default was run.
    defaults: ClassVar[Mapping[str, float]] = {"C": 10.0, "smoothing": 0.1, "word_ngrams": 2, "characters": 5}

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
        chosen = read_settings("chargram_linear", cls.defaults, settings)
        words = WordBlock(longest=int(chosen["word_ngrams"]))
        model = LinearText.fit(
            train,
            target,
            words=words,
            characters=CharacterBlock(longest=int(chosen["characters"])),
            C=chosen["C"],
            smoothing=chosen["smoothing"],
            seed=seed,
            seconds=seconds,
        )
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
