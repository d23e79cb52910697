"""TF-IDF features of texts: words and word pairs, and where wanted runs of characters.

Rows of the sparse matrix have unit length per block; scikit-learn does the work. The state is the vocabulary and the
inverse document frequencies, so a restored object gives the same matrix bit for bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Self

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer

from whet.data.texts import split_words
from whet.state import State

__all__ = ["CharacterBlock", "TextFeatures", "WordBlock"]

_FEW_TEXTS = 50  # below, a term seen once may be all there is


@dataclass(frozen=True, kw_only=True)
class WordBlock:
    """Runs of 1 to ``longest`` words."""

    longest: int = 2
    min_texts: int = 1  # a term occurs in at least so many training texts
    max_terms: int = 200_000  # the most frequent are kept

    def vectorizer(self, vocabulary: Sequence[str] | None, min_texts: int) -> TfidfVectorizer:
        """With a vocabulary: ready for its idf; without: to be fitted."""
        return TfidfVectorizer(
            tokenizer=split_words,
            token_pattern=None,
            lowercase=False,  # split_words does it
            ngram_range=(1, self.longest),
            min_df=min_texts,
            max_features=self.max_terms,
            sublinear_tf=True,
            vocabulary=vocabulary,
        )


@dataclass(frozen=True, kw_only=True)
class CharacterBlock:
    """Runs of 1 to ``longest`` characters, across words, with the text's ends marked by a line break."""

    longest: int = 5
    min_texts: int = 2
    max_terms: int = 300_000
    max_characters: int = 1000  # a longer text is cut there, for this block only

    def vectorizer(self, vocabulary: Sequence[str] | None, min_texts: int) -> TfidfVectorizer:
        """With a vocabulary: ready for its idf; without: to be fitted."""
        return TfidfVectorizer(
            analyzer="char",
            preprocessor=self._prepare,
            ngram_range=(1, self.longest),
            min_df=min_texts,
            max_features=self.max_terms,
            sublinear_tf=True,
            vocabulary=vocabulary,
        )

    def _prepare(self, text: str) -> str:
        return f"\n{text.lower()[: self.max_characters]}\n"


class TextFeatures:
    """Texts -> (N, F) sparse float64; fit it with ``TextFeatures.fit``."""

    def __init__(self, words: WordBlock, characters: CharacterBlock | None, fitted: list[TfidfVectorizer]) -> None:
        self._words = words
        self._characters = characters
        self._fitted = fitted

    @classmethod
    def fit(cls, texts: Sequence[str], words: WordBlock, characters: CharacterBlock | None = None) -> Self:
        """Learn vocabularies and document frequencies."""
        blocks = [b for b in (words, characters) if b is not None]
        fitted = [b.vectorizer(None, b.min_texts if len(texts) >= _FEW_TEXTS else 1).fit(texts) for b in blocks]
        return cls(words, characters, fitted)

    def matrix(self, texts: Sequence[str]) -> sparse.csr_matrix:
        """(N, F) float64; an unseen term adds nothing."""
        return sparse.csr_matrix(sparse.hstack([v.transform(texts) for v in self._fitted]))

    def state(self) -> State:
        """Block settings and vocabularies as JSON, idf as arrays."""
        config = {
            "words": asdict(self._words),
            "characters": None if self._characters is None else asdict(self._characters),
            "vocabularies": [v.get_feature_names_out().tolist() for v in self._fitted],
        }
        return State(config, {f"idf{i}": np.asarray(v.idf_) for i, v in enumerate(self._fitted)})

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The same features again."""
        words, characters = WordBlock(**state.config["words"]), state.config["characters"]
        letters = None if characters is None else CharacterBlock(**characters)
        fitted = []
        for i, block in enumerate(b for b in (words, letters) if b is not None):
            vectorizer = block.vectorizer(state.config["vocabularies"][i], 1)
            vectorizer.idf_ = state.arrays[f"idf{i}"]
            fitted.append(vectorizer)
        return cls(words, letters, fitted)
