"""Classes that are much rarer than the largest: a model learns to answer the common ones.

Rule: the largest class has at least ``ratio`` times the examples of the smallest (reference rule D24); severe never,
since a rare class may simply be rare. Slight where even the rare classes have plenty: then they can be learnt.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from whet.auditing.check import checks
from whet.auditing.inspection import Inspection
from whet.errors import ConfigError
from whet.finding import Finding
from whet.tasks.classes import ClassTarget

__all__ = ["ClassImbalance"]

MOST_NAMED = 5
MOST_ROWS = 100_000


@dataclass(frozen=True, kw_only=True)
class ClassImbalance:
    """Compares class sizes."""

    ratio: float = 10.0  # largest over smallest class
    plenty: int = 1_000  # examples with which a class is learnt however large the others are

    title: str = "classes that are rare"
    effort: int = 0

    def __post_init__(self) -> None:
        if not self.ratio > 1.0:
            raise ConfigError(f"ClassImbalance.ratio must be above 1; got {self.ratio!r}. The default is 10.")

    def check(self, inspection: Inspection) -> Iterable[Finding]:
        """See ``Check.check``."""
        if not isinstance(inspection.target, ClassTarget):
            return
        counts = np.bincount(inspection.truth)
        if len(counts) < 2 or counts.max() < self.ratio * counts.min():
            return
        order = np.argsort(counts, kind="stable")
        rare = order[counts[order] * self.ratio <= counts.max()]
        largest, rarest = int(order[-1]), int(rare[0])
        labels = inspection.target.labels
        found = float(counts[largest] / counts[rarest])
        named = ", ".join(f"{labels[c]!r} {counts[c]:,}" for c in rare[:MOST_NAMED].tolist())
        more = f", {len(rare) - MOST_NAMED} more classes" if len(rare) > MOST_NAMED else ""
        positions = np.concatenate([np.flatnonzero(inspection.truth == c) for c in rare])
        yield Finding(
            symptom="class_imbalance",
            title=self.title,
            severity=self._severity(found, int(counts[rarest])),
            statement=f"{labels[largest]!r} has {counts[largest]:,} examples; rare are {named}{more}: up to "
            f"{found:.0f} times fewer.",
            evidence={"rule": "D24", "value": found, "threshold": self.ratio},
            column=str(inspection.data.schema.target),
            count=len(positions),
            total=len(inspection.data),
            confidence=1.0,
            rows=tuple(inspection.data.rows[positions[:MOST_ROWS]].tolist()),
            cost_unknown="only training with balanced classes would tell; an improving run tries it",
            remedy="weighs classes by their size in the loss, or draws them equally often",
            advice=f"Collect {labels[rarest]!r} next, and judge by a score that counts classes alike, such as balanced "
            "accuracy.",
        )

    def _severity(self, found: float, smallest: int) -> float:
        """0.3 from ten times, 0.5 from a hundred times; a class that has plenty is only slightly hurt."""
        moderate = 0.3 + 0.2 * np.log10(found / 10.0)
        return float(min(0.25, moderate)) if smallest >= self.plenty else float(np.clip(moderate, 0.3, 0.65))


checks.register("class_imbalance")(ClassImbalance())
