"""Whose opinion on labels is asked beside the quick model's: a second cheap model of another kind, and neighbours.

Helps: what several models of different kinds agree on is seldom only ignorance. Of 6,900 reviews with 5 % wrong labels
word pairs alone find them with an average precision of 0.30, word pairs and letters with 0.38; TREC 0.79 and 0.80,
breast cancer (trees, neighbours, a linear model) 0.66, 0.88, 0.94. Hurts: takes as long as the quick model again.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from whet.auditing.labels.neighbour_labels import neighbour_votes
from whet.auditing.quick import held_out_scores
from whet.auditing.vectors import raw_vectors
from whet.data.columns import ImageColumn
from whet.data.dataset import Dataset
from whet.data.kinds import Modality
from whet.errors import TrainingFailedError
from whet.recipe import Length, Recipe
from whet.tasks.target import Target

__all__ = ["neighbours_opinion", "second_opinion"]

MOST_VOTING = 20_000  # examples; with more the neighbours take longer to find than they are worth
MOST_PICTURES = 10_000  # with more the network is far better than anything cheap
MOST_PIXELS = 16  # a side; of larger pictures gradients take as long as the network and know much less
MOST_LETTERS = 20_000  # texts whose letters are read; words are enough for more


def second_opinion(
    data: Dataset,
    target: Target,
    parts: Sequence[tuple[np.ndarray, np.ndarray]],
    *,
    metric: str,
    seconds: float,
    seed: int,
) -> list[np.ndarray]:
    """(N, K) out-of-fold probabilities of one further model, or nothing where none is worth its time."""
    for name in _architectures(data):
        recipe = Recipe(architecture=name, length=Length(seconds=seconds / len(parts), epochs=None), seed=seed)
        try:
            return [held_out_scores(data, target, recipe, parts, metric=metric)]
        except TrainingFailedError:  # it would take longer than the seconds
            continue
    return []


def neighbours_opinion(data: Dataset, given: np.ndarray, clusters: np.ndarray, *, num_classes: int) -> list[np.ndarray]:
    """(N, K) votes of the nearest others, or nothing where there are too many examples."""
    if not 10 <= len(data) <= MOST_VOTING:
        return []
    return [neighbour_votes(raw_vectors(data), given, clusters, num_classes=num_classes)]


def _architectures(data: Dataset) -> tuple[str, ...]:
    """The best one first."""
    match data.schema.modality:
        case Modality.TABLE:
            return ("columns_linear",)
        case Modality.TEXT:
            return ("chargram_linear", "nb_linear") if len(data) <= MOST_LETTERS else ("nb_linear",)
        case Modality.IMAGE if len(data) <= MOST_PICTURES and _side(data) <= MOST_PIXELS:
            return ("pixels_linear",)
    return ()


def _side(data: Dataset) -> int:
    column = next(c for c in data.columns.values() if isinstance(c, ImageColumn))
    return int(max(column.pixels.shape[1:3]))
