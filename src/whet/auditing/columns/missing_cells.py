"""Which cells are missing, and whether that tells the target or follows another column."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy import stats

from whet.auditing.columns.column_words import words_of
from whet.auditing.inspection import Inspection
from whet.data.columns import CategoryColumn, DateColumn, NumberColumn

__all__ = ["PROGRAM_WORDS", "is_missing", "tells_classes", "tells_number", "tells_target"]


# How programs write an empty cell; in a column of numbers or dates they are no one's mistake.
PROGRAM_WORDS = ("", "nan", "na", "null", "none", "<na>", "nat")


def is_missing(inspection: Inspection, name: str) -> np.ndarray | None:
    """(N,) bool: nothing was written. None for columns whose cells are never empty or judged elsewhere (texts)."""
    match inspection.data.columns[name]:
        case NumberColumn(values) | DateColumn(values):
            words = words_of(inspection, name)
            if words is None:
                return np.asarray(np.isnan(values))
            written = pc.invert(pc.is_in(pc.utf8_lower(words.trimmed), pa.array(PROGRAM_WORDS, pa.large_string())))
            return np.asarray(~np.append(written.to_numpy(zero_copy_only=False), False)[words.codes])
        case CategoryColumn(codes=codes):
            return np.asarray(codes == -1)
        case _:
            return None


def tells_classes(missing: np.ndarray, classes: np.ndarray) -> tuple[float, float]:
    """(p, distance): chi-square test, and by how much the shares of the classes differ, in [0, 1] (total variation)."""
    num = int(classes.max()) + 1
    table = np.stack([np.bincount(classes[rows], minlength=num) for rows in (missing, ~missing)])
    table = table[:, table.sum(axis=0) > 0]
    if table.shape[1] < 2 or (table.sum(axis=1) == 0).any():
        return 1.0, 0.0
    shares = table / table.sum(axis=1, keepdims=True)
    return float(stats.chi2_contingency(table).pvalue), float(0.5 * np.abs(shares[0] - shares[1]).sum())


def tells_number(missing: np.ndarray, numbers: np.ndarray) -> tuple[float, float]:
    """(p, distance): Welch's t-test on ranks, and the difference of mean ranks, in [0, 1]."""
    ranks = stats.rankdata(numbers) / len(numbers)
    p = stats.ttest_ind(ranks[missing], ranks[~missing], equal_var=False).pvalue
    return float(np.nan_to_num(p, nan=1.0)), abs(float(ranks[missing].mean() - ranks[~missing].mean()))


def tells_target(inspection: Inspection, missing: np.ndarray) -> tuple[float, float]:
    """(p, distance) for the target at hand; (1, 0) without one."""
    if inspection.data.target is None:
        return 1.0, 0.0
    tells = tells_classes if inspection.is_classes else tells_number
    return tells(missing, inspection.truth)
