"""Labels that a model cannot learn: they stand in the test part only, or on a single training example.

A test example of an unknown class is always counted wrong, so the score is untrue. A class with one example cannot be
both learnt and tested.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from whet.auditing.bounds import require_bounds
from whet.auditing.check import checks
from whet.auditing.columns.cells import flag_cells
from whet.auditing.inspection import Inspection
from whet.auditing.labels.label_families import variants
from whet.auditing.media.flagging import MOST_EXAMPLES, MOST_ROWS
from whet.errors import did_you_mean
from whet.finding import Example, Finding

__all__ = ["LabelUnlisted"]


@dataclass(frozen=True, kw_only=True)
class LabelUnlisted:
    """Compares the labels of both parts."""

    fewest: int = 2  # training examples that a class needs

    title: str = "labels that cannot be learnt"
    effort: int = 0

    def __post_init__(self) -> None:
        require_bounds(self, fewest=(1, 1e6))

    def check(self, inspection: Inspection) -> Iterable[Finding]:
        """See ``Check.check``."""
        if not inspection.is_classes or inspection.target is None:
            return
        if inspection.test is not None and inspection.test.data.target is not None:
            yield from self._unknown(inspection)
        yield from self._lone(inspection)

    def _unknown(self, inspection: Inspection) -> Iterable[Finding]:
        assert inspection.test is not None
        assert inspection.target is not None
        data, known = inspection.test.data, inspection.target.labels
        assert data.target is not None
        labels = data.target.astype(str)
        positions = np.flatnonzero(~np.isin(labels, known))
        if not len(positions):
            return
        names, counts = np.unique(labels[positions].astype(object), return_counts=True)
        shown = ", ".join(f"{names[i]!r} ({counts[i]:,})" for i in np.argsort(-counts, kind="stable")[:5])
        rows, first = data.rows[positions].tolist(), positions[:MOST_EXAMPLES]
        yield Finding(
            symptom="label_unlisted",
            title=self.title,
            severity=0.8,
            statement=f"{len(positions):,} of {len(data):,} test examples have a label that never occurs in training: "
            f"{shown}. They can only be counted wrong.",
            evidence={"rule": "test label unknown in training", "value": len(names), "threshold": 1},
            advice=f"Spell them as in training, add training examples, or leave them out of the test. "
            f"{did_you_mean(str(names[counts.argmax()]), known)}",
            part="test",
            column=str(data.schema.target),
            count=len(positions),
            total=len(data),
            confidence=1.0,
            rows=tuple(rows[:MOST_ROWS]),
            examples=tuple(
                Example(where=where, what=f"labelled {str(labels[p])!r}", part="test", row=int(data.rows[p]))
                for where, p in zip(inspection.test.where(first), first.tolist(), strict=True)
            ),
            cost_unknown="it lowers the score by at most their share of the test",
        )

    def _lone(self, inspection: Inspection) -> Iterable[Finding]:
        assert inspection.target is not None
        labels, truth = inspection.target.labels, inspection.truth
        counts = np.bincount(truth, minlength=len(labels))
        spelt = [v.written for v in variants(labels, counts.tolist(), ratio=20.0)]  # ``label_spellings`` tells these
        lone = np.setdiff1d(np.flatnonzero((counts > 0) & (counts < self.fewest)), spelt)
        if not len(lone):
            return
        positions = np.flatnonzero(np.isin(truth, lone))
        shown = ", ".join(repr(labels[code]) for code in lone[:5].tolist())
        examples = "a single example" if self.fewest <= 2 else f"fewer than {self.fewest} examples"
        yield flag_cells(
            inspection,
            positions,
            symptom="label_unlisted",
            title=self.title,
            column=str(inspection.data.schema.target),
            severity=float(min(0.6, 0.3 + len(lone) / len(labels))),
            statement=f"{len(lone):,} of {len(labels):,} classes have {examples}: {shown}.",
            evidence={"rule": "examples of a class", "value": int(counts[lone].min()), "threshold": self.fewest},
            advice="Collect more, merge them with a related class, or leave them out; training refuses them.",
            confidence=1.0,
            what=lambda p: f"labelled {labels[truth[p]]!r}",
        )


checks.register("label_unlisted")(LabelUnlisted())
