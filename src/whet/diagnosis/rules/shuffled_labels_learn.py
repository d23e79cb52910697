"""Shuffled labels learn: trained on labels in random order, the model still knows validation labels.

The label is among the inputs of the model (a whole batch handed on, teacher forcing of the very value to be predicted).
Scores are then worthless. A label hidden in a column of the inputs is not seen here: that column is not shuffled.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from whet.diagnosis.case import Case
from whet.diagnosis.probes.label_paths import shuffled_labels
from whet.diagnosis.rule import Stage, rules
from whet.finding import Finding

__all__ = ["ShuffledLabelsLearn"]


@dataclass(frozen=True, kw_only=True)
class ShuffledLabelsLearn:
    """Only for one label per example, and with a validation loader."""

    errors: float = 3.0  # standard errors above chance
    least: float = 0.1  # accuracy above chance
    title: ClassVar[str] = "the model is given the labels"
    stage: ClassVar[Stage] = "before"
    explains: ClassVar[frozenset[str]] = frozenset({"shortcut"})

    def check(self, case: Case) -> Iterable[Finding]:
        """One finding."""
        if case.setup is None or case.setup.valid is None:
            return
        seen = case.ask(shuffled_labels)
        if not seen.reaches:
            return
        error = math.sqrt(max(seen.chance * (1 - seen.chance), 1 / seen.num) / seen.num)
        threshold = seen.chance + max(self.errors * error, self.least)
        if seen.accuracy <= threshold:
            return
        yield Finding(
            symptom="shuffled_labels_learn",
            severity=0.9,
            confidence=0.95,
            title=self.title,
            statement=f"Trained on labels in random order the model predicts {seen.accuracy:.0%} of {seen.num} "
            f"validation labels (chance: {seen.chance:.0%}), and its outputs change with the labels of the batch.",
            evidence={"rule": "D5", "value": seen.accuracy, "threshold": threshold, "chance": seen.chance},
            where="inputs of the model",
            cures=(),
            advice="Hand the model its inputs only: outputs = model(x), never model(x, y) or model(batch) with the "
            "labels in it.",
            source="Zhang et al., Understanding deep learning requires rethinking generalization, ICLR 2017",
        )


rules.register("shuffled_labels_learn")(ShuffledLabelsLearn())
