"""Groups of examples that a shallow decision tree sets apart because the model errs more there.

Source: after Chung et al., "Slice Finder: automated data slicing for model validation", ICDE 2019, whose decision-tree
search this follows. Differs: every node is a candidate, and judging them is left to other examples.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from sklearn.tree import DecisionTreeRegressor

from whet.auditing.slices.slice_facets import Condition, Facet, Group

__all__ = ["tree_groups"]


def tree_groups(
    facets: Sequence[Facet], loss: np.ndarray, lines: np.ndarray, *, fewest: int, depth: int
) -> list[Group]:
    """Every node of a tree grown on ``loss`` (N,) of the examples on ``lines``, at least ``fewest`` of them in each."""
    if not facets or len(lines) < 2 * fewest:
        return []
    matrix = np.stack([_filled(f.values) for f in facets], axis=1)
    tree = DecisionTreeRegressor(max_depth=depth, min_samples_leaf=fewest, random_state=0)
    tree.fit(matrix[lines], loss[lines])
    return [Group(path) for path in _paths(tree.tree_, facets, 0, ()) if path]


def _filled(values: np.ndarray) -> np.ndarray:
    """The tree sees the median where a value is missing; conditions, which are what is judged, see that it is."""
    known = values[np.isfinite(values)]
    return np.where(np.isfinite(values), values, np.median(known) if len(known) else 0.0)


def _paths(
    tree: object, facets: Sequence[Facet], node: int, path: tuple[Condition, ...]
) -> Iterator[tuple[Condition, ...]]:
    yield path
    left, right = tree.children_left[node], tree.children_right[node]  # type: ignore[attr-defined]
    if left == right:  # both -1: a leaf
        return
    facet = facets[tree.feature[node]]  # type: ignore[attr-defined]
    threshold = _rounded(float(tree.threshold[node]), facet)  # type: ignore[attr-defined]
    yield from _paths(tree, facets, left, (*path, Condition(facet, False, threshold)))
    yield from _paths(tree, facets, right, (*path, Condition(facet, True, threshold)))


def _rounded(threshold: float, facet: Facet) -> float:
    """Four digits, or a full minute, so that what is printed is what is applied."""
    if facet.kind == "date":
        return float(round(threshold / 60) * 60)
    return float(f"{threshold:.4g}")
