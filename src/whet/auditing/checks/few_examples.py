"""Too few examples: of a class, or for the number of columns.

Helps: knowing before any training which classes cannot be learnt, nor be scored: with 20 test examples the score of a
class is off by up to 20 points. Hurts: nothing; it reads counts.
Source of 10 examples of the rarer class per column: Peduzzi et al., "A simulation study of the number of events per
variable in logistic regression analysis", J. Clin. Epidemiol. 1996. Half of that is asked here, since trees and
regularised models need fewer.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from whet.auditing.check import checks
from whet.auditing.inspection import Inspection
from whet.data.kinds import Modality
from whet.errors import ConfigError
from whet.finding import Finding

__all__ = ["FewExamples"]

MOST_NAMED = 8
MOST_ROWS = 100_000


@dataclass(frozen=True, kw_only=True)
class FewExamples:
    """Counts examples of each class, and examples per column of a table."""

    per_class: int = 20  # with fewer, neither learning nor scoring a class is to be relied on
    per_column: float = 5.0  # examples for each column of a table

    title: str = "classes or tables with too few examples"
    effort: int = 0

    def __post_init__(self) -> None:
        if self.per_class < 1 or self.per_column <= 0:
            raise ConfigError(
                f"FewExamples.per_class must be at least 1 and per_column above 0; got {self.per_class!r} and "
                f"{self.per_column!r}. The defaults are 20 and 5."
            )

    def check(self, inspection: Inspection) -> Iterable[Finding]:
        """See ``Check.check``."""
        if inspection.is_classes:
            yield from self._classes(inspection)
        if inspection.modality is Modality.TABLE and inspection.target is not None:
            yield from self._columns(inspection)

    def _classes(self, inspection: Inspection) -> Iterable[Finding]:
        counts = np.bincount(inspection.truth)
        rare = np.flatnonzero(counts < self.per_class)
        if not len(rare):
            return
        assert inspection.target is not None
        rare = rare[np.argsort(counts[rare], kind="stable")]
        labels = inspection.target.labels
        named = ", ".join(f"{labels[c]!r} ({counts[c]})" for c in rare[:MOST_NAMED].tolist())
        more = f" and {len(rare) - MOST_NAMED} more" if len(rare) > MOST_NAMED else ""
        positions = np.flatnonzero(np.isin(inspection.truth, rare))
        yield Finding(
            symptom="few_examples",
            title=self.title,
            severity=0.5 if counts[rare[0]] < self.per_class / 4 else 0.35,
            statement=f"{len(rare)} of {len(counts)} classes have fewer than {self.per_class} examples: {named}{more}.",
            evidence={
                "rule": "examples of the rarest class",
                "value": int(counts[rare[0]]),
                "threshold": self.per_class,
            },
            column=str(inspection.data.schema.target),
            count=len(positions),
            total=len(inspection.data),
            confidence=1.0,
            rows=tuple(inspection.data.rows[positions[:MOST_ROWS]].tolist()),
            cost_unknown="a class without enough examples to learn from has none to be scored on",
            remedy="weighs classes by their size in the loss, or draws them equally often",
            advice=f"Collect more of them, {labels[rare[0]]!r} first, or join classes that need not be told apart.",
        )

    def _columns(self, inspection: Inspection) -> Iterable[Finding]:
        columns, rows = len(inspection.data.columns), len(inspection.data)
        if rows >= self.per_column * columns:
            return
        yield Finding(
            symptom="few_examples",
            title=self.title,
            severity=0.5 if rows < columns else 0.3,
            statement=f"{rows:,} rows for {columns:,} columns: {rows / columns:.1f} rows per column. Some column will "
            "seem to tell the target by chance.",
            evidence={"rule": "rows per column", "value": rows / columns, "threshold": self.per_column},
            count=columns,
            total=rows,
            confidence=1.0,
            cost_unknown="what more rows would bring is what the check more_data measures",
            advice="Collect more rows, or leave out columns that cannot matter.",
        )


checks.register("few_examples")(FewExamples())
