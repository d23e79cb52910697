"""How well one column alone tells the target, on examples that it was not fitted to.

Numbers and dates go into a small decision tree, categories are answered by their commonest class or mean. The skill is
1 for a column that gives the target away and 0 for one that says nothing: over the majority for classes, R2 for
numbers. Source: after the predictive power score (8080labs/ppscore); differs: skill over the majority, not over F1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from whet.data.columns import CategoryColumn, ColumnData, DateColumn, NumberColumn
from whet.rng import make_numpy_generator

__all__ = ["ColumnSkill", "column_skill", "missing_skill", "skill_of", "table_skills"]

FOLDS = 3
LEAVES = 64
SCREEN = 2_000  # examples on which all columns are tried first
FINALISTS = 12  # columns that are then tried on all


@dataclass(frozen=True)
class ColumnSkill:
    """Skill in (-inf, 1]: of the values, and of nothing but whether a value is there."""

    value: float
    missing: float


def table_skills(
    columns: Mapping[str, ColumnData], truth: np.ndarray, *, is_classes: bool, seed: int
) -> dict[str, ColumnSkill]:
    """Skill of each column by name; where there are many examples the weak ones are judged on 2,000 of them."""
    num = len(truth)
    few = np.arange(num)
    if num > SCREEN:
        few = np.sort(make_numpy_generator(seed, "screen").choice(num, SCREEN, replace=False))
    found = {name: _both(c.take(few), truth[few], is_classes, seed) for name, c in columns.items() if _readable(c)}
    if num > SCREEN:
        best = sorted(found, key=lambda name: -max(found[name].value, found[name].missing))[:FINALISTS]
        found |= {name: _both(columns[name], truth, is_classes, seed) for name in best}
    return found


def column_skill(column: ColumnData, truth: np.ndarray, *, is_classes: bool, seed: int) -> float:
    """Skill of the values of a number, date or category column."""
    match column:
        case CategoryColumn(codes=codes):
            return skill_of(codes, truth, is_classes=is_classes, as_category=True, seed=seed)
        case NumberColumn(values) | DateColumn(values):
            return skill_of(values, truth, is_classes=is_classes, as_category=False, seed=seed)
        case _:
            raise TypeError(f"the skill of a {type(column).__name__} alone is not measured")


def missing_skill(column: ColumnData, truth: np.ndarray, *, is_classes: bool, seed: int) -> float:
    """Skill of knowing only whether a value is there; 0 where all are, or none."""
    absent = column.codes == -1 if isinstance(column, CategoryColumn) else np.isnan(getattr(column, "values", truth))
    if absent.all() or not absent.any():
        return 0.0
    return skill_of(absent.astype(np.int64), truth, is_classes=is_classes, as_category=True, seed=seed)


def skill_of(values: np.ndarray, truth: np.ndarray, *, is_classes: bool, as_category: bool, seed: int) -> float:
    """Out-of-fold skill of ``values`` (N,), NaN where missing; ``truth`` (N,) class codes or numbers."""
    parts = make_numpy_generator(seed, "single column").permutation(len(truth)) % FOLDS
    if not as_category:  # trees read float32, which cannot tell long ids or dates apart
        values = _centred(values)
    told = np.zeros(len(truth))
    for fold in range(FOLDS):
        train, held = parts != fold, parts == fold
        answer = _by_value if as_category else _by_tree
        told[held] = answer(values[train], truth[train], values[held], is_classes)
    if is_classes:
        by_chance = 1 - np.bincount(truth).max() / len(truth)
        return 1 - float((told != truth).mean()) / by_chance if by_chance > 0 else 0.0
    spread = float(np.var(truth))
    return 1 - float(((told - truth) ** 2).mean()) / spread if spread > 0 else 0.0


def _both(column: ColumnData, truth: np.ndarray, is_classes: bool, seed: int) -> ColumnSkill:
    return ColumnSkill(
        column_skill(column, truth, is_classes=is_classes, seed=seed),
        missing_skill(column, truth, is_classes=is_classes, seed=seed),
    )


def _readable(column: ColumnData) -> bool:
    return isinstance(column, NumberColumn | DateColumn | CategoryColumn)


def _by_tree(values: np.ndarray, truth: np.ndarray, asked: np.ndarray, is_classes: bool) -> np.ndarray:
    leaves = max(LEAVES, 4 * int(truth.max() + 1)) if is_classes else 4 * LEAVES
    make = DecisionTreeClassifier if is_classes else DecisionTreeRegressor
    tree = make(max_leaf_nodes=leaves, min_samples_leaf=3, random_state=0)
    tree.fit(_plain(values), truth)
    return np.asarray(tree.predict(_plain(asked)))


def _centred(values: np.ndarray) -> np.ndarray:
    known = values[np.isfinite(values)]
    spread = float(known.std()) if len(known) else 0.0
    return (values - known.mean()) / spread if spread > 0 else values


def _plain(values: np.ndarray) -> np.ndarray:
    """(N, 2): the value, and whether it is missing."""
    missing = ~np.isfinite(values)
    return np.column_stack([np.where(missing, 0.0, values), missing])


def _by_value(codes: np.ndarray, truth: np.ndarray, asked: np.ndarray, is_classes: bool) -> np.ndarray:
    """The commonest class, or the mean, of each value; of all where the value is new."""
    known, lines = np.unique(codes, return_inverse=True)
    place = np.minimum(np.searchsorted(known, asked), len(known) - 1)
    is_known = known[place] == asked
    if is_classes:
        counts = np.zeros((len(known), int(truth.max()) + 1), dtype=np.int64)
        np.add.at(counts, (lines, truth), 1)
        return np.asarray(np.where(is_known, counts.argmax(axis=1)[place], counts.sum(axis=0).argmax()))
    means = np.bincount(lines, weights=truth) / np.bincount(lines)
    return np.asarray(np.where(is_known, means[place], truth.mean()))
