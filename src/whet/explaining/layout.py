"""From positions inside a network (tokens, patches, map cells) to what a person sees: words, pixels, steps, columns."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F

from whet.data.columns import ImageColumn, SeriesColumn
from whet.data.dataset import Dataset
from whet.data.kinds import Modality
from whet.data.texts import joined_texts
from whet.explaining.feature_columns import feature_columns
from whet.explaining.words import token_spans, weights_of_words, word_spans
from whet.training.fitted_network import FittedNetwork

__all__ = ["grid_of", "heat_shape", "num_positions", "num_steps", "spread"]

LONGEST = 28  # cells of a heat map along a side: more would not be seen, and would fill the report's data
_SKEW = 1.6  # by how much a grid of patches may differ from the picture's shape


def num_positions(fitted: FittedNetwork, data: Dataset, found: int) -> int | None:
    """How many of ``found`` positions stand for parts of the example; one less means a class token stands before them.

    None where neither fits, so that nothing can be said.
    """
    return next((n for n in (found, found - 1) if n > 0 and _has_place(fitted, data, n)), None)


def spread(fitted: FittedNetwork, data: Dataset, weights: np.ndarray) -> np.ndarray | None:
    """(P,) weights of positions, or (h, w) of a map, in the layout of ``method``; None where they have no place."""
    match data.schema.modality:
        case Modality.TEXT:
            text = joined_texts(data)[0]
            tokens = token_spans(fitted.encoder.state().config, text, count=len(weights))
            return weights_of_words(word_spans(text), tokens, weights)
        case Modality.IMAGE:
            spec = fitted.encoder.spec
            grid = weights.shape if weights.ndim == 2 else grid_of(len(weights), spec.height, spec.width)
            return None if grid is None else _resized(weights.reshape(grid), heat_shape(data))
        case Modality.SERIES:
            read = _resized(weights[None], (1, fitted.encoder.spec.length))[0]
            steps = np.zeros(num_steps(data))
            steps[: len(read)] = read[: len(steps)]
            return steps
        case _:
            return feature_columns(fitted.encoder, data.schema, weights)


def heat_shape(data: Dataset) -> tuple[int, int]:
    """(h, w) of the heat map of a picture."""
    column = next(c for c in data.columns.values() if isinstance(c, ImageColumn))
    height, width = column.pixels.shape[1:3]
    scale = min(1.0, LONGEST / max(height, width))
    return max(1, round(height * scale)), max(1, round(width * scale))


def num_steps(data: Dataset) -> int:
    """T, of the longest series column."""
    return max(int(c.values.shape[2]) for c in data.columns.values() if isinstance(c, SeriesColumn))


def grid_of(count: int, height: int, width: int) -> tuple[int, int] | None:
    """The rows and columns of ``count`` square patches that cover a picture, as near to its shape as can be.

    >>> grid_of(64, 32, 32), grid_of(65, 32, 32), grid_of(32, 16, 32)
    ((8, 8), None, (4, 8))
    """
    pairs = [(h, count // h) for h in range(1, count + 1) if count % h == 0]
    skew = [abs(np.log(h / w * width / height)) for h, w in pairs]
    best = int(np.argmin(skew))
    return pairs[best] if skew[best] < np.log(_SKEW) else None


def _has_place(fitted: FittedNetwork, data: Dataset, count: int) -> bool:
    spec = fitted.encoder.spec
    match data.schema.modality:
        case Modality.TEXT:
            tokens = fitted.encoder.encode(data).only(("tokens",)).batch(np.array([0]))["tokens"]
            return bool(count == tokens.shape[1])
        case Modality.IMAGE:
            return grid_of(count, spec.height, spec.width) is not None
        case Modality.SERIES:
            return True  # patches of any length
        case _:
            return count == spec.num_numbers + len(spec.cardinalities)


def _resized(values: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Smoothly enlarged or reduced to ``shape``, with about the same mean."""
    given = torch.from_numpy(np.ascontiguousarray(values, dtype=np.float64))[None, None]
    if given.shape[2] > shape[0] or given.shape[3] > shape[1]:
        given = F.adaptive_avg_pool2d(given, (min(shape[0], given.shape[2]), min(shape[1], given.shape[3])))
    return np.asarray(F.interpolate(given, size=shape, mode="bilinear", align_corners=False)[0, 0].numpy())
