"""Plain features per example in which near means alike: for neighbours, outliers, clusters and two-sample tests.

They are learnt from no label. Pictures: gradients and colours on a grid; texts: latent semantic analysis of TF-IDF;
tables: ranks of numbers and one-hot categories; series: spectrum, mean, spread and course; sounds: cepstra; each
brought to at most 64 axes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
import pandas as pd
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.neighbors import NearestNeighbors

from whet.auditing.media.picture_vectors import picture_vectors
from whet.data.columns import (
    AudioColumn,
    CategoryColumn,
    DateColumn,
    ImageColumn,
    NumberColumn,
    SeriesColumn,
    TextColumn,
)
from whet.data.dataset import Dataset
from whet.data.kinds import Modality
from whet.data.sound_vector import sound_vectors
from whet.data.texts import joined_texts

__all__ = ["Vectors", "raw_vectors", "vectors_of"]

AXES = 64
STRETCHES = 32  # of time, over which the course of a series is averaged
MOST_ONE_HOT = 20  # values of a category that get a column of their own


@dataclass(frozen=True)
class Vectors:
    """``positions`` (M,) of the examples described, ascending; ``values`` (M, D) float32, standardised as a whole."""

    positions: np.ndarray
    values: np.ndarray

    MOST: ClassVar[int] = 20_000  # examples, so that all neighbours are found in seconds

    @cached_property
    def neighbours(self) -> tuple[np.ndarray, np.ndarray]:
        """(distances, lines into ``values``), each (M, k): the k <= 10 nearest others, nearest first."""
        k = min(10, len(self.values) - 1)
        distances, found = NearestNeighbors(n_neighbors=k + 1).fit(self.values).kneighbors()  # leaves out itself
        return distances[:, :k], found[:, :k]


def vectors_of(data: Dataset, positions: np.ndarray) -> Vectors:
    """Describe the examples at ``positions``."""
    return Vectors(positions, raw_vectors(data.take(positions)))


def raw_vectors(data: Dataset) -> np.ndarray:
    """(N, D) float32, D at most 64: centred and scaled as a whole, so that the main axes keep their weight."""
    describe: dict[Modality, Callable[[Dataset], np.ndarray]] = {
        Modality.IMAGE: _pictures,
        Modality.TEXT: _texts,
        Modality.SERIES: _series,
        Modality.AUDIO: _sounds,
        Modality.TABLE: _table,
    }
    values = describe[data.schema.modality](data)
    axes = min(AXES, *values.shape)
    if values.shape[1] > axes:
        values = PCA(axes, svd_solver="randomized", random_state=0).fit_transform(values)
    values = values - values.mean(axis=0)
    return np.asarray(values / max(float(values.std()), 1e-9), dtype=np.float32)


def _pictures(data: Dataset) -> np.ndarray:
    return picture_vectors(next(c for c in data.columns.values() if isinstance(c, ImageColumn)))


def _texts(data: Dataset) -> np.ndarray:
    sparse = TfidfVectorizer(sublinear_tf=True, max_features=50_000, token_pattern=r"\w+").fit_transform(
        joined_texts(data)
    )
    axes = min(AXES, sparse.shape[1] - 1, sparse.shape[0] - 1)
    if axes < 1:
        return np.asarray(sparse.toarray())
    return np.asarray(TruncatedSVD(axes, random_state=0).fit_transform(sparse))


def _series(data: Dataset) -> np.ndarray:
    column = next(c for c in data.columns.values() if isinstance(c, SeriesColumn))
    values = column.gather(np.arange(len(data)))  # (N, C, T)
    known = np.isfinite(values)
    filled = np.where(known, values, 0.0)
    spectrum = np.abs(np.fft.rfft(filled, axis=2))[:, :, :32]
    count = np.maximum(known.sum(axis=2), 1)
    mean = filled.sum(axis=2) / count
    std = np.sqrt(np.where(known, (filled - mean[:, :, None]) ** 2, 0).sum(axis=2) / count)
    parts = [np.log1p(spectrum).reshape(len(values), -1), mean, std, filled.max(axis=2), filled.min(axis=2)]
    summary = _standardised(np.concatenate(parts, axis=1))
    edges = np.linspace(0, values.shape[2], min(STRETCHES, values.shape[2]) + 1).astype(np.int64)
    course = np.add.reduceat(filled, edges[:-1], axis=2) / np.diff(edges)
    course = _standardised(course.reshape(len(values), -1))
    return np.concatenate([summary / np.sqrt(summary.shape[1]), course / np.sqrt(course.shape[1])], axis=1)


def _sounds(data: Dataset) -> np.ndarray:
    return _standardised(sound_vectors(next(c for c in data.columns.values() if isinstance(c, AudioColumn))))


def _table(data: Dataset) -> np.ndarray:
    parts: list[np.ndarray] = []
    for column in data.columns.values():
        match column:
            case NumberColumn(values) | DateColumn(values):
                ranks = pd.Series(values).rank(pct=True).fillna(0.5).to_numpy()  # ranks: no unit, no outlier
                parts.append(2 * ranks[:, None] - 1)
            case CategoryColumn(codes=codes):
                common = np.argsort(-np.bincount(codes + 2))[:MOST_ONE_HOT] - 2
                parts.append((codes[:, None] == common[None, :]).astype(np.float64))
            case TextColumn():
                parts.append(_standardised(np.array([[len(t), t.count(" ")] for t in column.texts()], float)))
    return np.concatenate(parts, axis=1)


def _standardised(values: np.ndarray) -> np.ndarray:
    scale = values.std(axis=0)
    return np.asarray((values - values.mean(axis=0)) / np.where(scale > 0, scale, 1.0))
