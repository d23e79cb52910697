"""Rows whose neighbours in the file are alike: they come from one person, place or moment.

A random split then puts neighbours on both sides, and the score is better than it will be on fresh examples.
Helps: recordings of one device after the other, frames of a film, patients with several rows. Hurts: files that were
shuffled show nothing, whatever they hold. Silent where --time or --group already says how rows belong together, and
where the file is merely sorted by class or by one number.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy.stats import spearmanr

from whet.auditing.check import checks
from whet.auditing.inspection import Inspection
from whet.auditing.row_order import Kinship, drift_auc, neighbour_kinship
from whet.data.clusters import components
from whet.data.columns import DateColumn, NumberColumn
from whet.errors import CannotJudgeError, ConfigError
from whet.finding import Example, Finding
from whet.rng import make_numpy_generator

__all__ = ["OrderedRows"]

MOST = 10_000  # rows compared
SORTED = 0.95  # rank correlation of a column with the place in the file from which the file is sorted by it


@dataclass(frozen=True, kw_only=True)
class OrderedRows:
    """Compares rows with those next to them."""

    kinship: float = 0.05  # nearer by this share than shuffled rows
    auc: float = 0.70  # telling the first third from the last
    alpha: float = 0.01
    shuffles: int = 199
    fewest: int = 200

    title: str = "rows that come in an order"
    effort: int = 1

    def __post_init__(self) -> None:
        if self.shuffles < 19 or not 0.5 < self.auc < 1.0 or not 0.0 < self.kinship < 1.0:
            raise ConfigError(
                f"OrderedRows needs at least 19 shuffles, auc in (0.5, 1) and kinship in (0, 1); got "
                f"{self.shuffles!r}, {self.auc!r} and {self.kinship!r}."
            )

    def check(self, inspection: Inspection) -> Iterable[Finding]:
        """See ``Check.check``."""
        if inspection.data.times is not None or inspection.data.groups is not None:
            return
        if len(inspection.data) < self.fewest:
            raise CannotJudgeError(
                f"needs {self.fewest} rows to tell an order from chance; there are {len(inspection.data)}"
            )
        lines = self._lines(inspection)
        positions = inspection.vectors.positions[lines]
        values = inspection.vectors.values[lines]
        classes = _codes(inspection, positions)
        kinship = neighbour_kinship(values, classes, shuffles=self.shuffles, seed=inspection.seed)
        drift = drift_auc(values, classes, seed=inspection.seed)
        is_kin = kinship.share >= self.kinship and kinship.p <= self.alpha
        if not is_kin and drift < self.auc:
            return
        column, is_date = _sorted_by(inspection, positions)
        if column and not is_date:
            return  # examples that were drawn at random may be sorted afterwards: that is no fault
        yield self._told(inspection, kinship, drift, positions, column)

    def _lines(self, inspection: Inspection) -> np.ndarray:
        """Lines of the vectors, in row order; of copies one, since copies side by side are another check's business."""
        positions = inspection.vectors.positions
        clusters = components(inspection.pairs, len(inspection.data))[positions]
        lines = np.sort(np.unique(clusters, return_index=True)[1])
        if len(lines) <= MOST:
            return lines
        start = make_numpy_generator(inspection.seed, "row order", "stretch")
        kept = np.sort(start.choice(len(lines) // 100, MOST // 100, replace=False))
        blocks = (kept[:, None] * 100 + np.arange(100)).ravel()  # stretches of 100, so that neighbours stay
        return np.asarray(lines[blocks])

    def _told(
        self, inspection: Inspection, kinship: Kinship, drift: float, positions: np.ndarray, column: str
    ) -> Finding:
        parts = [f"a row is {100 * kinship.share:.0f} % nearer to the next rows than to shuffled ones"]
        if drift >= self.auc:
            parts.append(f"the first third of the file can be told from the last (AUC {drift:.2f})")
        if column:
            parts.append(f"the file is sorted by the date {column!r}")
        way = f"name it with --time {column}" if column else "name the column that says it with --group or --time"
        is_strong = kinship.share >= 3 * self.kinship
        return Finding(
            symptom="ordered_rows",
            title=self.title,
            severity=0.4 if is_strong else 0.25,
            statement=f"Rows are not in random order: {', '.join(parts)}. "
            "A random split puts neighbours on both sides.",
            evidence={
                "rule": "distance to the next rows within a class, shuffled",
                "value": kinship.share,
                "threshold": self.kinship,
                "p": kinship.p,
                "drift_auc": drift,
            },
            column=column,
            total=len(positions),
            confidence=1 - kinship.p,
            examples=_neighbours(inspection, positions),
            cost_unknown="by how much the score is flattered only a split by group or time would tell",
            remedy="once group or time is declared, keeps neighbours on one side of every split",
            advice=f"If the order follows persons, places, devices or time, {way}.",
        )


def _codes(inspection: Inspection, positions: np.ndarray) -> np.ndarray:
    """Class codes; tenths of a number; zeros without a target."""
    if inspection.target is None:
        return np.zeros(len(positions), dtype=np.int64)
    truth = inspection.truth[positions]
    if inspection.is_classes:
        return np.asarray(truth)
    return np.asarray(np.searchsorted(np.quantile(truth, np.linspace(0.1, 0.9, 9)), truth))


def _sorted_by(inspection: Inspection, positions: np.ndarray) -> tuple[str, bool]:
    """(column that the file is sorted by or "", whether it is a date)."""
    best: tuple[float, str, bool] = (SORTED, "", False)
    for name, column in inspection.data.columns.items():
        if isinstance(column, NumberColumn | DateColumn):
            values = column.values[positions]
            known = np.isfinite(values)
            if known.sum() > len(values) / 2 and len(np.unique(values[known])) > 1:
                size = abs(float(spearmanr(np.flatnonzero(known), values[known]).statistic))
                best = max(best, (size, name, isinstance(column, DateColumn)))
    return best[1], best[2]


def _neighbours(inspection: Inspection, positions: np.ndarray) -> tuple[Example, ...]:
    """Some rows that stand side by side."""
    first = positions[len(positions) // 2 :][:6]
    rows = inspection.data.rows[first].tolist()
    return tuple(
        Example(where=where, row=row, what="one of six rows on end")
        for where, row in zip(inspection.train.where(first), rows, strict=True)
    )


checks.register("ordered_rows")(OrderedRows())
