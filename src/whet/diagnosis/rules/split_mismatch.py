"""Split mismatch: validation examples come from elsewhere than the training ones, or are prepared differently.

A classifier tries to tell the inputs apart as they reach the model, their overall level is compared, and so are the
shares of classes, unless a sampler draws them otherwise on purpose (then inputs are compared in the shares of the
validation examples); targets may be coded otherwise, or be on another scale. Augmented training inputs differ on
purpose: then only a level that is plainly another (values not scaled in one part) counts. Inputs are severe only where
the model also does far worse on validation than on training examples; a split by time or by person may be wanted, and
then this says what it costs.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2_contingency

from whet.diagnosis.case import Case
from whet.diagnosis.margins import score_error
from whet.diagnosis.outcome import Outcome
from whet.diagnosis.probes.batches import batches
from whet.diagnosis.probes.chosen_draws import draws_on_purpose
from whet.diagnosis.probes.goal import goal
from whet.diagnosis.probes.inputs import Inputs, inputs
from whet.diagnosis.probes.two_sample import TwoSample, two_sample
from whet.diagnosis.rule import Stage, rules
from whet.diagnosis.symptoms import RESULT
from whet.diagnosis.target_mismatch import other_codes, other_units, unseen_classes
from whet.finding import Finding, Line, Plot

__all__ = ["SplitMismatch"]


@dataclass(frozen=True, kw_only=True)
class SplitMismatch:
    """Inputs, their level and the shares of classes, of training against validation batches."""

    least: float = 0.6  # AUC, at the low end of its interval
    plain: float = 0.8  # AUC from which the parts are plainly two sources
    ratio: float = 3.0  # of standard deviations over all numbers: another scale
    shift: float = 2.0  # of their means, in standard deviations of the training part
    shares: float = 0.15  # total variation between the shares of classes
    alpha: float = 1e-4  # chance of such shares if there were no difference
    gap: float = 0.15  # of the scores, as a share of the scale: the mismatch costs something

    title: str = "training and validation from different sources"
    stage: Stage = "after"
    explains: frozenset[str] = RESULT | frozenset({"overfitting", "overconfidence", "below_baseline", "weak_slice"})

    def check(self, case: Case) -> Iterable[Finding]:
        """See ``Rule.check``."""
        if case.setup is None or case.setup.valid is None or not case.ask(batches).valid:
            return
        targets = self._of_targets(case)
        if targets is not None:
            yield targets
            return
        seen = case.ask(two_sample)
        cost = self._cost(case.outcome)
        is_rescaled = seen.num[0] > 0 and (seen.ratio > self.ratio or seen.shift > self.shift)
        if is_rescaled or (seen.low > self.least and not seen.is_augmented):
            yield self._of_inputs(case.ask(inputs), seen, cost, is_rescaled=is_rescaled)
        elif case.ask(goal).kind in ("classes", "binary") and not draws_on_purpose(case.setup.train):
            yield from self._of_classes(case.ask(inputs))

    def _of_targets(self, case: Case) -> Finding | None:
        """Targets that mean something else weigh more than inputs that look otherwise."""
        kind = case.ask(goal).kind
        if kind == "numbers":
            return other_units(case.ask(inputs))
        if kind == "unknown":
            return None
        coded = other_codes(case.outcome) if case.outcome is not None else None
        return coded or unseen_classes(case.ask(inputs), is_whole=case.ask(batches).is_whole)

    def _cost(self, outcome: Outcome | None) -> float:
        """By how much validation is worse than training, as a share of the scale; 0 where that is within noise."""
        if outcome is None or outcome.train_score is None:
            return 0.0
        gap = (outcome.train_score - outcome.valid_score) * (1 if outcome.higher_is_better else -1) / outcome.scale()
        noise = float(np.hypot(score_error(outcome), score_error(outcome, of_training=True))) / outcome.scale()
        return gap if gap > max(self.gap, 3 * noise) else 0.0

    def _of_inputs(self, given: Inputs, seen: TwoSample, cost: float, *, is_rescaled: bool) -> Finding:
        is_severe = cost > 0 and (is_rescaled or (seen.auc >= self.plain and seen.is_augmented is False))
        (mean, spread), (other, others) = given.train_level, given.valid_level
        level = f" Their numbers have mean {mean:.3g} and standard deviation {spread:.3g} in training, {other:.3g} and "
        level += f"{others:.3g} in validation."
        measured = {"value": seen.auc, "threshold": self.least, "low": seen.low}
        if is_rescaled:
            measured = {"value": seen.ratio, "threshold": self.ratio, "shift": seen.shift, "auc": seen.auc}
        return Finding(
            symptom="split_mismatch",
            title=self.title,
            severity=float(min(0.9, 0.7 + cost / 4)) if is_severe else (0.5 if seen.auc >= self.plain else 0.35),
            confidence=0.9 if is_rescaled or seen.is_augmented is False else 0.6,
            statement=f"A classifier tells training from validation inputs with an AUC of {seen.auc:.2f} "
            f"({seen.low:.2f} to {seen.high:.2f}; 0.5 if they were alike).{level if is_rescaled else ''}",
            evidence={"rule": "D31", "cost": cost, **measured},
            total=sum(seen.num),
            where="inputs of the validation loader",
            advice="Give both loaders the same preparation (the same Normalize or scaler, fitted on training examples) "
            "and draw both parts from one pool, unless the difference is wanted.",
            source="Lopez-Paz & Oquab, Revisiting Classifier Two-Sample Tests, ICLR 2017",
            plot=Plot(
                title="level of the inputs",
                x="part",
                y="value",
                lines=(
                    Line(name="mean", x=("training", "validation"), y=(mean, other)),
                    Line(name="standard deviation", x=("training", "validation"), y=(spread, others)),
                ),
            ),
        )

    def _of_classes(self, given: Inputs) -> Iterable[Finding]:
        width = int(max(given.train_truth.max(), given.valid_truth.max())) + 1
        if min(given.train_truth.min(), given.valid_truth.min()) < 0 or width < 2:
            return
        counts = np.stack([np.bincount(t, minlength=width) for t in (given.train_truth, given.valid_truth)])
        counts = counts[:, counts.sum(axis=0) > 0]
        shares = counts / counts.sum(axis=1, keepdims=True)
        distance = float(np.abs(shares[0] - shares[1]).sum() / 2)
        # sparse tables make the test too sure: with many classes noise alone is a distance
        noise = float(np.sqrt(shares.mean(axis=0) / 2 * (1 / counts.sum(axis=1)).sum()).sum() / 2)
        if counts.shape[1] < 2 or distance <= self.shares + 2 * noise or chi2_contingency(counts)[1] >= self.alpha:
            return
        worst = int(np.abs(shares[0] - shares[1]).argmax())
        yield Finding(
            symptom="split_mismatch",
            title=self.title,
            severity=0.4,
            confidence=0.7,
            statement=f"The shares of the classes differ between training and validation batches by "
            f"{100 * distance:.0f} points in all; most in one class with {100 * shares[0, worst]:.0f} % against "
            f"{100 * shares[1, worst]:.0f} %.",
            evidence={"rule": "D31", "value": distance, "threshold": self.shares + 2 * noise},
            where="classes of the validation loader",
            advice="Split with stratification (train_test_split(..., stratify=y)), or after shuffling; where training "
            "examples are balanced on purpose, correct the predicted probabilities for it.",
            source="Rabanser et al., Failing Loudly, NeurIPS 2019",
            plot=Plot(
                title="shares of the classes",
                x="class",
                y="share",
                lines=tuple(
                    Line(
                        name=name, x=tuple(str(i) for i in range(min(shares.shape[1], 40))), y=tuple(row[:40].tolist())
                    )
                    for name, row in zip(("training", "validation"), shares, strict=True)
                ),
            ),
        )


rules.register("split_mismatch")(SplitMismatch())
