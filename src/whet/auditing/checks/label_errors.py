"""Labels that look wrong: the quick model, a second one and the neighbours agree on another class.

Helps: wrong labels spoil what is learnt and hide how good it is. Hurts: a list is for a person to read, not to obey:
of published candidates people confirmed half (Northcutt et al., arXiv 2103.14749). Silent on classes that merely
overlap, because disagreement counts by how sure the models are; see ``confident``.
Rule: as many labels as leave the expected share of wrong ones among them at ``precision`` or above.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from whet.auditing.bounds import require_bounds
from whet.auditing.check import checks
from whet.auditing.gains import training_gain
from whet.auditing.inspection import Inspection
from whet.auditing.labels.judging import Suspects, judge_inspected, suspects
from whet.auditing.media.flagging import MOST_EXAMPLES, MOST_ROWS
from whet.data.dataset import Dataset
from whet.errors import CannotJudgeError
from whet.finding import MODERATE, Edit, Example, Finding

__all__ = ["LabelErrors"]


@dataclass(frozen=True, kw_only=True)
class LabelErrors:
    """Confident learning on out-of-fold predictions."""

    precision: float = 0.8  # expected share of wrong labels among those listed; people confirm about half in the wild
    least: float = 0.002  # share of all labels; what models are sure of and wrong about stays below 0.1 % on clean data
    fewest: int = 3
    severe: float = 0.1  # expected share of wrong labels from which the data are called spoilt

    title: str = "labels that look wrong"
    effort: int = 2

    def __post_init__(self) -> None:
        require_bounds(self, precision=(0.5, 1.0), least=(0.0, 1.0), fewest=(1, 1e9), severe=(0.0, 1.0))

    def check(self, inspection: Inspection) -> Iterable[Finding]:
        """See ``Check.check``."""
        if not inspection.is_classes or inspection.target is None or inspection.target.num_outputs < 2:
            return
        found = suspects(judge_inspected(inspection), precision=self.precision)
        total = len(inspection.quick.positions)
        if len(found.lines) < max(self.fewest, self.least * total):
            return
        yield _with_cost(self._finding(inspection, found, total), inspection, found)

    def _finding(self, inspection: Inspection, found: Suspects, total: int) -> Finding:
        positions = inspection.quick.positions[found.lines]
        rows = inspection.data.rows[positions]
        share = len(rows) * found.precision / total
        column = str(inspection.data.schema.target)
        return Finding(
            symptom="label_errors",
            title=self.title,
            severity=round(min(1.0, 0.6 + share) if share >= self.severe else 0.2 + 4.5 * share, 3),
            statement=f"{len(rows):,} of {total:,} labels look wrong ({len(rows) / total:.1%}); about "
            f"{found.precision:.0%} of those listed are expected to be.",
            evidence={"rule": "expected share of wrong labels", "value": share, "threshold": self.least},
            advice=f"Look through the list and put {column!r} right where you agree; the surest come first.",
            column=column,
            count=len(rows),
            total=total,
            confidence=found.precision,
            rows=tuple(rows[:MOST_ROWS].tolist()),
            examples=_examples(inspection, found, positions),
            room=share,  # a model that learnt every wrong label by heart would lose about as much
            remedy=f"leaves the {len(rows):,} out of training, trains on the likelier label, or counts them less",
            edits=(_edit(inspection, found, rows, column),),
        )


def _examples(inspection: Inspection, found: Suspects, positions: np.ndarray) -> tuple[Example, ...]:
    assert inspection.target is not None
    labels, first = inspection.target.labels, slice(0, MOST_EXAMPLES)
    given = inspection.truth[positions[first]].tolist()
    told = zip(
        inspection.train.where(positions[first]),
        inspection.data.rows[positions[first]].tolist(),
        given,
        found.suggested[first].tolist(),
        found.certainty[first].tolist(),
        strict=True,
    )
    return tuple(
        Example(where=where, row=row, what=f"labelled {labels[old]!r}, looks like {labels[new]!r} ({certainty:.2f})")
        for where, row, old, new, certainty in told
    )


def _edit(inspection: Inspection, found: Suspects, rows: np.ndarray, column: str) -> Edit:
    assert inspection.target is not None
    labels, order = inspection.target.labels, np.argsort(rows, kind="stable")
    return Edit(
        action="set_values",
        rows=tuple(rows[order].tolist()),
        column=column,
        values=tuple(labels[code] for code in found.suggested[order].tolist()),
    )


def _with_cost(finding: Finding, inspection: Inspection, found: Suspects) -> Finding:
    """What leaving the suspects out would gain. They were found with the help of the examples that measure it, so it
    is flattered a little; those examples keep their wrong labels, so it is understated too."""
    if finding.severity < MODERATE:
        return replace(finding, cost_unknown="not measured: too few labels to change a score noticeably")
    suspected = inspection.data.rows[inspection.quick.positions[found.lines]]

    def without(data: Dataset) -> Dataset:
        return data.take(np.flatnonzero(~np.isin(data.rows, suspected)))

    try:
        cost = training_gain(inspection, without)
    except CannotJudgeError as reason:
        return replace(finding, cost_unknown=str(reason))
    return replace(
        finding, cost=replace(cost, how=cost.how.replace("without it", "without the labels that look wrong"))
    )


checks.register("label_errors")(LabelErrors())
