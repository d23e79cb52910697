"""Groups of alike examples: clusters of plain feature vectors, learnt on some examples and applied to all.

Source: after Eyuboglu et al., "Domino: discovering systematic errors with cross-modal embeddings", ICLR 2022, which
also looks for slices among clusters in a feature space. Differs: plain k-means, and errors play no part in it.
"""

from __future__ import annotations

import numpy as np
from sklearn.cluster import KMeans

__all__ = ["cluster_members"]


def cluster_members(vectors: np.ndarray, lines: np.ndarray, *, fewest: int, most: int, seed: int) -> list[np.ndarray]:
    """(N,) bool masks of at most ``most`` clusters that hold ``fewest`` of the ``lines`` they were learnt on."""
    distinct = len(np.unique(vectors[lines], axis=0))
    count = min(most, len(lines) // (2 * fewest), distinct)
    if count < 2:
        return []
    means = KMeans(count, n_init=2, random_state=seed % 2**32).fit(vectors[lines])
    label = means.predict(vectors)
    masks = [label == k for k in range(count)]
    return [m for m in masks if m[lines].sum() >= fewest]
