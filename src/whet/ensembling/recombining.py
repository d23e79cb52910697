"""Invented rows of a table: each is a known row with some of its values moved towards those of a similar row.

Helps: a student that is to stand in for an ensemble; what the teacher says of rows near the known ones shows the
student the teacher's whole function, where the few known rows leave it to guess. Hurts: columns that are tied to each
other (a sum and its parts) no longer agree; nobody but a teacher should put a label on such a row.
Source: Bucila, Caruana & Niculescu-Mizil, "Model Compression", KDD 2006 (MUNGE). Differs: the similar row is one of the
five nearest instead of the nearest, which in tables with copies would be the copy; neighbours are sought among at most
4,096 rows; whole numbers stay whole; texts move as a whole and dates as numbers do.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from sklearn.neighbors import NearestNeighbors

from whet.data.columns import CategoryColumn, ColumnData, DateColumn, NumberColumn, TextColumn
from whet.data.dataset import Dataset
from whet.data.derived import Derived
from whet.rng import make_numpy_generator

__all__ = ["recombined"]

NEAREST = 5
POOL = 4096  # rows among which neighbours are sought
LABELS = 20  # of a category, beyond which the rare ones do not count for the distance


def recombined(data: Dataset, num: int, *, seed: int, swap: float = 0.5, spread: float = 2.0) -> Dataset:
    """``num`` invented rows without target; ``rows`` are those of the known rows that they began as.

    Args:
        data: a table of at least two examples.
        num: how many to invent; every known row begins equally many of them.
        seed: names the stream.
        swap: how often a value moves, in [0, 1]; 0 gives copies.
        spread: a number moves to its neighbour's, give or take their distance over this.
    """
    rng = make_numpy_generator(seed, "recombined rows")
    bases = np.concatenate([rng.permutation(len(data)) for _ in range(-(-num // len(data)))])[:num]
    partners = _partners(data, bases, rng)
    columns = {name: _moved(column, bases, partners, rng, swap, spread) for name, column in data.columns.items()}
    kept = data.take(bases)
    return replace(kept, columns=columns, target=None, weights=None, taught=None, derived=Derived())


def _partners(data: Dataset, bases: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(num,) positions: for each base one of its nearest neighbours in the pool, itself left out."""
    space = np.concatenate([_space(column) for column in data.columns.values()], axis=1)
    pool = rng.permutation(len(data))[:POOL]
    count = min(NEAREST + 1, len(pool))
    found = pool[NearestNeighbors(n_neighbors=count).fit(space[pool]).kneighbors(space, return_distance=False)]
    drawn = found[bases, rng.integers(0, count, len(bases))]
    other = found[bases, rng.integers(0, count - 1, len(bases))]
    other = np.where(other == bases, found[bases, count - 1], other)
    return np.asarray(np.where(drawn == bases, other, drawn))


def _space(column: ColumnData) -> np.ndarray:
    """(N, F) float64 in which the distance is measured; two different labels are as far apart as one deviation."""
    match column:
        case NumberColumn(values) | DateColumn(values):
            known = values[np.isfinite(values)]
            centre, scale = (known.mean(), known.std()) if len(known) else (0.0, 0.0)
            return np.nan_to_num((values - centre) / (scale or 1.0), nan=0.0, posinf=0.0, neginf=0.0)[:, None]
        case CategoryColumn(codes=codes):
            labels, counts = np.unique(codes, return_counts=True)
            frequent = labels[np.argsort(-counts, kind="stable")[:LABELS]]
            return np.asarray((codes[:, None] == frequent[None, :]) / np.sqrt(2.0))
        case TextColumn():
            return np.zeros((len(column.rows), 0))
        case _:
            raise TypeError(f"a table holds no {type(column).__name__}")


def _moved(
    column: ColumnData, bases: np.ndarray, partners: np.ndarray, rng: np.random.Generator, swap: float, spread: float
) -> ColumnData:
    move = rng.random(len(bases)) < swap
    match column:
        case NumberColumn(values) | DateColumn(values):
            return replace(column, values=np.where(move, _near(values, bases, partners, rng, spread), values[bases]))
        case CategoryColumn(codes=codes):
            return replace(column, codes=np.where(move, codes[partners], codes[bases]))
        case TextColumn(rows=rows):
            return replace(column, rows=np.where(move, rows[partners], rows[bases]))
        case _:
            raise TypeError(f"a table holds no {type(column).__name__}")


def _near(
    values: np.ndarray, bases: np.ndarray, partners: np.ndarray, rng: np.random.Generator, spread: float
) -> np.ndarray:
    """The partner's numbers, give or take; a number that is missing on either side is the partner's as it is."""
    distance = np.abs(values[partners] - values[bases])
    noise = rng.normal(size=len(bases)) * np.where(np.isfinite(distance), distance, 0.0) / spread
    near = values[partners] + noise
    known = values[np.isfinite(values)]
    is_whole = len(known) > 0 and np.array_equal(known, np.rint(known))
    return np.asarray(np.rint(near) if is_whole else near)
