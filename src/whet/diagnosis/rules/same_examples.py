"""Same examples: validation examples are among the training ones, so the validation score is flattered.

Rows that repeat by chance (few discrete columns, short texts) are healthy: they also repeat within the training
examples, and just as often.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from whet.diagnosis.case import Case
from whet.diagnosis.probes.shared_examples import shared_examples
from whet.diagnosis.rule import Stage, rules
from whet.finding import Finding

__all__ = ["SameExamples"]


@dataclass(frozen=True, kw_only=True)
class SameExamples:
    """The share of validation examples seen in training, above the share of chance repeats."""

    least: float = 0.02  # share above chance repeats
    errors: float = 4.0  # standard errors above them
    title: ClassVar[str] = "validation examples are in the training data"
    stage: ClassVar[Stage] = "before"
    explains: ClassVar[frozenset[str]] = frozenset({"shuffled_labels_learn"})

    def check(self, case: Case) -> Iterable[Finding]:
        """One finding."""
        if case.setup is None or case.setup.valid is None:
            return
        seen = case.ask(shared_examples)
        share = seen.found / seen.valid
        excess = share - seen.repeats
        error = math.sqrt(max(seen.repeats * (1 - seen.repeats), 1 / seen.train) * (1 / seen.valid + 1 / seen.train))
        if excess < self.least or excess < self.errors * error or seen.found < 2:
            return
        yield Finding(
            symptom="same_examples",
            severity=min(0.9, 0.4 + excess),
            confidence=0.97,
            title=self.title,
            statement=f"{seen.found} of {seen.valid} validation examples ({share:.0%}) are also training examples; "
            f"within the training examples {seen.repeats:.1%} repeat.",
            evidence={"rule": "same_examples", "value": share, "threshold": seen.repeats + self.least},
            where="validation loader",
            count=seen.found,
            total=seen.valid,
            cures=("keep_examples_apart",),
            advice="Split once, before anything else: torch.utils.data.random_split(dataset, [0.8, 0.2]), and drop "
            "duplicates before splitting.",
            source="Kapoor and Narayanan, Leakage and the reproducibility crisis, Patterns 2023 (no split, duplicates)",
        )


rules.register("same_examples")(SameExamples())
