"""Whole examples unlike all others: noise, a wrong file, a row whose values do not go together.

Distance to the nearest neighbours in plain features (``whet.auditing.vectors``), and for tables how quickly random
cuts set a row apart (Liu et al., "Isolation Forest", ICDM 2008). Both count only beyond a gap that the tail of the
others does not explain, so that the odd but ordinary examples of every collection are left alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from sklearn.ensemble import IsolationForest

from whet.auditing.check import checks
from whet.auditing.columns.tails import beyond_gap
from whet.auditing.inspection import Inspection
from whet.auditing.media.flagging import by_share, flag
from whet.auditing.media.sides import Side
from whet.data.columns import DateColumn, NumberColumn
from whet.data.kinds import Modality
from whet.errors import CannotJudgeError
from whet.finding import Finding

__all__ = ["RowOutliers"]


@dataclass(frozen=True, kw_only=True)
class RowOutliers:
    """Looks at (a sample of) the training examples."""

    ratio: float = 1.15  # of an outlier's distance from its neighbours to that of the last ordinary example
    strictness: float = 9.0  # one false alarm in exp(9) sets with the heaviest tails
    fewest: int = 100  # examples

    title: str = "examples unlike all others"
    effort: int = 1

    def check(self, inspection: Inspection) -> Iterable[Finding]:
        """See ``Check.check``."""
        if len(inspection.data) < self.fewest:
            raise CannotJudgeError(f"needs {self.fewest} examples; there are {len(inspection.data)}")
        vectors = inspection.vectors
        distances = vectors.neighbours[0].mean(axis=1).astype(np.float64)
        usual = float(np.median(distances)) or 1.0
        scores = distances / usual
        far = distances >= beyond_gap(distances, ratio=self.ratio, strictness=self.strictness)
        if inspection.modality is Modality.TABLE:
            apart = _isolation(inspection, vectors.positions)
            far |= apart >= beyond_gap(apart, ratio=self.ratio, strictness=self.strictness)
        marked = np.flatnonzero(far)
        if not len(marked):
            return
        side = Side(part="train", half=inspection.train, positions=vectors.positions)
        yield flag(
            side,
            marked,
            scores[marked],
            symptom="row_outliers",
            title=self.title,
            severity=by_share(len(marked), len(side), base=0.25, slope=3.0, cap=0.6),
            statement=f"{len(marked):,} of {len(side):,} examples are unlike all others: the farthest lies "
            f"{scores[marked].max():.1f} times as far from its neighbours as usual.",
            whats=[f"{score:.1f} times as far from its neighbours as usual" for score in scores[marked].tolist()],
            evidence={"rule": "beyond a gap", "value": float(scores[marked].max()), "threshold": self.ratio},
            advice="Look at them; leave out what does not belong to the data.",
            confidence=0.7,
        )


def _isolation(inspection: Inspection, positions: np.ndarray) -> np.ndarray:
    """(M,) anomaly scores above those of the middle of the set, at least 0; 0 for a table without numbers."""
    numbers = [
        np.nan_to_num(column.values[positions], nan=float(np.nanmedian(column.values)))
        for column in inspection.data.columns.values()
        if isinstance(column, NumberColumn | DateColumn) and np.isfinite(column.values).any()
    ]
    if not numbers:
        return np.zeros(len(positions))
    values = np.stack(numbers, axis=1)
    forest = IsolationForest(n_estimators=100, max_samples=min(1024, len(values)), random_state=inspection.seed)
    scores = -forest.fit(values).score_samples(values)
    return np.asarray(np.maximum(scores - np.median(scores), 0.0))


checks.register("row_outliers")(RowOutliers())
