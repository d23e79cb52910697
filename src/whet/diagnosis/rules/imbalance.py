"""Imbalance: a class is rare and the model misses it.

Rare classes alone are no fault, and neither is a hard class of usual size. Told where the commonest class has ten
times the examples of a class that is recognised clearly worse than the rest. Severe never: a model that leaves out a
class that cannot be told apart does right by its loss.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from whet.diagnosis.case import Case
from whet.diagnosis.ending import has_ended
from whet.diagnosis.margins import wilson
from whet.diagnosis.outcome import Outcome
from whet.diagnosis.rule import Stage, rules
from whet.finding import Finding, Line, Plot

__all__ = ["Imbalance"]


@dataclass(frozen=True, kw_only=True)
class Imbalance:
    """Class counts and recalls."""

    ratio: float = 10.0  # the largest class over the missed one
    missed: float = 0.3  # recall at or below which a class counts as missed
    sure: float = 0.5  # the high end of the interval of the recall stays below it
    others: float = 0.7  # accuracy on the other examples: else the model is bad at everything
    fewest: int = 5  # validation examples of the class

    title: str = "a rare class is missed"
    stage: Stage = "after"
    explains: frozenset[str] = frozenset({"weak_slice", "confused_classes"})

    def check(self, case: Case) -> Iterable[Finding]:
        """See ``Rule.check``."""
        outcome = case.outcome
        if outcome is None or outcome.kind != "classes" or len(outcome.class_counts) < 2 or not has_ended(case):
            return
        most = max(outcome.class_counts)
        hits = outcome.scores.argmax(axis=1) == outcome.truth
        missed = [c for c, count in enumerate(outcome.class_counts) if self._is_missed(outcome, hits, c, count, most)]
        if not missed:
            return
        rarest = min(missed, key=lambda c: outcome.class_counts[c])
        yield self._told(outcome, hits, missed, rarest, most / outcome.class_counts[rarest])

    def _is_missed(self, outcome: Outcome, hits: np.ndarray, code: int, count: int, most: int) -> bool:
        members = outcome.truth == code
        num = int(members.sum())
        if count == 0 or most < self.ratio * count or num < self.fewest or members.all():
            return False
        recall, high = float(hits[members].mean()), wilson(float(hits[members].sum()), num)[1]
        return recall <= self.missed and high < self.sure and float(hits[~members].mean()) >= self.others

    def _told(self, outcome: Outcome, hits: np.ndarray, missed: list[int], rarest: int, ratio: float) -> Finding:
        names = [outcome.labels[c] if c < len(outcome.labels) else str(c) for c in range(len(outcome.class_counts))]
        recalls = {c: float(hits[outcome.truth == c].mean()) for c in np.unique(outcome.truth).tolist()}
        more = f" (and {len(missed) - 1} more classes)" if len(missed) > 1 else ""
        return Finding(
            symptom="imbalance",
            title=self.title,
            severity=0.65,
            confidence=0.85,
            statement=f"The largest class has {ratio:.1f} times the training examples of {names[rarest]!r}, which is "
            f"recognised in {100 * recalls[rarest]:.0f} % of its validation examples{more}; "
            f"{100 * hits.mean():.0f} % of all are right.",
            evidence={"rule": "D24", "value": ratio, "threshold": self.ratio, "recall": recalls[rarest]},
            where=f"class {names[rarest]!r}",
            cures=("class_weights",),
            advice=f"Weigh the classes in the loss (CrossEntropyLoss(weight=...), inverse to their counts; pos_weight "
            f"for BCEWithLogitsLoss) or draw them evenly, and collect more examples of {names[rarest]!r}.",
            source="He & Garcia, Learning from Imbalanced Data, IEEE TKDE 2009",
            plot=Plot(
                title="share recognised, by class",
                x="class",
                y="recall",
                lines=(Line(name="recall", x=tuple(names[c] for c in recalls), y=tuple(recalls.values())),),
                threshold=self.missed,
            )
            if len(recalls) <= 40
            else None,
        )


rules.register("imbalance")(Imbalance())
