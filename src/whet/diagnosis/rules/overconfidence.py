"""Over-confidence: probabilities are more extreme than the hits justify.

The calibration error of few examples is never 0, however honest the probabilities are. So it is compared with what
honest probabilities would give on as many examples, and the mean confidence must exceed the accuracy beyond noise.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from whet.diagnosis.case import Case
from whet.diagnosis.rule import Stage, rules
from whet.evaluation.calibration import reliability
from whet.evaluation.metrics.confidence import confidence_bins
from whet.finding import Finding, Line, Plot
from whet.rng import make_numpy_generator

__all__ = ["Overconfidence"]

DRAWS = 200


@dataclass(frozen=True, kw_only=True)
class Overconfidence:
    """Mean confidence against accuracy."""

    least: float = 0.05  # expected calibration error
    excess: float = 0.02  # of mean confidence over accuracy, at the low end of its interval
    fewest: int = 100  # examples
    most: float = 0.45  # severity: answers stay as they are, and what spoils them is another rule's

    title: str = "over-confidence"
    stage: Stage = "after"
    explains: frozenset[str] = frozenset()

    def check(self, case: Case) -> Iterable[Finding]:
        """See ``Rule.check``."""
        outcome = case.outcome
        if outcome is None or outcome.kind != "classes" or not outcome.is_final or len(outcome.truth) < self.fewest:
            return
        confidence = outcome.scores.max(axis=1)
        hits = (outcome.scores.argmax(axis=1) == outcome.truth).astype(np.float64)
        error, honest = _error(confidence, hits), _honest(confidence, case.seed)
        surplus = confidence - hits
        low = float(surplus.mean() - 1.96 * surplus.std(ddof=1) / np.sqrt(len(surplus)))
        if error <= max(self.least, honest) or low <= self.excess:
            return
        yield Finding(
            symptom="overconfidence",
            title=self.title,
            severity=float(min(self.most, 0.15 + 1.5 * low)),
            confidence=0.95,
            statement=f"Predictions claim {100 * confidence.mean():.0f} % on average and are right in "
            f"{100 * hits.mean():.0f} %; the calibration error is {error:.3f} (honest: up to {honest:.3f}).",
            evidence={"rule": "D28", "value": error, "threshold": max(self.least, honest), "excess_low": low},
            cures=("regularise",),
            advice="Divide the logits by a temperature fitted on validation examples before reading them as "
            "probabilities, or train with label_smoothing=0.1. The answers themselves do not change.",
            source="Guo et al., On Calibration of Modern Neural Networks, ICML 2017",
            plot=_plot(outcome.scores, outcome.truth),
        )


def _error(confidence: np.ndarray, hits: np.ndarray) -> float:
    return float(np.abs(np.bincount(confidence_bins(confidence), weights=hits - confidence)).sum() / len(hits))


def _honest(confidence: np.ndarray, seed: int) -> float:
    """The error that honest probabilities exceed once in a hundred times."""
    generator = make_numpy_generator(seed, "honest probabilities")
    drawn = [_error(confidence, generator.random(len(confidence)) < confidence) for _ in range(DRAWS)]
    return float(np.quantile(drawn, 0.99))


def _plot(scores: np.ndarray, truth: np.ndarray) -> Plot:
    told = reliability(scores, truth)
    x = tuple(told.confidence.tolist())
    return Plot(
        title="how often predictions of each confidence are right",
        x="confidence",
        y="share that is right",
        lines=(Line(name="measured", x=x, y=tuple(told.accuracy.tolist())), Line(name="honest", x=x, y=x)),
    )


rules.register("overconfidence")(Overconfidence())
