"""Augmentation breaks labels: random transforms turn examples of one class into examples of another, or destroy them.

Two independent signs are needed. A copy of the model that learnt clean validation examples is surely wrong on many
transformed ones, and hardly ever on clean ones; and a copy that learnt transformed examples is much worse at them than
the first is at clean ones. Hard but honest transforms show at most the first.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from whet.diagnosis.case import Case
from whet.diagnosis.probes.random_transforms import is_random, transformed
from whet.diagnosis.rule import Stage, rules
from whet.diagnosis.symptoms import COURSE, RESULT
from whet.finding import Finding

__all__ = ["AugmentationBreaksLabels"]


@dataclass(frozen=True, kw_only=True)
class AugmentationBreaksLabels:
    """Only where the training dataset draws and clean examples are learnable."""

    learnable: float = 0.25  # error on held-out clean examples, above which nothing can be said
    flips: float = 2.0  # surely wrong on transformed examples, in units of the same on clean ones
    least: float = 0.12  # and at least so much more
    worse: float = 0.15  # error on transformed examples after learning them, above that on clean ones
    title: ClassVar[str] = "augmentation changes what the labels say"
    stage: ClassVar[Stage] = "before"
    explains: ClassVar[frozenset[str]] = (
        COURSE
        | RESULT
        | frozenset(
            {"label_noise", "underfitting", "flat_loss", "split_mismatch", "below_baseline", "confused_classes"}
        )
    )

    def check(self, case: Case) -> Iterable[Finding]:
        """One finding."""
        if case.setup is None or case.setup.valid is None or not case.ask(is_random):
            return
        seen = case.ask(transformed)
        flips = max(self.flips * seen.clean_sure_wrong, seen.clean_sure_wrong + self.least)
        error = math.sqrt(2 * 0.25 / seen.num)
        worse = seen.own_error - seen.clean_error
        if seen.clean_error > self.learnable or seen.moved_sure_wrong <= flips or worse <= max(self.worse, 3 * error):
            return
        yield Finding(
            symptom="augmentation_breaks_labels",
            severity=min(0.9, 0.6 + worse),
            confidence=0.8,
            title=self.title,
            statement=f"A model that knows clean examples (error {seen.clean_error:.0%}) is surely wrong on "
            f"{seen.moved_sure_wrong:.0%} of the augmented training examples (clean: {seen.clean_sure_wrong:.0%}); "
            f"taught augmented examples, it still errs on {seen.own_error:.0%} of them.",
            evidence={
                "rule": "D8",
                "value": seen.moved_sure_wrong,
                "threshold": flips,
                "error_when_taught": seen.own_error,
            },
            where="transforms of the training dataset",
            cures=("drop_augmentation",),
            advice="Remove the random transforms one at a time, first flips and rotations (6 and 9, b and d, left and "
            "right), crops that lose the object, and strong noise.",
            source="Shorten and Khoshgoftaar, A survey on Image Data Augmentation, 2019 (safety of transforms)",
        )


rules.register("augmentation_breaks_labels")(AugmentationBreaksLabels())
