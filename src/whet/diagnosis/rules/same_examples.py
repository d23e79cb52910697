"""Same examples: validation examples are among the training ones, so the validation score is flattered.

Rows that repeat by chance (few discrete columns, short texts) are healthy: they also repeat within the training
examples, and just as often. Where different rows hardly ever agree in half of their columns, nothing repeats by chance;
training examples may then repeat as they are oversampled, and any shared example tells that this was before the split.
Copies with a little noise, made before the split, are seen by their distances.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from whet.diagnosis.case import Case
from whet.diagnosis.probes.near_copies import Near
from whet.diagnosis.probes.shared_examples import shared_examples
from whet.diagnosis.rule import Stage, rules
from whet.finding import Finding

__all__ = ["SameExamples"]


@dataclass(frozen=True, kw_only=True)
class SameExamples:
    """The share of validation examples seen in training, above the share of chance repeats."""

    least: float = 0.02  # share above chance repeats
    errors: float = 4.0  # standard errors above them
    several: int = 5  # shared examples from which those of training that repeat are no excuse
    close: float = 0.1  # share of validation examples with a near copy among the training ones
    agree: float = 0.9  # share of near copies with the same target
    title: ClassVar[str] = "validation examples are in the training data"
    stage: ClassVar[Stage] = "before"
    explains: ClassVar[frozenset[str]] = frozenset({"shuffled_labels_learn"})

    def check(self, case: Case) -> Iterable[Finding]:
        """One finding."""
        if case.setup is None or case.setup.valid is None:
            return
        seen = case.ask(shared_examples)
        share = seen.found / seen.valid
        chance = seen.repeats if seen.by_chance or seen.kinds < self.least or seen.found < self.several else 0.0
        excess = share - chance
        error = math.sqrt(max(chance * (1 - chance), 1 / seen.train) * (1 / seen.valid + 1 / seen.train))
        if excess < self.least or excess < self.errors * error or seen.found < 2:
            yield from self._near(seen.near)
            return
        yield Finding(
            symptom="same_examples",
            severity=min(0.9, 0.4 + excess),
            confidence=0.97,
            title=self.title,
            statement=f"{seen.found} of {seen.valid} validation examples ({share:.0%}) are also training examples; "
            f"within the training examples {seen.repeats:.1%} repeat.",
            evidence={"rule": "same_examples", "value": share, "threshold": chance + self.least},
            where="validation loader",
            count=seen.found,
            total=seen.valid,
            cures=("keep_examples_apart",),
            advice="Split once, before anything else: torch.utils.data.random_split(dataset, [0.8, 0.2]), and drop "
            "duplicates before splitting.",
            source="Kapoor and Narayanan, Leakage and the reproducibility crisis, Patterns 2023 (no split, duplicates)",
        )

    def _near(self, near: Near | None) -> Iterable[Finding]:
        if near is None or near.close < self.several or near.agree < self.agree:
            return
        share = near.close / near.num
        if share < max(self.close, 10 * near.expected):
            return
        yield Finding(
            symptom="same_examples",
            severity=min(0.6, 0.35 + 0.3 * share),
            confidence=0.75,
            title="validation examples are near copies of training examples",
            statement=f"{near.close} of {near.num} validation examples ({share:.0%}) have a training example at less "
            f"than a quarter of the distance of the tenth nearest; by chance {near.expected:.1%} would.",
            evidence={"rule": "same_examples", "value": share, "threshold": self.close, "expected": near.expected},
            where="validation loader",
            count=near.close,
            total=near.num,
            cures=(),
            advice="Split first and augment the training part only; keep all examples of one source (a picture and its "
            "copies, a patient, a recording) on one side of the split.",
            source="Kapoor and Narayanan, Leakage and the reproducibility crisis, Patterns 2023 (non-independence)",
        )


rules.register("same_examples")(SameExamples())
