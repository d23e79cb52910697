"""Targets far from what models and neighbours expect, apart from all others: units, signs and digits gone wrong.

Helps: a few such targets bend every model that is fitted by squares, and rule its score. Silent on heavy tails: only
what lies beyond a gap that no such tail explains is told (``tails``).
Hurts: true but singular cases look the same; so nothing is changed without a person.
Rule: distance in robust standard deviations among examples with like expectations, from ``least`` on and beyond a gap.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from whet.auditing.bounds import require_bounds
from whet.auditing.check import checks
from whet.auditing.columns.cells import flag_cells
from whet.auditing.columns.tails import beyond_gap
from whet.auditing.inspection import Inspection
from whet.auditing.labels.target_slips import Slip, slip_of
from whet.auditing.labels.target_surprise import MOST_REFERENCES, Surprise, surprise_of
from whet.auditing.vectors import raw_vectors
from whet.finding import Edit, Finding
from whet.rng import make_numpy_generator

__all__ = ["TargetOutliers"]


@dataclass(frozen=True, kw_only=True)
class TargetOutliers:
    """Compares targets with out-of-fold predictions and with neighbours."""

    least: float = 6.0  # robust standard deviations; two in a thousand million of normal residuals
    ratio: float = 1.5  # how much farther the first outlier is than the last that is none
    most: float = 0.1  # share of targets that can be outliers; beyond it they are a second population
    severe: float = 0.5  # share of all squared error that slips (a unit, a sign) must cause

    title: str = "targets far from the expected"
    effort: int = 2

    def __post_init__(self) -> None:
        require_bounds(self, least=(1, 1e9), ratio=(1, 1e9), most=(0, 0.5), severe=(0, 1))

    def check(self, inspection: Inspection) -> Iterable[Finding]:
        """See ``Check.check``."""
        if not inspection.is_number:
            return
        quick = inspection.quick
        found = _surprise(inspection)
        cut = max(self.least, beyond_gap(found.distances, ratio=self.ratio, most=self.most))
        lines = np.flatnonzero(found.distances >= cut)
        if not len(lines):
            return
        lines = lines[np.argsort(-found.distances[lines], kind="stable")]
        slip = slip_of(quick.truth[lines], found.expected[lines])
        yield self._finding(inspection, found, lines, slip)

    def _finding(self, inspection: Inspection, found: Surprise, lines: np.ndarray, slip: Slip | None) -> Finding:
        quick, column = inspection.quick, str(inspection.data.schema.target)
        positions, truth = quick.positions[lines], quick.truth[lines]
        told = dict(zip(positions.tolist(), zip(truth.tolist(), found.expected[lines].tolist()), strict=True))
        worst, usual = told[int(positions[0])]
        named = "" if slip is None else f" {slip.of.sum():,} of them look {slip.how}."
        return flag_cells(
            inspection,
            positions,
            symptom="target_outliers",
            title=self.title,
            column=column,
            severity=self._severity(quick.truth, found, lines, slip),
            statement=f"{len(lines):,} of {len(quick.truth):,} values of {column!r} are far from the expected; the "
            f"farthest is {worst:,.6g} where neighbours have {usual:,.6g}.{named}",
            evidence={
                "rule": "robust standard deviations, beyond a gap",
                "value": float(found.distances[lines].min()),
                "threshold": self.least,
            },
            advice="Compare them with the source; put right what is a slip, and keep what is true.",
            remedy=f"leaves the {len(lines):,} out of training"
            if slip is None
            else "writes the value in the right unit",
            confidence=0.95 if slip is not None else 0.8,
            total=len(quick.truth),
            what=lambda p: f"{column} is {told[p][0]:,.6g}, neighbours have {told[p][1]:,.6g}",
            edits=_edits(inspection, positions, truth, slip, column),
        )

    def _severity(self, truth: np.ndarray, found: Surprise, lines: np.ndarray, slip: Slip | None) -> float:
        squares = np.square(truth - found.expected)
        share = float(squares[lines].sum() / max(float(squares.sum()), 1e-300))
        if slip is not None and slip.of.sum() >= 5 and share >= self.severe:
            return 0.75
        return round(min(0.6, 0.25 + 0.35 * share), 3)


def _surprise(inspection: Inspection) -> Surprise:
    quick = inspection.quick
    num = len(quick.positions)
    drawn = make_numpy_generator(inspection.seed, "sample", "neighbours").permutation(num)[:MOST_REFERENCES]
    vectors = raw_vectors(inspection.data.take(quick.positions))
    return surprise_of(quick.truth, quick.scores[:, 0], vectors, references=np.sort(drawn))


def _edits(
    inspection: Inspection, positions: np.ndarray, truth: np.ndarray, slip: Slip | None, column: str
) -> tuple[Edit, ...]:
    rows = inspection.data.rows[positions]
    if slip is None:
        return (Edit(action="drop_rows", rows=tuple(np.sort(rows).tolist())),)
    mended = tuple(f"{value:.12g}" for value in slip.mended(truth[slip.of]).tolist())
    return (Edit(action="set_values", rows=tuple(rows[slip.of].tolist()), column=column, values=mended),)


checks.register("target_outliers")(TargetOutliers())
