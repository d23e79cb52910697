"""A text column inside a table as a few numbers: TF-IDF over words, then its leading directions (latent semantics).

Three analyses: "words", "pairs" (two words in a row: "not good") and "pieces" (3 to 5 characters inside words, which
bridge inflections, misspellings and product codes); the latter two stand beside the first where asked for.

Helps: free-text cells beside numbers and categories. Hurts: nothing much; texts that are really ids give noise.
Source: Deerwester et al., "Indexing by Latent Semantic Analysis", JASIS 1990. Differs: fitted on at most 20,000 texts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer

from whet.data.texts import WORD_PATTERN
from whet.rng import make_numpy_generator, stream_seed

__all__ = ["Analysis", "TextNumbers"]

Analysis = Literal["words", "pairs", "pieces"]

_FIT_TEXTS = 20_000
_MAX_WORDS = 10_000


@dataclass(frozen=True)
class TextNumbers:
    """``words``: V known terms in column order; ``idf``: (V,); ``components``: (D, V)."""

    words: tuple[str, ...]
    idf: np.ndarray
    components: np.ndarray
    analysis: Analysis = "words"

    @classmethod
    def fit(cls, texts: list[str], *, num_components: int, seed: int, analysis: Analysis = "words") -> Self:
        """Learn terms and directions; fewer directions where the texts have fewer terms."""
        if len(texts) > _FIT_TEXTS:
            chosen = make_numpy_generator(seed, "table", "texts").choice(len(texts), _FIT_TEXTS, replace=False)
            texts = [texts[i] for i in np.sort(chosen)]
        vectorizer = _vectorizer(analysis, min_df=min(2, len(texts)))
        try:
            weights = vectorizer.fit_transform(texts)
        except ValueError:  # sklearn's word for "no word is left": every text is empty, or every word occurs once
            return cls((), np.zeros(0), np.zeros((0, 0)), analysis)
        size = min(num_components, weights.shape[1] - 1, weights.shape[0] - 1)
        words = tuple(vectorizer.get_feature_names_out().tolist())
        if size < 1:
            return cls(words, vectorizer.idf_, np.ones((1, len(words))), analysis)
        svd = TruncatedSVD(size, n_iter=4, random_state=stream_seed(seed, "table", "svd") % 2**32)
        with np.errstate(invalid="ignore"):  # equal texts have no variance to explain; we do not read that share
            svd.fit(weights)
        return cls(words, vectorizer.idf_, svd.components_, analysis)

    @property
    def num_numbers(self) -> int:
        """D."""
        return len(self.components)

    def apply(self, texts: list[str]) -> np.ndarray:
        """N texts -> (N, D) float64; an empty text is a row of zeros."""
        if not self.num_numbers:
            return np.zeros((len(texts), 0))
        vectorizer = _vectorizer(self.analysis, vocabulary={word: i for i, word in enumerate(self.words)})
        vectorizer.idf_ = self.idf
        weights: csr_matrix = vectorizer.transform(texts)
        return np.asarray(weights @ self.components.T)


def _vectorizer(analysis: Analysis, **options: Any) -> TfidfVectorizer:
    kinds: dict[Analysis, dict[str, Any]] = {
        "words": {"token_pattern": WORD_PATTERN},
        "pairs": {"token_pattern": WORD_PATTERN, "ngram_range": (2, 2)},
        "pieces": {"analyzer": "char_wb", "ngram_range": (3, 5)},
    }
    return TfidfVectorizer(sublinear_tf=True, max_features=_MAX_WORDS, **kinds[analysis], **options)
