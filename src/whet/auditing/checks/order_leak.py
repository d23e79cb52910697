"""Rows in an order that tells the target, and numbers of rows that a model may read it from.

Sorted files are common and harmless as long as nobody splits by position: that is a note. A column that counts the
rows, feeds the model and tells the target is another matter: it betrays how the file was put together, and new
examples have no such number. Class folders are sorted by nature, and so are file names; of them nothing is said.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from whet.auditing.check import checks
from whet.auditing.columns.naming_columns import naming_columns
from whet.auditing.columns.single_column import column_skill
from whet.auditing.inspection import Inspection
from whet.auditing.leaks.target_drift import target_drift
from whet.data.columns import NumberColumn
from whet.finding import Edit, Finding

__all__ = ["OrderLeak"]


@dataclass(frozen=True, kw_only=True)
class OrderLeak:
    """Looks at the target along the rows."""

    sorted_drift: float = 0.5  # share of the target that stretches of rows explain, from which rows count as sorted
    skill: float = 0.2  # out-of-fold skill of a column that counts rows, from which it betrays the target
    fewest: int = 100
    most: int = 20_000  # examples looked at for the skill

    title: str = "row order that tells the target"
    effort: int = 1

    def check(self, inspection: Inspection) -> Iterable[Finding]:
        """See ``Check.check``."""
        data = inspection.data
        if inspection.target is None or len(data) < self.fewest:
            return
        for column in naming_columns(inspection.train):
            values = data.columns.get(column.name)
            if column.is_feature and isinstance(values, NumberColumn):
                yield from self._counted(inspection, column.name, values)
        has_folders = data.files is not None and inspection.train.raw.target is not None
        drift = target_drift(inspection, data.rows.astype(np.float64))
        if drift >= self.sorted_drift and not has_folders and data.times is None:
            yield self._sorted(inspection, drift)

    def _counted(self, inspection: Inspection, name: str, values: NumberColumn) -> Iterable[Finding]:
        some = inspection.sample(self.most, "order")
        skill = column_skill(
            values.take(some), inspection.truth[some], is_classes=inspection.is_classes, seed=inspection.seed
        )
        if skill < self.skill:
            return
        yield Finding(
            symptom="order_leak",
            title=self.title,
            severity=0.85,
            statement=f"Column {name!r} counts the rows, yet it alone tells the target with a skill of {skill:.2f} out "
            "of 1 on examples it was not fitted to.",
            evidence={"rule": "skill of a row number", "value": skill, "threshold": self.skill},
            column=name,
            count=len(inspection.data),
            total=len(some),
            confidence=0.95,
            cost_unknown="target_leak measures what a column flatters by",
            remedy=f"leaves column {name!r} out",
            advice=f"Drop {name!r}: new examples have no such number.",
            edits=(Edit(action="drop_column", column=name),),
        )

    def _sorted(self, inspection: Inspection, drift: float) -> Finding:
        return Finding(
            symptom="order_leak",
            title=self.title,
            severity=0.15,
            statement=f"Rows are sorted by the target or nearly so: where a row stands explains {drift:.0%} of it.",
            evidence={"rule": "drift along the rows", "value": drift, "threshold": self.sorted_drift},
            column=str(inspection.data.schema.target),
            count=len(inspection.data),
            total=len(inspection.data),
            confidence=0.95,
            cost_unknown="nothing where splits are drawn at random or by group, as here",
            remedy="draws splits at random",
            advice="Never split this file by position, and shuffle it before other tools read it in batches.",
        )


checks.register("order_leak")(OrderLeak())
