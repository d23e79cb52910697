"""Do two sets of examples come from one source? A classifier tries to tell them apart on examples it never saw.

An AUC of 0.5 means that it cannot; 1 that the two share nothing. Its interval is that of Hanley & McNeil.
Source: Lopez-Paz & Oquab, "Revisiting classifier two-sample tests", ICLR 2017; Hanley & McNeil, Radiology 1982.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import ks_2samp
from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold

from whet.data.columns import CategoryColumn, ColumnData, DateColumn, NumberColumn, TextColumn
from whet.evaluation.intervals import Interval

__all__ = ["column_distance", "separation", "table_matrix"]

FOLDS = 5
LARGE = 2_000  # examples from which boosting is both faster and better than bagged trees


def separation(values: np.ndarray, is_second: np.ndarray) -> Interval:
    """Out-of-fold AUC with its 95 % interval; ``values`` (N, D) without gaps, ``is_second`` (N,) bool."""
    scores = np.zeros(len(values))
    for train, held in StratifiedKFold(FOLDS, shuffle=True, random_state=0).split(values, is_second):
        model = (
            HistGradientBoostingClassifier(max_iter=60, min_samples_leaf=20, random_state=0, early_stopping=False)
            if len(values) >= LARGE
            else ExtraTreesClassifier(100, min_samples_leaf=3, random_state=0)
        )
        scores[held] = model.fit(values[train], is_second[train]).predict_proba(values[held])[:, 1]
    auc = float(roc_auc_score(is_second, scores))
    half = 1.96 * _hanley(auc, int(is_second.sum()), int((~is_second).sum()))
    return Interval(auc, max(0.0, auc - half), min(1.0, auc + half))


def table_matrix(columns: list[ColumnData]) -> np.ndarray:
    """(N, D) float64: numbers with gaps filled below the least, category codes, lengths of texts."""
    return np.column_stack([_plain(column) for column in columns])


def column_distance(column: ColumnData, num_first: int) -> float:
    """How far the first ``num_first`` values are distributed from the others, 0 (equally) to 1 (without overlap).

    Numbers: Kolmogorov-Smirnov; categories: total variation.
    """
    values = _plain(column)
    first, second = values[:num_first], values[num_first:]
    if not isinstance(column, CategoryColumn):
        return float(ks_2samp(first, second, method="asymp").statistic)
    codes = pd.factorize(values)[0]
    size = int(codes.max()) + 1
    shares = [np.bincount(c, minlength=size) / len(c) for c in (codes[:num_first], codes[num_first:])]
    return float(np.abs(shares[0] - shares[1]).sum() / 2)


def _plain(column: ColumnData) -> np.ndarray:
    match column:
        case NumberColumn(values) | DateColumn(values):
            known = values[np.isfinite(values)]
            below = float(known.min()) - 1.0 if len(known) else 0.0
            return np.where(np.isfinite(values), values, below)
        case CategoryColumn(codes=codes):
            return codes.astype(np.float64)
        case TextColumn():
            return np.array([len(text) for text in column.texts()], dtype=np.float64)
        case _:
            raise TypeError(f"a table holds no {type(column).__name__}")


def _hanley(auc: float, num_first: int, num_second: int) -> float:
    """Standard error of an AUC."""
    q1, q2 = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    spread = auc * (1 - auc) + (num_first - 1) * (q1 - auc**2) + (num_second - 1) * (q2 - auc**2)
    return float(np.sqrt(max(spread, 0.0) / (num_first * num_second)))
