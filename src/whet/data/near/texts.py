"""Near-duplicate texts: the same words in the same order, save case, punctuation and a word here or there.

Texts become sets of words and word pairs; MinHash signatures in bands find candidates, and the sets themselves decide
at a Jaccard similarity of 0.9. A text of fewer than three words and twelve letters is left alone: "ok" and "thanks"
repeat by nature.
Source: Broder, "On the resemblance and containment of documents", 1997; banding after Leskovec et al., ch. 3.
"""

from __future__ import annotations

import re

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import HashingVectorizer

from whet.data.columns import TextColumn
from whet.data.near.vectors import equal_pairs
from whet.rng import make_numpy_generator

__all__ = ["text_pairs"]

_JACCARD = 0.9
_BANDS, _PER_BAND = 10, 6  # finds a pair at 0.9 with 99.9 %, looks at one at 0.5 with 15 %
_PRIME = np.uint64((1 << 31) - 1)
_ROWS = 4096
_WORD = re.compile(r"\w+")


def text_pairs(column: TextColumn) -> np.ndarray:
    """(P, 2) int64 pairs of examples."""
    folded = [" ".join(_WORD.findall(text.lower())) for text in column.texts()]
    long = np.flatnonzero([text.count(" ") >= 2 or len(text) >= 12 for text in folded])
    kept = [folded[i] for i in long.tolist()]
    exact = equal_pairs(_codes(kept))
    alone = np.setdiff1d(np.arange(len(kept)), exact[:, 1])
    near = _near([kept[i] for i in alone.tolist()])
    return np.asarray(long[np.concatenate([exact, alone[near]])])


def _codes(texts: list[str]) -> np.ndarray:
    seen: dict[str, int] = {}
    return np.array([seen.setdefault(text, len(seen)) for text in texts], dtype=np.int64)


def _near(texts: list[str]) -> np.ndarray:
    if len(texts) < 2:
        return np.zeros((0, 2), dtype=np.int64)
    vectorizer = HashingVectorizer(
        n_features=1 << 22, ngram_range=(1, 2), norm=None, alternate_sign=False, binary=True, token_pattern=r"\w+"
    )
    sets: csr_matrix = vectorizer.transform(texts)
    candidates = _candidates(_signatures(sets))
    sizes = np.diff(sets.indptr)
    similar = np.zeros(len(candidates), dtype=bool)
    for start in range(0, len(candidates), _ROWS):
        left, right = candidates[start : start + _ROWS].T
        shared = np.asarray(sets[left].multiply(sets[right]).sum(axis=1)).ravel()
        similar[start : start + len(left)] = shared >= _JACCARD * (sizes[left] + sizes[right] - shared)
    return candidates[similar]


def _signatures(sets: csr_matrix) -> np.ndarray:
    """(N, 60) uint64: the smallest of sixty random hashes over each set. Every set has a word at least."""
    draws = make_numpy_generator(0, "minhash").integers(1, int(_PRIME), size=(2, _BANDS * _PER_BAND), dtype=np.uint64)
    ids = sets.indices.astype(np.uint64) + np.uint64(1)
    starts = sets.indptr[:-1]
    columns = [np.minimum.reduceat((ids * a + b) % _PRIME, starts) for a, b in draws.T]
    return np.column_stack(columns)


def _candidates(signatures: np.ndarray) -> np.ndarray:
    """(P, 2) int64: within each band, equal rows paired with the first and with the next of their kind."""
    pairs = []
    for band in np.split(signatures, _BANDS, axis=1):
        weights = np.uint64(1_000_003) ** np.arange(_PER_BAND, dtype=np.uint64)
        keys = (band * weights).sum(axis=1)  # wraps around, which a hash may
        pairs.append(equal_pairs(keys))
        order = np.argsort(keys, kind="stable")
        same = keys[order[1:]] == keys[order[:-1]]
        pairs.append(np.column_stack([order[:-1][same], order[1:][same]]))
    return np.unique(np.concatenate(pairs), axis=0)
