"""Seed variance: another seed moves the score as much as what is claimed for the model.

Compared with the lead over the simple baseline: where one standard deviation between seeds is more than half of it, one
training proves nothing. A lead that is itself within noise of the examples is not the seeds' fault.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from whet.diagnosis.case import Case
from whet.diagnosis.margins import score_error
from whet.diagnosis.rule import Stage, rules
from whet.finding import Finding

__all__ = ["SeedVariance"]


@dataclass(frozen=True, kw_only=True)
class SeedVariance:
    """Standard deviation between seeds against the lead over the baseline."""

    part: float = 0.5  # of the lead
    least: float = 0.01  # standard deviation, as a share of the scale

    title: str = "a score that depends on the seed"
    stage: Stage = "after"
    explains: frozenset[str] = frozenset()

    def check(self, case: Case) -> Iterable[Finding]:
        """See ``Rule.check``."""
        outcome = case.outcome
        if outcome is None or outcome.seed_std is None or outcome.baseline_score is None:
            return
        sign, scale = (1.0 if outcome.higher_is_better else -1.0), outcome.scale()
        lead = sign * (outcome.valid_score - outcome.baseline_score)
        if outcome.seed_std < self.least * scale or lead <= 2 * score_error(outcome):
            return
        if outcome.seed_std <= self.part * lead:
            return
        yield Finding(
            symptom="seed_variance",
            title=self.title,
            severity=float(min(0.55, 0.25 + 2 * outcome.seed_std / scale)),
            confidence=0.8,
            statement=f"The {outcome.metric} moves by {outcome.seed_std:.3g} between seeds (one standard deviation); "
            f"the lead over a simple model is {lead:.3g}.",
            evidence={"rule": "D29", "value": outcome.seed_std, "threshold": self.part * lead},
            advice="Quote the mean of at least 5 seeds with its spread, and compare changes on the same seeds; an "
            "average of the trained networks is steadier than each.",
            source="Bouthillier et al., Accounting for Variance in Machine Learning Benchmarks, MLSys 2021",
        )


rules.register("seed_variance")(SeedVariance())
