"""Copies, exact or near, that carry different labels: at most one of them is right.

Tables only where a row carries so much information that an equal row is a copy and not chance, which is how copies
are found there. Where most copies of a family agree, the others are the suspects; otherwise all of them.
Source: Northcutt et al., "Pervasive Label Errors in Test Sets", NeurIPS 2021 (arXiv 2103.14749).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from whet.auditing.bounds import require_bounds
from whet.auditing.check import checks
from whet.auditing.inspection import Inspection
from whet.auditing.labels.conflicts import Conflicts, conflicts_among
from whet.finding import Edit, Example, Finding

__all__ = ["LabelConflicts"]

MOST_ROWS, MOST_EXAMPLES = 100_000, 24


@dataclass(frozen=True, kw_only=True)
class LabelConflicts:
    """Compares labels within families of copies."""

    moderate: float = 0.005  # share of all examples in conflict from which the finding is moderate
    severe: float = 0.1  # from which what is learnt is spoilt

    title: str = "copies with different labels"
    effort: int = 1

    def __post_init__(self) -> None:
        require_bounds(self, moderate=(0, 1), severe=(0, 1))

    def check(self, inspection: Inspection) -> Iterable[Finding]:
        """See ``Check.check``."""
        if not inspection.is_classes or not len(inspection.pairs):
            return
        found = conflicts_among(inspection.pairs, inspection.truth)
        if not len(found.members):
            return
        data, share = inspection.data, len(found.members) / len(inspection.data)
        rows = data.rows[found.members]
        suspects = data.rows[found.outvoted]
        column = str(data.schema.target)
        yield Finding(
            symptom="label_conflicts",
            title=self.title,
            severity=self._severity(share),
            statement=f"{len(rows):,} of {len(data):,} examples ({share:.2%}) are copies of one another, in "
            f"{found.num_families:,} families, but carry different labels.",
            evidence={"rule": "copies with different labels", "value": share, "threshold": self.moderate},
            advice=f"Look at each family and give it one {column!r}, or leave it out.",
            column=column,
            count=len(rows),
            total=len(data),
            confidence=0.95,
            rows=tuple(rows[:MOST_ROWS].tolist()),
            examples=_examples(inspection, found),
            cost_unknown="not measured: it would take another training",
            remedy=f"leaves out {len(suspects):,} examples whose label is outvoted or open",
            edits=(Edit(action="drop_rows", rows=tuple(np.sort(suspects).tolist())),),
        )

    def _severity(self, share: float) -> float:
        if share >= self.severe:
            return 0.75
        return 0.25 if share < self.moderate else round(min(0.65, 0.35 + 3 * share), 3)


def _examples(inspection: Inspection, found: Conflicts) -> tuple[Example, ...]:
    assert inspection.target is not None
    labels, truth, rows = inspection.target.labels, inspection.truth, inspection.data.rows
    shown = found.links[:MOST_EXAMPLES]
    told = zip(inspection.train.where(shown[:, 0]), inspection.train.where(shown[:, 1]), shown.tolist(), strict=True)
    return tuple(
        Example(
            where=here,
            what=f"labelled {labels[truth[a]]!r}; its copy {there} is labelled {labels[truth[b]]!r}",
            row=int(rows[a]),
            partner=int(rows[b]),
        )
        for here, there, (a, b) in told
    )


checks.register("label_conflicts")(LabelConflicts())
