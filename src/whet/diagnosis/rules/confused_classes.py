"""Confused classes: a good part of all mistakes is between two classes.

With four classes or more, and where the pair stands out from what mistakes spread over all pairs would give. Two
classes may look alike by nature, so it is never severe: it says where to look.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from whet.diagnosis.case import Case
from whet.diagnosis.margins import wilson
from whet.diagnosis.rule import Stage, rules
from whet.finding import Finding, Line, Plot

__all__ = ["ConfusedClasses"]

SHOWN = 10  # pairs in the plot


@dataclass(frozen=True, kw_only=True)
class ConfusedClasses:
    """The pair of classes with most mistakes."""

    part: float = 0.25  # of all mistakes, at the low end of its interval
    least: float = 0.03  # of all examples: fewer are not worth a look
    mistakes: int = 20  # of the pair
    often: float = 3.0  # times what the sizes of the classes lead one to expect
    right: float = 0.5  # accuracy below which the model has other worries

    title: str = "two classes that are taken for each other"
    stage: Stage = "after"
    explains: frozenset[str] = frozenset({"weak_slice"})

    def check(self, case: Case) -> Iterable[Finding]:
        """See ``Rule.check``."""
        outcome = case.outcome
        if outcome is None or outcome.kind != "classes" or not outcome.is_final or outcome.scores.shape[1] < 4:
            return
        predicted, num = outcome.scores.argmax(axis=1), len(outcome.truth)
        wrong = predicted != outcome.truth
        if wrong.mean() > 1 - self.right:
            return
        pairs, counts = _pairs(outcome.truth[wrong], predicted[wrong])
        if len(counts) == 0 or counts[0] < max(self.mistakes, self.least * num):
            return
        low, high = wilson(float(counts[0]), int(wrong.sum()))
        expected = _expected(outcome.truth, pairs[0])
        if low <= self.part or counts[0] / wrong.sum() < self.often * expected:
            return
        names = [outcome.labels[c] if c < len(outcome.labels) else str(c) for c in range(outcome.scores.shape[1])]
        told = [f"{names[a]} / {names[b]}" for a, b in pairs[:SHOWN]]
        yield Finding(
            symptom="confused_classes",
            title=self.title,
            severity=float(min(0.5, 0.2 + counts[0] / num)),
            confidence=0.9,
            statement=f"{counts[0]:,} of {int(wrong.sum()):,} mistakes ({100 * counts[0] / wrong.sum():.0f} %, "
            f"{100 * low:.0f} to {100 * high:.0f}) are between {names[pairs[0][0]]!r} and {names[pairs[0][1]]!r}.",
            evidence={"rule": "D27", "value": float(counts[0] / wrong.sum()), "threshold": self.part, "low": low},
            count=int(counts[0]),
            total=num,
            where=f"classes {names[pairs[0][0]]!r} and {names[pairs[0][1]]!r}",
            advice="Look at mistakes of the two: are their labels used alike, is what tells them apart in the input "
            "(resolution, length, columns)? Then collect more of both, or join them.",
            source="scikit-learn user guide, confusion matrix",
            plot=Plot(
                title="mistakes by pair of classes",
                x="pair",
                y="mistakes",
                lines=(Line(name="mistakes", x=tuple(told), y=tuple(float(c) for c in counts[:SHOWN])),),
            ),
        )


def _pairs(truth: np.ndarray, predicted: np.ndarray) -> tuple[list[tuple[int, int]], np.ndarray]:
    """Unordered pairs of classes with their mistakes, the commonest first."""
    both = np.sort(np.stack([truth, predicted], axis=1), axis=1)
    found, counts = np.unique(both, axis=0, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    return [(int(a), int(b)) for a, b in found[order]], counts[order]


def _expected(truth: np.ndarray, pair: tuple[int, int]) -> float:
    """The share of mistakes between the pair if each were the fault of the classes' sizes alone."""
    shares = np.bincount(truth, minlength=max(pair) + 1) / len(truth)
    a, b = shares[pair[0]], shares[pair[1]]
    return float(2 * a * b / max(1 - float(np.square(shares).sum()), 1e-9))


rules.register("confused_classes")(ConfusedClasses())
