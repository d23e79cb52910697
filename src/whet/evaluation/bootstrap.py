"""The cluster bootstrap: which values would the metric take on other draws of as many clusters?

Clusters (near-duplicates, groups) are drawn with replacement and keep their examples together; without clusters each
example is its own. All models that are compared are resampled with the same draws, so differences are paired.
Source: Efron 1979; Field & Welsh, "Bootstrapping clustered data", JRSS B 2007.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from scipy import sparse

from whet.evaluation.additive import sums_of
from whet.evaluation.metric import Metric

__all__ = ["NUM_RESAMPLES", "cluster_codes", "resampled_scores"]

NUM_RESAMPLES = 2000
CHUNK_CELLS = 2_500_000  # clusters x resamples held at a time: 10 MB of weights, 20 MB while drawing


def cluster_codes(num_examples: int, clusters: np.ndarray | None) -> np.ndarray:
    """(N,) int64 cluster numbers 0 .. C - 1; every example its own when ``clusters`` is None."""
    if clusters is None:
        return np.arange(num_examples)
    return np.asarray(np.unique(clusters, return_inverse=True)[1], dtype=np.int64)


def resampled_scores(
    metric: Metric,
    truth: np.ndarray,
    models: Sequence[np.ndarray],
    *,
    clusters: np.ndarray | None = None,
    generator: np.random.Generator,
    num_resamples: int = NUM_RESAMPLES,
) -> np.ndarray:
    """(num_models, num_resamples) scores; NaN where a resample leaves the metric undefined.

    ``models`` are (N, K) scores for the same N examples.
    """
    codes = cluster_codes(len(truth), clusters)
    num_clusters = int(codes.max()) + 1
    forms = [sums_of(metric, truth, scores) for scores in models]
    folded = [None if f is None else _by_cluster(f.features, codes, num_clusters) for f in forms]
    chunks = []
    for weights in _draws(num_clusters, num_resamples, generator):
        rows = [
            _one_by_one(metric, truth, scores, weights, codes)
            if form is None
            else form.finish(np.asarray(matrix @ weights, dtype=np.float64))
            for form, matrix, scores in zip(forms, folded, models, strict=True)
        ]
        chunks.append(np.stack(rows))
    return np.concatenate(chunks, axis=1)


def _by_cluster(features: sparse.csr_array, codes: np.ndarray, num_clusters: int) -> sparse.csr_array:
    """(M, C) float32: the features summed within each cluster."""
    member = sparse.csr_array((np.ones(len(codes)), (codes, np.arange(len(codes)))), shape=(num_clusters, len(codes)))
    return sparse.csr_array((member @ features).T).astype(np.float32)


def _draws(num_clusters: int, num_resamples: int, generator: np.random.Generator) -> Iterator[np.ndarray]:
    """Chunks (C, few) float32: how often each cluster is drawn in each resample."""
    chunk = max(1, CHUNK_CELLS // num_clusters)
    for start in range(0, num_resamples, chunk):
        width = min(chunk, num_resamples - start)
        drawn = generator.integers(0, num_clusters, size=(num_clusters, width))
        counts = np.bincount((drawn * width + np.arange(width)).ravel(), minlength=num_clusters * width)
        yield counts.reshape(num_clusters, width).astype(np.float32)


def _one_by_one(
    metric: Metric, truth: np.ndarray, scores: np.ndarray, weights: np.ndarray, codes: np.ndarray
) -> np.ndarray:
    """(B,) for a metric without an additive form: the slow way, one resample after the other."""
    repeats = weights[codes].astype(np.int64)  # (N, B)
    rows = np.arange(len(truth))
    picks = (np.repeat(rows, repeats[:, b]) for b in range(repeats.shape[1]))
    return np.array([metric.compute(truth[pick], scores[pick]) for pick in picks])
