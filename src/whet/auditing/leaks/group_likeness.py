"""Are members of a group more alike than their labels explain?

Nearest neighbours share the group more often than they would if groups were dealt out anew within each label: that is
what lets a model recognise the person instead of learning the matter.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from sklearn.neighbors import NearestNeighbors

from whet.auditing.inspection import Inspection
from whet.auditing.leaks.group_candidates import GroupCandidate
from whet.auditing.vectors import Vectors, raw_vectors
from whet.rng import make_numpy_generator

__all__ = ["Likeness", "likeness"]

MOST = 5_000  # examples, in whole groups
NEIGHBOURS = 5
SHUFFLES = 30


@dataclass(frozen=True)
class Likeness:
    """``lift``: 0 as by chance, 1 every neighbour is of the same group; ``z``: standard deviations from chance."""

    lift: float
    z: float
    num: int  # examples looked at


def likeness(inspection: Inspection, candidate: GroupCandidate) -> Likeness:
    """How much neighbours share groups, labels apart; the candidate's own column plays no part."""
    generator = make_numpy_generator(inspection.seed, "likeness", candidate.name)
    positions = _whole_groups(candidate.codes, generator)
    neighbours = _neighbours(inspection, candidate, positions)
    codes, strata = candidate.codes[positions], _strata(inspection, positions)
    observed = float((codes[neighbours] == codes[:, None]).mean())
    draws = []
    for _ in range(SHUFFLES):
        dealt = _dealt_anew(codes, strata, generator)
        draws.append(float((dealt[neighbours] == dealt[:, None]).mean()))
    chance, spread = float(np.mean(draws)), float(np.std(draws))
    lift = (observed - chance) / max(1 - chance, 1e-9)
    return Likeness(lift, (observed - chance) / max(spread, 1e-6), len(positions))


def _whole_groups(codes: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    order = generator.permutation(int(codes.max()) + 1)
    rank = np.argsort(order)[codes]
    return np.sort(np.argsort(rank, kind="stable")[:MOST])


def _neighbours(inspection: Inspection, candidate: GroupCandidate, positions: np.ndarray) -> np.ndarray:
    data = inspection.data
    if len(data) <= min(MOST, Vectors.MOST) and candidate.column not in data.columns:
        return inspection.vectors.neighbours[1][:, :NEIGHBOURS]
    rest = {name: column for name, column in data.columns.items() if name != candidate.column}
    values = raw_vectors(replace(data, columns=rest).take(positions))
    k = min(NEIGHBOURS, len(values) - 1)
    return np.asarray(NearestNeighbors(n_neighbors=k).fit(values).kneighbors(return_distance=False))


def _strata(inspection: Inspection, positions: np.ndarray) -> np.ndarray:
    """The label, or the tenth of a number."""
    if inspection.target is None:
        return np.zeros(len(positions), dtype=np.int64)
    truth = inspection.truth[positions]
    if inspection.is_classes:
        return np.asarray(truth)
    return np.asarray(pd.qcut(truth, 10, labels=False, duplicates="drop"), dtype=np.int64)


def _dealt_anew(codes: np.ndarray, strata: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Codes shuffled within each stratum."""
    order = np.argsort(strata, kind="stable")
    shuffled = np.lexsort((generator.random(len(codes)), strata))
    dealt = np.empty_like(codes)
    dealt[order] = codes[shuffled]
    return dealt
